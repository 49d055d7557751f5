#include "sound/drift.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

// Critically damped: a drift d moves the delay by d * kSettles_s / e at most, and is made up for in a few
// times that.
constexpr double kSettles_s = 120.0;
constexpr double kProportional = 2 / kSettles_s;
constexpr double kIntegral = 1 / (kSettles_s * kSettles_s);
// Windows without a step after which a stream is a live one, and with one after which it is none.
constexpr int kLive = 3;
// Each change is a segment of its own.
constexpr double kGrain = 2e-6;

}  // namespace

void Drift::on_arrival(double now_s, double delay_s) noexcept {
  if (now_s < window_ends_s_) {
    largest_s_ = std::max(largest_s_, delay_s);
    return;
  }
  if (now_s < window_ends_s_ + kSpan_s) {
    end_window(largest_s_);
  } else {
    *this = Drift{};  // the first, or one after a long silence
  }
  window_ends_s_ = now_s + kSpan_s;
  largest_s_ = delay_s;
}

void Drift::end_window(double delay_s) noexcept {
  const double change_s = delay_s - before_s_;
  before_s_ = delay_s;
  if (std::abs(change_s) > kStep_s) {
    held_s_ += change_s;
    steady_ = std::min(steady_, 0) - 1;
    if (steady_ > -kLive) return;
    *this = Drift{};
    before_s_ = delay_s;
    return;
  }
  steady_ = std::max(steady_, 0) + 1;
  if (value_ == 0.0 && lasting_ == 0.0) {
    if (steady_ < kLive) held_s_ = delay_s;
    if (steady_ <= kLive || std::abs(delay_s - held_s_) < kBegins_s) return;
  }
  const double error_s = delay_s - held_s_;
  lasting_ = std::clamp(lasting_ + kIntegral * error_s * kSpan_s, -kMost, kMost);
  value_ = std::clamp(std::round((lasting_ + kProportional * error_s) / kGrain) * kGrain, -kMost, kMost);
}

}  // namespace hostmode
