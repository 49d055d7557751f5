// Small functions of one number that the driver is made of.
#pragma once

#include <algorithm>

namespace hostmode {

[[nodiscard]] inline float unit(float x) noexcept {
  return std::clamp(x, 0.0F, 1.0F);
}

// 0 below `low`, 1 above `high`, 3x^2 - 2x^3 between.
[[nodiscard]] inline float smooth_step(float low, float high, float x) noexcept {
  const float t = unit((x - low) / (high - low));
  return t * t * (3.0F - 2.0F * t);
}

[[nodiscard]] inline float mix(float from, float to, float weight) noexcept {
  return from + (to - from) * weight;
}

}  // namespace hostmode
