// Random numbers that are counted instead of drawn: the same in every language, in whatever order.
#pragma once

#include <cmath>
#include <cstdint>

namespace hostmode::testing {

// `stream` names a source of randomness, `i` = 1, 2, 3 ... the draw from it.
class CountedRandom {
 public:
  explicit CountedRandom(std::uint64_t seed) noexcept : seed_(seed) {}

  // Uniform between 0 and 1, neither of them.
  [[nodiscard]] double uniform(std::uint64_t stream, std::uint64_t i) const noexcept {
    const std::uint64_t key = mix(seed_ * 65536 + stream);
    return (static_cast<double>(mix(key + i * 0x9E3779B97F4A7C15U) >> 11) + 0.5) * 0x1p-53;
  }

  // Exponential with mean 1.
  [[nodiscard]] double exponential(std::uint64_t stream, std::uint64_t i) const noexcept {
    return -std::log(uniform(stream, i));
  }

  // Normal with mean 0 and variance 1 (Box and Muller); takes draws of `stream` and of the next one.
  [[nodiscard]] double normal(std::uint64_t stream, std::uint64_t i) const noexcept {
    return std::sqrt(2 * exponential(stream, i)) * std::cos(kTwoPi * uniform(stream + 1, i));
  }

  // Gamma of shape 1.5 and scale 1: the delay of a lightly loaded queue. Streams 0 to 2.
  [[nodiscard]] double jitter(std::uint64_t i) const noexcept {
    const double z = normal(1, i);
    return exponential(0, i) + z * z / 2;
  }

 private:
  static constexpr double kTwoPi = 6.283185307179586;

  // SplitMix64's finaliser.
  static std::uint64_t mix(std::uint64_t z) noexcept {
    z ^= z >> 30;
    z *= 0xBF58476D1CE4E5B9U;
    z ^= z >> 27;
    z *= 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  const std::uint64_t seed_;
};

}  // namespace hostmode::testing
