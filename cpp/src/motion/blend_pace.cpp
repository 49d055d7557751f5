#include "motion/blend_pace.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hostmode {
namespace {

// The highest speed of ease(), and by how much values may be faster than ordinary speech.
constexpr double kEaseSpeed = 1.5;
constexpr double kMostOfOrdinary = 1.5;
// An offset that nobody can see.

}  // namespace

double pace_blend(const float* offset, const Keyframe& step, double duration_s, double transition_s,
                  float* pace) noexcept {
  double longest_s = duration_s;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    pace[i] = 1.0F;
    const double size = std::abs(offset[i]);
    const double ordinary = step.data()[i] / kKeyframeInterval_s;
    if (size <= kInvisible || ordinary <= 0) continue;
    const double left = (kMostOfOrdinary - 1) * ordinary;  // of speed, for the blend
    const double needed_s = std::min(kEaseSpeed * size / left, transition_s);
    if (needed_s <= duration_s) continue;
    pace[i] = static_cast<float>(duration_s / needed_s);
    longest_s = std::max(longest_s, needed_s);
  }
  return longest_s;
}

}  // namespace hostmode
