#include "motion/keyframe_times.h"

#include <algorithm>
#include <cstddef>

namespace hostmode {
namespace {

constexpr double kCatchesUp = 12.0;  // keyframes: at most a twelfth faster

}  // namespace

void KeyframeTimes::begin_sentence(std::size_t index, double media_s) {
  const double before = static_cast<double>(index) - 1.0;
  const Bend leaves{before, time_of(before)};
  // A sentence so short that it has not caught up goes on to do so in this one.
  while (!bends_.empty() && bends_.back().position >= before) bends_.pop_back();
  bends_.push_back(leaves);
  bends_.push_back({before + 1.0 + kCatchesUp, media_s + kCatchesUp * kKeyframeInterval_s});
}

double KeyframeTimes::fastest_pace(double position) const noexcept {
  double fastest = 1.0;
  for (std::size_t i = 1; i < bends_.size(); ++i) {
    if (bends_[i].position <= position) continue;
    const double interval_s =
        (bends_[i].media_s - bends_[i - 1].media_s) / (bends_[i].position - bends_[i - 1].position);
    fastest = std::max(fastest, kKeyframeInterval_s / interval_s);
  }
  return fastest;
}

void KeyframeTimes::let_go(double position) {
  std::size_t passed = 0;
  while (passed + 1 < bends_.size() && bends_[passed + 1].position <= position) ++passed;
  bends_.erase(bends_.begin(), bends_.begin() + static_cast<std::ptrdiff_t>(passed));
}

}  // namespace hostmode
