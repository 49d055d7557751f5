// What is like speech in how loud it is from moment to moment, made of noise.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace hostmode::testing {

using Sound = std::vector<std::int16_t>;

constexpr int kRateHz = 16000;

constexpr std::size_t samples(double seconds) {
  return static_cast<std::size_t>(seconds * kRateHz + 0.5);
}

inline Sound silence(double seconds) {
  return Sound(samples(seconds), 0);
}

// Syllables of 60 to 180 ms, each as loud and as sharp as chance has it, with pauses of up to 80 ms.
inline Sound made_speech(std::uint32_t seed, double seconds) {
  std::mt19937 random(seed);
  const auto between = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random()) / 4294967296.0;
  };
  Sound sound;
  double low = 0;
  while (sound.size() < samples(seconds)) {
    const std::size_t length = samples(between(0.06, 0.18));
    const double loud = std::pow(10.0, between(2.3, 4.0)), sharp = between(0.0, 1.0);
    for (std::size_t i = 0; i < length; ++i) {
      const double noise = between(-1.0, 1.0);
      low += 0.1 * (noise - low);
      const double rise =
          std::min({1.0, static_cast<double>(i) / 160, static_cast<double>(length - i) / 480});
      sound.push_back(static_cast<std::int16_t>(loud * rise * (sharp * noise + (1 - sharp) * 3 * low)));
    }
    sound.resize(sound.size() + samples(between(0.0, 0.08)), 0);
  }
  sound.resize(samples(seconds));
  return sound;
}

// The same, lasting `stretch` times as long.
inline Sound stretched(const Sound& sound, double stretch) {
  Sound longer(static_cast<std::size_t>(static_cast<double>(sound.size() - 1) * stretch));
  for (std::size_t i = 0; i < longer.size(); ++i) {
    const double at = static_cast<double>(i) / stretch;
    const auto left = static_cast<std::size_t>(at);
    const double share = at - static_cast<double>(left);
    longer[i] = static_cast<std::int16_t>((1 - share) * sound[left] + share * sound[left + 1]);
  }
  return longer;
}

inline Sound operator+(Sound first, const Sound& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace hostmode::testing
