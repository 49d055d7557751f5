// How fast a cubic Hermite curve moves.
#pragma once

#include <algorithm>
#include <cmath>

namespace hostmode {

// The highest speed, an interval, from `from` on (0 .. 1) of the curve that rises by `rise` within its
// interval and has these slopes at its ends.
[[nodiscard]] inline float fastest_of_curve(float rise, float slope_before, float slope_after,
                                            float from) noexcept {
  // Its speed is a parabola.
  const float linear = 6 * rise - 4 * slope_before - 2 * slope_after;
  const float square = 3 * (slope_before + slope_after) - 6 * rise;
  const auto speed = [&](float t) { return std::abs(slope_before + t * (linear + t * square)); };
  const float fastest = std::max(speed(from), std::abs(slope_after));
  const float at = square != 0.0F ? -linear / (2 * square) : 0.0F;
  return at > from && at < 1.0F ? std::max(fastest, speed(at)) : fastest;
}

}  // namespace hostmode
