#include "motion/keyframe_times.h"

#include <cstddef>

namespace hostmode {
namespace {

constexpr double kCatchesUp = 4.0;  // keyframes: at most a quarter faster

}  // namespace

void KeyframeTimes::begin_sentence(std::size_t index, double media_s) {
  const double before = static_cast<double>(index) - 1.0;
  const Bend leaves{before, time_of(before)};
  // A sentence so short that it has not caught up goes on to do so in this one.
  while (!bends_.empty() && bends_.back().position >= before) bends_.pop_back();
  bends_.push_back(leaves);
  bends_.push_back({before + 1.0 + kCatchesUp, media_s + kCatchesUp * kKeyframeInterval_s});
}

void KeyframeTimes::let_go(double position) {
  std::size_t passed = 0;
  while (passed + 1 < bends_.size() && bends_[passed + 1].position <= position) ++passed;
  bends_.erase(bends_.begin(), bends_.begin() + static_cast<std::ptrdiff_t>(passed));
}

}  // namespace hostmode
