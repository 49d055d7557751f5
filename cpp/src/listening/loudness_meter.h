// Measures how loud sound is, as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "listening/loudness.h"

namespace hostmode {

// Measurements follow one another without a gap, whatever pieces the samples come in, and are cut at whole
// samples by their number, so that nothing adds up at rates that are no multiple of 400 Hz.
// Thread-safe: no. Realtime-safe: no (allocates).
class LoudnessMeter {
 public:
  explicit LoudnessMeter(int rate_hz) noexcept;

  // Appends to `out` what is complete with `count` more samples.
  void add(const std::int16_t* samples, std::size_t count, std::vector<Loudness>& out);

 private:
  [[nodiscard]] std::uint64_t end_of(std::uint64_t measurement) const noexcept;

  const int rate_hz_;
  // A second-order high-pass, Butterworth.
  double b0_, a1_, a2_;
  double state1_ = 0, state2_ = 0;

  std::uint64_t samples_ = 0;
  std::uint64_t begin_ = 0;  // of the measurement that is not complete, in samples
  std::uint64_t end_;
  std::uint64_t measured_ = 0;
  double whole_power_ = 0, high_power_ = 0;
};

}  // namespace hostmode
