// How often the gaps between the arrivals of a stream have had which length.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace hostmode {

// Forgets with a half-life of kHalfLife_s of streaming. Knows from the start what a network may do: one gap a
// second of 50 ms and more, exponential with a mean of 0.25 s beyond, believed like half a second's evidence.
class GapHistogram {
 public:
  static constexpr double kHalfLife_s = 40.0;
  static constexpr std::size_t kBuckets = 280;  // 10 ms each up to 1 s, then 50 ms each up to 10 s

  GapHistogram() noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      counts_[i] = kPriorWeight_s * (prior_beyond(start_s(i)) - prior_beyond(start_s(i + 1)));
    }
  }

  void add(double gap_s) noexcept {
    weight_ *= std::exp2(gap_s / kHalfLife_s);
    streamed_s_ += weight_ * gap_s;
    counts_[bucket(gap_s)] += weight_;
    if (weight_ > kRescale) rescale();
  }

  // Gaps a second of streaming, of the length gap_s(i).
  [[nodiscard]] double rate_hz(std::size_t i) const noexcept { return counts_[i] / streamed_s_; }
  [[nodiscard]] static double gap_s(std::size_t i) noexcept { return (start_s(i) + start_s(i + 1)) / 2; }

 private:
  static constexpr double kPriorWeight_s = 0.5;
  static constexpr double kRescale = 1e9;

  static double prior_beyond(double gap_s) noexcept {
    return gap_s <= 0.05 ? 1.0 : std::exp(-(gap_s - 0.05) / 0.25);
  }
  static double start_s(std::size_t i) noexcept {
    const auto at = static_cast<double>(i);
    return i <= 100 ? 0.01 * at : 1.0 + 0.05 * (at - 100);
  }
  static std::size_t bucket(double gap_s) noexcept {
    if (gap_s < 1.0) return static_cast<std::size_t>(gap_s / 0.01);
    const double beyond = (gap_s - 1.0) / 0.05;
    return beyond < static_cast<double>(kBuckets - 101) ? 100 + static_cast<std::size_t>(beyond)
                                                        : kBuckets - 1;
  }
  // Instead of making the past lighter at each gap, the present gets heavier.
  void rescale() noexcept {
    for (double& count : counts_) count /= weight_;
    streamed_s_ /= weight_;
    weight_ = 1.0;
  }

  std::array<double, kBuckets> counts_{};
  double streamed_s_ = kPriorWeight_s;
  double weight_ = 1.0;
};

}  // namespace hostmode
