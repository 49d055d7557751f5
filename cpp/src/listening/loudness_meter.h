// Measures how loud sound is, as it comes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "listening/loudness.h"

namespace hostmode {

// Measurements follow one another without a gap, whatever pieces the samples come in, and are cut at whole
// samples by their number, so that nothing adds up at rates that are no multiple of 200 Hz. With `phases` a
// measurement of 5 ms ends so many times as often, and overlaps those before it; those that sound begins with
// are of less.
// Thread-safe: no. Realtime-safe: no (allocates).
class LoudnessMeter {
 public:
  explicit LoudnessMeter(int rate_hz, std::size_t phases = 1) noexcept;

  // Appends to `out` what is complete with `count` more samples.
  void add(const std::int16_t* samples, std::size_t count, std::vector<Loudness>& out);

 private:
  // Of the second order, Butterworth.
  struct Filter {
    double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
    double state1 = 0, state2 = 0;
    double operator()(double sample) noexcept {
      const double result = b0 * sample + state1;
      state1 = b1 * sample - a1 * result + state2;
      state2 = b2 * sample - a2 * result;
      return result;
    }
  };
  struct Band {
    Filter above, below;
    std::array<double, kLoudnessPhases> powers{};  // of the latest parts of a measurement
  };

  [[nodiscard]] static Filter filter(double edge_hz, int rate_hz, bool passes_above) noexcept;
  [[nodiscard]] std::uint64_t end_of(std::uint64_t part) const noexcept;

  const int rate_hz_;
  const std::size_t phases_;
  std::array<Band, kLoudnessBands> bands_{};
  std::uint64_t samples_ = 0;
  std::array<std::uint64_t, kLoudnessPhases> begins_{};  // of the latest parts, in samples
  std::uint64_t end_;                                    // of the part that is not complete
  std::uint64_t parts_ = 0;
};

}  // namespace hostmode
