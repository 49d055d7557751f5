#include "listening/sound_end.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "listening/made_speech.h"
#include "listening/measured_sound.h"
#include "listening/sound_evidence.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

// The end of `sent` at `heard_end` of `heard`, 0.8 s compared.
struct Ear {
  explicit Ear(const Sound& sound) : sent(sent_shape(sound)) {}
  [[nodiscard]] Overlay overlay(double heard_end) const { return {sent.size(), 160, heard_end, 1}; }
  [[nodiscard]] SoundEnd of(const Sound& track, double heard_end) const {
    const std::vector<Loudness> heard = measured(track, kLoudnessPhases);
    return end_of(sent, heard.data(), heard.size() / kLoudnessPhases, overlay(heard_end));
  }
  SoundShape sent;
};

// From `at_s` on the sound comes `jump_s` later, or earlier.
Sound jumped(const Sound& sound, double at_s, double jump_s) {
  Sound track(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(samples(at_s)));
  track.insert(track.end(), sound.begin() + static_cast<std::ptrdiff_t>(samples(at_s - jump_s)), sound.end());
  return track + silence(0.1);
}

}  // namespace

TEST_CASE("sound end: where it lies is told after a jump, and that it is sure") {
  for (const std::uint32_t seed : {51U, 53U, 59U}) {
    const Sound sound = made_speech(seed, 1.0);
    const Ear ear(sound);
    for (const double jump_s : {-0.0125, -0.005, 0.0, 0.0075, 0.0125}) {
      const SoundEnd end = ear.of(jumped(sound, 0.8, jump_s), 200);
      CHECK(end.shift == doctest::Approx(200 * jump_s).epsilon(0.05).scale(2));
      CHECK(end.doubt <= 0.5);
    }
  }
}

TEST_CASE("sound end: jumps do not speak against its being the same sound") {
  const Sound sound = made_speech(54, 1.0);
  const Ear ear(sound);
  const Sound track = jumped(jumped(sound, 0.5, 0.01), 0.75, 0.01);
  const std::vector<Loudness> heard = measured(track, kLoudnessPhases);
  const SoundEnd end = ear.of(track, 200);
  CHECK(end.shift == doctest::Approx(4.0).epsilon(0.1));
  CHECK(end.mean > 1.2);
  CHECK(end.mean >
        0.3 + evidence(ear.sent, heard.data(), heard.size() / kLoudnessPhases, ear.overlay(200)).mean);
  CHECK(ear.of(made_speech(55, 1.1), 200).mean < 0.0);
}

TEST_CASE("sound end: however loud, it is the same") {
  Sound softer = made_speech(56, 1.0);
  const Ear ear(softer);
  for (std::int16_t& sample : softer) sample = static_cast<std::int16_t>(sample / 2);
  const SoundEnd end = ear.of(jumped(softer, 0.7, 0.01), 200);
  CHECK(end.shift == doctest::Approx(2.0).epsilon(0.1));
  CHECK(end.mean > 1.2);
}

TEST_CASE("sound end: after silence, and of what is not there, nothing is sure") {
  Sound sound = made_speech(57, 1.0);
  std::fill(sound.begin() + 10400, sound.end(), std::int16_t{0});
  const SoundEnd silent = Ear(sound).of(sound + silence(0.1), 200);
  CHECK(silent.doubt > 1.5);
  const Ear ear(made_speech(58, 1.0));
  CHECK(ear.of(made_speech(58, 1.0), 1000).doubt > 4.0);
  CHECK(ear.of(made_speech(58, 1.0), 1000).mean == 0.0);
  const std::vector<Loudness> heard = measured(made_speech(58, 1.0), kLoudnessPhases);
  CHECK(end_of(ear.sent, heard.data(), 200, {201, 160, 200, 1}).doubt > 4.0);
  CHECK(end_of(ear.sent, heard.data(), 200, {100, 160, 200, 1}).doubt > 4.0);
}
