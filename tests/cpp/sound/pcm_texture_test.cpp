#include "sound/pcm_texture.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace hostmode;

PcmTexture of(const std::vector<int>& samples) {
  std::vector<std::uint8_t> bytes;
  for (const int sample : samples) {
    bytes.push_back(static_cast<std::uint8_t>(sample & 0xff));
    bytes.push_back(static_cast<std::uint8_t>(sample >> 8 & 0xff));
  }
  return texture_of(bytes.data(), samples.size());
}

PcmTexture with(double power, double step_power) {
  PcmTexture texture;
  texture.power = power;
  texture.step_power = step_power;
  return texture;
}

}  // namespace

TEST_CASE("pcm texture: power is that around the mean, steps are those between neighbours") {
  // In 16384ths, which are halves of full scale: 1 and 0 in turn, then 1.
  const PcmTexture texture = of({16384, 0, 16384, 0, 16384});
  CHECK(texture.power == doctest::Approx(0.25 * 0.6 * 0.4));
  CHECK(texture.step_power == doctest::Approx(0.25));
  CHECK(of({-8192, -8192, -8192}).power == doctest::Approx(0.0));
  CHECK(of({-8192, 8192}).power == doctest::Approx(0.0625));
  CHECK(of({-8192, 8192}).step_power == doctest::Approx(0.25));
}

TEST_CASE("pcm texture: upper bytes are counted, and the most frequent of them") {
  const PcmTexture texture = of({0x0102, 0x01ff, 0x0200, -1, 0x0100, 0x7f00});
  CHECK(texture.upper_bytes == 4);
  CHECK(texture.top_share == doctest::Approx(0.5));
}

TEST_CASE("pcm texture: of less than two samples nothing is known") {
  for (const auto& samples : {std::vector<int>{}, {20000}}) {
    const PcmTexture texture = of(samples);
    CHECK(texture.power == 0.0);
    CHECK(texture.step_power == 0.0);
    CHECK(texture.top_share == 0.0);
    CHECK(texture.upper_bytes == 0);
  }
}

TEST_CASE("pcm texture: noise is white, a low tone is calm, one near half the rate and silence are neither") {
  std::mt19937 random(4);
  std::uniform_int_distribution<int> any(-9000, 9000);
  const auto sound = [](double hz, double level) {
    std::vector<int> samples;
    for (int i = 0; i < 4000; ++i) {
      samples.push_back(static_cast<int>(std::lround(level * std::sin(2 * 3.14159265 * hz * i / 16000))));
    }
    return of(samples);
  };
  std::vector<int> noise(4000);
  for (int& sample : noise) sample = any(random);
  CHECK(of(noise).is_white());
  CHECK_FALSE(of(noise).is_calm());
  CHECK(sound(300, 5000).is_calm());
  CHECK_FALSE(sound(300, 5000).is_white());
  CHECK_FALSE(sound(7600, 5000).is_white());
  CHECK_FALSE(sound(7600, 5000).is_calm());
  CHECK_FALSE(sound(300, 2).is_calm());
}

TEST_CASE("pcm texture: between calm and white is neither") {
  CHECK(with(0.01, 0.0059).is_calm());
  CHECK_FALSE(with(0.01, 0.0061).is_calm());
  CHECK(with(2e-7, 0.0).is_calm());
  CHECK_FALSE(with(0.9e-7, 0.0).is_calm());
  CHECK_FALSE(with(0.01, 0.0119).is_white());
  CHECK(with(0.01, 0.0121).is_white());
  CHECK(with(0.01, 0.0279).is_white());
  CHECK_FALSE(with(0.01, 0.0281).is_white());
}
