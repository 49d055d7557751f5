#include "playback/arrival_model.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

// A sender is trusted to keep up nine tenths of its pace.
constexpr double kTrustedRate = 0.9;
constexpr double kLengthGain = 0.1;
constexpr double kStep_s = 0.005;

}  // namespace

void ArrivalModel::add_chunk(double gap_s, double media_s) noexcept {
  gaps_.add(gap_s);
  const double kept = std::exp2(-gap_s / GapHistogram::kHalfLife_s);
  media_s_ = kept * media_s_ + media_s;
  streamed_s_ = kept * streamed_s_ + gap_s;
}

void ArrivalModel::add_length(double media_s) noexcept {
  length_s_ += kLengthGain * (media_s - length_s_);
}

double ArrivalModel::expected_stalls(double waiting_s) const noexcept {
  const double rate = std::max(kTrustedRate * this->rate(), 0.01);
  const double grows = rate - 1;  // what waits, a second
  const double streams_s = std::max(length_s_ - waiting_s, length_s_ / 2) / rate;
  double stalls = 0;
  for (std::size_t i = 0; i < GapHistogram::kBuckets; ++i) {
    const double missing_s = GapHistogram::gap_s(i) - waiting_s;
    double exposed_s = 0;
    if (grows < 0) {
      exposed_s = streams_s + std::min(0.0, missing_s / -grows);
    } else if (missing_s > 0) {
      exposed_s = grows > 0 ? std::min(streams_s, missing_s / grows) : streams_s;
    }
    if (exposed_s > 0) stalls += gaps_.rate_hz(i) * exposed_s;
  }
  return stalls;
}

double ArrivalModel::required_s(double risk, double most_s) const noexcept {
  const double stalls = -std::log1p(-risk);
  double low_s = 0, high_s = most_s;
  if (expected_stalls(low_s) <= stalls) return low_s;
  while (high_s - low_s > kStep_s) {
    const double middle_s = (low_s + high_s) / 2;
    (expected_stalls(middle_s) <= stalls ? high_s : low_s) = middle_s;
  }
  return high_s;
}

}  // namespace hostmode
