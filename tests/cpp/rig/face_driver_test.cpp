#include "driver/face_driver.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using hostmode::drive_face;
using hostmode::Face;
using hostmode::FaceMoment;
using hostmode::MotionTrack;
using hostmode::SoundTrack;
namespace arkit = hostmode::arkit;

constexpr double kRate_hz = 16000.0;

// A second of a vowel between two of silence.
std::vector<std::int16_t> vowel() {
  std::vector<std::int16_t> samples(3 * 16000);
  for (std::size_t i = 16000; i < 32000; ++i) {
    double sum = 0.0;
    for (int harmonic = 1; harmonic < 20; ++harmonic) {
      const double hz = 125.0 * harmonic;
      sum += std::sin(6.2831853 * hz * static_cast<double>(i) / kRate_hz) /
             (1.0 + std::pow((hz - 700.0) / 200.0, 2));
    }
    samples[i] = static_cast<std::int16_t>(3000.0 * sum);
  }
  return samples;
}

SoundTrack track_of(const std::vector<std::int16_t>& samples) {
  SoundTrack track(kRate_hz);
  track.push(samples.data(), samples.size());
  track.finish();
  return track;
}

}  // namespace

TEST_CASE("test_sound_track_vowel_opens_and_silence_does_not") {
  const SoundTrack track = track_of(vowel());
  CHECK(std::abs(track.duration_s() - 3.0) < 0.011);  // a frame of 10 ms is not cut
  CHECK(track.at(0.5).gate == 0.0F);
  CHECK(track.at(1.5).gate == doctest::Approx(1.0));
  CHECK(track.at(1.5).opening > 0.5F);
  CHECK(std::abs(track.at(2.7).opening) < 0.001F);
  CHECK(track.at(-1.0).gate == 0.0F);
  CHECK(track.at(99.0).gate == 0.0F);
}

TEST_CASE("test_sound_track_any_rate_and_any_chunks_are_taken") {
  std::mt19937 random(1);
  for (const double rate_hz : {8000.0, 11025.0, 44100.0, 48000.0}) {
    SoundTrack track(rate_hz);
    std::vector<std::int16_t> noise(static_cast<std::size_t>(rate_hz));
    for (auto& sample : noise) sample = static_cast<std::int16_t>(random() % 20000);
    for (std::size_t start = 0; start < noise.size();) {
      const std::size_t count = std::min<std::size_t>(1 + random() % 700, noise.size() - start);
      track.push(noise.data() + start, count);
      start += count;
    }
    track.finish();
    CHECK(track.duration_s() == doctest::Approx(1.0).epsilon(0.03));
    CHECK(track.at(0.5).gate > 0.9F);
  }
}

TEST_CASE("test_sound_track_without_sound_is_silent") {
  SoundTrack track(kRate_hz);
  CHECK(track.at(0.0).gate == 0.0F);
  track.finish();
  CHECK(track.at(0.0).gate == 0.0F);
}

TEST_CASE("test_drive_face_whatever_comes_weights_are_fractions") {
  const SoundTrack sound = track_of(vowel());
  std::mt19937 random(2);
  std::normal_distribution<float> value(0.0F, 3.0F);
  std::vector<float> keyframes(75 * hostmode::kKeyframeFloats);
  for (float& x : keyframes) x = value(random);
  MotionTrack motion;
  motion.push(keyframes.data(), 75, sound);
  for (int i = 0; i < 75; ++i) {
    FaceMoment moment;
    moment.pose = keyframes.data() + static_cast<std::size_t>(i) * hostmode::kKeyframeFloats;
    moment.media_s = i / 25.0;
    moment.presence = 1.0F;
    moment.sound = i % 5 != 0 ? &sound : nullptr;
    moment.motion = i % 3 != 0 ? &motion : nullptr;
    const Face face = drive_face(moment);
    for (const float weight : face.weights) {
      CHECK(weight >= 0.0F);
      CHECK(weight <= 1.0F);
    }
    for (const float angle : face.joints) CHECK(std::isfinite(angle));
  }
}

TEST_CASE("test_drive_face_mouth_is_shut_in_silence_and_open_in_a_vowel") {
  const SoundTrack sound = track_of(vowel());
  const std::vector<float> still(hostmode::kKeyframeFloats);
  FaceMoment moment;
  moment.pose = still.data();
  moment.sound = &sound;
  moment.media_s = 1.5;
  CHECK(drive_face(moment).weights[arkit::jawOpen] > 0.15F);
  moment.media_s = 0.5;
  CHECK(drive_face(moment).weights[arkit::jawOpen] == 0.0F);
  moment.media_s = 1.5;
  moment.mouth_from_sound = false;
  CHECK(drive_face(moment).weights[arkit::jawOpen] == 0.0F);
}
