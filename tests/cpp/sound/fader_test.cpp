#include "sound/fader.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

namespace {

using hostmode::Fader;

constexpr std::size_t kRamp = 80;

std::vector<float> ones(std::size_t count) {
  return std::vector<float>(count, 1.0F);
}

float largest_step(const std::vector<float>& sound, float before) {
  float largest = 0;
  for (const float value : sound) {
    largest = std::max(largest, std::abs(value - before));
    before = value;
  }
  return largest;
}

Fader risen() {
  Fader fader(kRamp);
  std::vector<float> sound = ones(kRamp);
  fader.apply(sound.data(), sound.size(), true, 1.0F);
  return fader;
}

constexpr float kStep = 1.0F / kRamp + 1e-6F;

}  // namespace

TEST_CASE("fader: sound rises and falls by its ramp, whatever the blocks") {
  for (const std::size_t block : {1U, 7U, 80U, 500U}) {
    Fader fader(kRamp);
    std::vector<float> sound = ones(500);
    for (std::size_t at = 0; at < sound.size(); at += block) {
      fader.apply(sound.data() + at, std::min(block, sound.size() - at), true, 1.0F);
    }
    CHECK(largest_step(sound, 0) < kStep);
    CHECK(sound.back() == 1.0F);
    CHECK(fader.left() == kRamp);
    std::vector<float> fall = ones(kRamp);
    fader.apply(fall.data(), fall.size(), false, 1.0F);
    CHECK(largest_step(fall, 1) < kStep);
    CHECK(fall.back() == 0.0F);
    CHECK(fader.is_silent());
  }
}

TEST_CASE("fader: the volume moves by the ramp and stays where it was set") {
  Fader fader = risen();
  std::vector<float> sound = ones(400);
  fader.apply(sound.data(), sound.size(), true, 0.25F);
  CHECK(largest_step(sound, 1) < kStep);
  CHECK(sound.back() == 0.25F);
  sound = ones(10);
  fader.apply(sound.data(), sound.size(), true, 0.25F);
  CHECK(largest_step(sound, 0.25F) == 0);
}

TEST_CASE("fader: what stops for want of samples decays, and what follows rises over it") {
  Fader fader = risen();
  fader.stop();
  CHECK(fader.is_silent());
  std::vector<float> silence(kRamp, 0.0F);
  fader.add_decay(silence.data(), 30);
  std::vector<float> sound = ones(kRamp);
  fader.apply(sound.data(), sound.size(), true, 1.0F);
  fader.add_decay(sound.data(), sound.size());
  std::vector<float> heard(silence.begin(), silence.begin() + 30);
  heard.insert(heard.end(), sound.begin(), sound.end());
  CHECK(largest_step(heard, 1) < 2 * kStep);
  fader.forget();
  CHECK(fader.left() == 0);
}

TEST_CASE("fader: what decays is silent after a ramp, also where it stops anew in its decay") {
  Fader fader = risen();
  fader.stop();
  std::vector<float> decay(2 * kRamp, 0.0F);
  fader.add_decay(decay.data(), decay.size());
  CHECK(largest_step(decay, 1) < kStep);
  for (std::size_t i = kRamp - 1; i < decay.size(); ++i) CHECK(decay[i] == 0.0F);

  Fader again = risen();
  again.stop();
  std::vector<float> heard(20, 0.0F);
  again.add_decay(heard.data(), heard.size());
  std::vector<float> rise = ones(10);
  again.apply(rise.data(), rise.size(), true, 1.0F);
  again.add_decay(rise.data(), rise.size());
  again.stop();
  std::vector<float> rest(2 * kRamp, 0.0F);
  again.add_decay(rest.data(), rest.size());
  heard.insert(heard.end(), rise.begin(), rise.end());
  heard.insert(heard.end(), rest.begin(), rest.end());
  CHECK(largest_step(heard, 1) < 2 * kStep);
  CHECK(heard.back() == 0.0F);
}
