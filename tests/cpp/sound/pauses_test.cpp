#include "sound/pauses.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using namespace hostmode;

constexpr int kRate_hz = 16000;

// Noise in syllables of 0.2 s, at full level but where it pauses; other noise goes on beneath it.
std::vector<std::int16_t> speech(double duration_s, double pause_s, double pause_length_s, double noise_db) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::vector<std::int16_t> samples(static_cast<std::size_t>(duration_s * kRate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t_s = static_cast<double>(i) / kRate_hz;
    const bool pauses = t_s >= pause_s && t_s < pause_s + pause_length_s;
    const double syllable = 0.6 + 0.4 * std::sin(2 * 3.14159 * t_s / 0.2);
    const double voice = pauses ? 0.0 : 3000.0 * syllable * normal(random);
    const double noise = 3000.0 * std::pow(10.0, noise_db / 20) * normal(random);
    samples[i] = static_cast<std::int16_t>(std::clamp(voice + noise, -32768.0, 32767.0));
  }
  return samples;
}

// What is known in the end, chunk by chunk.
std::vector<SpeechPause> pauses_in(const std::vector<std::int16_t>& samples, std::size_t chunk) {
  PauseFinder finder(kRate_hz);
  std::vector<SpeechPause> known;
  for (std::size_t at = 0; at < samples.size(); at += chunk) {
    finder.look(samples.data() + at, std::min(chunk, samples.size() - at));
    for (const SpeechPause& pause : finder.take()) {
      if (!known.empty() && known.back().begin == pause.begin) known.pop_back();
      known.push_back(pause);
    }
  }
  return known;
}

}  // namespace

TEST_CASE(
    "a pause of speech is found to a hundredth of a second, whatever noise there is and however it is cut") {
  for (const double noise_db : {-90.0, -50.0, -30.0}) {
    CAPTURE(noise_db);
    const std::vector<std::int16_t> samples = speech(6.0, 3.0, 0.3, noise_db);
    for (const std::size_t chunk : {std::size_t{37}, std::size_t{640}, samples.size()}) {
      const std::vector<SpeechPause> pauses = pauses_in(samples, chunk);
      REQUIRE(pauses.size() == 1);
      CHECK(std::abs(pauses[0].begin - 3 * kRate_hz) <= kRate_hz / 100);
      CHECK(std::abs(static_cast<double>(pauses[0].end) - 3.3 * kRate_hz) <= kRate_hz / 100);
    }
  }
}

TEST_CASE("speech without a pause of a tenth of a second has none") {
  CHECK(pauses_in(speech(6.0, 3.0, 0.08, -90.0), 640).empty());
  CHECK(pauses_in(speech(6.0, 9.0, 0.3, -90.0), 640).empty());
}

TEST_CASE("speech in noise nearly as loud has no pause that is sure") {
  CHECK(pauses_in(speech(6.0, 3.0, 0.3, -8.0), 640).empty());
}

TEST_CASE("silence before any speech, and noise alone, are no pause of it") {
  CHECK(pauses_in(std::vector<std::int16_t>(kRate_hz, 0), 640).empty());
  CHECK(pauses_in(speech(3.0, 0.0, 3.0, -20.0), 640).empty());
}

TEST_CASE("a pause is known while it goes on") {
  const std::vector<std::int16_t> samples = speech(6.0, 3.0, 0.5, -90.0);
  PauseFinder finder(kRate_hz);
  finder.look(samples.data(), 3 * kRate_hz + kRate_hz / 5);
  const std::vector<SpeechPause> first = finder.take();
  finder.look(samples.data() + 3 * kRate_hz + kRate_hz / 5, kRate_hz / 5);
  const std::vector<SpeechPause> then = finder.take();
  REQUIRE(first.size() == 1);
  REQUIRE(then.size() == 1);
  CHECK(first[0].begin == then[0].begin);
  CHECK(first[0].end < then[0].end);
}
