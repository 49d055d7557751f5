#include "listening/sound_evidence.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "listening/made_speech.h"
#include "listening/measured_sound.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

// What speaks for the end of `sent` lying at `heard_end` of `heard`, both 1 s long at least.
struct Ear {
  explicit Ear(const Sound& sound) : sent(sent_shape(sound)) {}
  [[nodiscard]] Evidence of(const std::vector<Loudness>& heard, double heard_end, double stretch = 1) const {
    return evidence(sent, heard.data(), heard.size() / kLoudnessPhases,
                    {sent.size(), 160, heard_end, stretch});
  }
  SoundShape sent;
};

// Pulses of a low voice, whose levels depend on where 5 ms are cut.
Sound pulses(double seconds, double every_s) {
  const Sound speech = made_speech(41, seconds);
  Sound sound = silence(seconds);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double phase = std::fmod(static_cast<double>(i) / kRateHz, every_s);
    sound[i] = static_cast<std::int16_t>(speech[i] * std::exp(-phase / 0.0015));
  }
  return sound;
}

}  // namespace

TEST_CASE("evidence: the same sound, however loud, is told from another one") {
  const Sound sound = made_speech(42, 1.0);
  Sound softer = sound;
  for (std::int16_t& sample : softer) sample = static_cast<std::int16_t>(sample / 2);
  const Ear ear(sound);
  const Evidence same = ear.of(measured(sound, kLoudnessPhases), 200);
  CHECK(same.mean > 2.0);
  CHECK(same.audible_s > 0.5);
  CHECK(same.audible_s <= 0.8);
  CHECK(ear.of(measured(softer, kLoudnessPhases), 200).mean > 1.8);
  CHECK(ear.of(measured(made_speech(43, 1.0), kLoudnessPhases), 200).mean < 0.0);
}

TEST_CASE("evidence: one gain is taken for all bands") {
  const Sound sound = made_speech(44, 1.0);
  const Ear ear(sound);
  std::vector<Loudness> heard = measured(sound, kLoudnessPhases);
  for (Loudness& one : heard) {
    for (std::uint8_t& band : one) band = static_cast<std::uint8_t>(band > 75 ? band - 20 : band);
  }
  const double even = ear.of(heard, 200).mean;
  for (Loudness& one : heard) one[2] = static_cast<std::uint8_t>(one[2] > 80 ? one[2] - 25 : one[2]);
  CHECK(even > 1.5);
  CHECK(ear.of(heard, 200).mean < even - 0.5);
}

TEST_CASE("evidence: wherever between two measurements a voice's pulses come, they are the same") {
  const Sound sound = pulses(1.0, 0.011);
  const Ear ear(sound);
  for (const std::size_t late : {20U, 40U, 60U}) {
    const Sound track = Sound(late, 0) + sound;
    CHECK(ear.of(measured(track, kLoudnessPhases), 200 + static_cast<double>(late) / 80).mean > 1.3);
  }
}

TEST_CASE("evidence: pieces may lie a little off, and how far is told") {
  const Sound sound = made_speech(45, 1.2);
  const Ear ear({sound.begin(), sound.begin() + 16000});
  const std::vector<Loudness> heard = measured(sound, kLoudnessPhases);
  const double most = ear.of(heard, 200).mean;
  for (const double off : {-0.5, 0.25, 0.5}) {
    const Evidence shifted = ear.of(heard, 200 - off);
    CHECK(shifted.mean == doctest::Approx(most).epsilon(0.02));
    CHECK(shifted.shift == doctest::Approx(off).epsilon(0.1));
  }
  CHECK(ear.of(heard, 203).mean < most - 0.5);
}

TEST_CASE("evidence: levels that no sound has are no more than other sound") {
  // As a packet may say. Most are softer than what comes by so much that the gain lifts the others beyond
  // all.
  std::vector<Loudness> said(200), heard(200 * kLoudnessPhases);
  for (std::size_t i = 0; i < said.size(); ++i) {
    const bool is_loud = i % 4 == 0;
    said[i].fill(is_loud ? 255 : 84);
    std::fill_n(heard.begin() + static_cast<std::ptrdiff_t>(i * kLoudnessPhases), kLoudnessPhases,
                Loudness{});
    if (is_loud) continue;
    for (std::size_t phase = 0; phase < kLoudnessPhases; ++phase)
      heard[i * kLoudnessPhases + phase].fill(192);
  }
  const SoundShape sent = shape_of(said.data(), nullptr, said.size());
  const Evidence speaks = evidence(sent, heard.data(), 200, {200, 160, 200, 1});
  // A quarter of the values says what other speech does, log 0.1 and less, the others log f1(0) / f0(0).
  CHECK(speaks.mean == doctest::Approx(0.25 * -2.302 + 0.75 * 2.293).epsilon(0.02));
}

TEST_CASE("evidence: what is silent in both, or is not there, says nothing") {
  const Ear silent(silence(1.0));
  CHECK(silent.of(measured(silence(1.0), kLoudnessPhases), 200).audible_s == 0);
  const Ear ear(made_speech(46, 1.0));
  const std::vector<Loudness> heard = measured(made_speech(46, 1.0), kLoudnessPhases);
  CHECK(ear.of(heard, -10).audible_s == 0);
  CHECK(ear.of(heard, 1000).audible_s == 0);
  CHECK(evidence(ear.sent, heard.data(), 200, {201, 160, 200, 1}).audible_s == 0);
  CHECK(evidence(ear.sent, heard.data(), 200, {100, 160, 200, 1}).audible_s == 0);
}
