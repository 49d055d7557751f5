// The slope of the curve at a keyframe, from the keyframes around it.
#pragma once

#include <algorithm>
#include <cmath>

namespace hostmode {

// The slopes of an interpolating cubic spline on a uniform grid are sums over all samples whose weights fall
// by sqrt(3) - 2 a step (Schoenberg's cardinal spline); the first is 3 / (2 + sqrt(3)). Cut after the second
// neighbour, the second weight follows from linear data having to keep their slope: 2 a + 4 b = 1. On
// held-out keyframes of real speech this beats the five-point difference formula (a = 2/3).
inline constexpr float kNear = 0.80384758F;
inline constexpr float kFar = (1.0F - 2.0F * kNear) / 4.0F;

// Values at index - 2 ... index + 2; `before` and `after` say how many of them exist on either side, 0 to 2.
struct Stencil {
  float values[5];
  int before;
  int after;
};

[[nodiscard]] inline float tangent(const Stencil& s) noexcept {
  const float* y = s.values + 2;
  if (s.before >= 2 && s.after >= 2) return kNear * (y[1] - y[-1]) + kFar * (y[2] - y[-2]);
  if (s.before >= 2 && s.after == 1)
    return (2 * y[1] + 3 * y[0] - 6 * y[-1] + y[-2]) / 6;  // cubic through the four
  if (s.before >= 1 && s.after >= 1) return (y[1] - y[-1]) / 2;
  if (s.before >= 1) return y[0] - y[-1];
  if (s.after >= 1) return y[1] - y[0];
  return 0.0F;
}

// A keyframe that comes while the interval before it is on screen is too late for the slope at which that
// interval ends, but not for the one at which its own begins. So that the curve stays smooth, it starts with
// the old slope m and turns to the better one n: m t (1 - t)^6 takes the place of m t (1 - t)^2, Hermite's,
// and n has the difference of the two, whose value and slope are zero at both ends.
[[nodiscard]] inline float late_slope_weight(float t) noexcept {
  const float rest = 1.0F - t;
  const float rest2 = rest * rest;
  return t * rest2 * (1.0F - rest2 * rest2);
}

// The highest speed of that weight.
inline constexpr float kLateSpeed = 0.5F;

// The largest share of the hull that a limited curve may leave it by, and the slopes that do so: a Hermite
// slope m overshoots by at most 4/27 m, one that is corrected late by at most 6^6/7^7 m.
inline constexpr float kOvershoot = 0.02F;
inline constexpr float kOvershootSlope = kOvershoot * 27.0F / 4.0F;
inline constexpr float kOvershootEndSlope = kOvershoot * 823543.0F / 46656.0F;

// Whose slope it is: of the curve on both sides of a keyframe, or only of what follows, as a late correction.
enum class Sides { kBoth, kAfter };

// A slope that keeps the curve within the hull of the keyframes around it: Fritsch and Carlson's bound where
// they rise or fall, and at an extremum what overshoots by kOvershoot. At an end it may stay before it is
// known whether the next keyframe goes on or turns back; if it turns, a late correction adds nothing to that.
// It leads to the next keyframe whatever came before: a value that left its rest late and flat would be half
// as fast again as its keyframes in the middle of the interval.
[[nodiscard]] inline float limited_tangent(const Stencil& s, Sides sides) noexcept {
  const float* y = s.values + 2;
  const float rise_before = s.before > 0 ? y[0] - y[-1] : 0.0F;
  const float rise_after = s.after > 0 ? y[1] - y[0] : 0.0F;
  if (sides == Sides::kAfter) {
    const float steepest = 3.0F * rise_after;
    return std::clamp(tangent(s), std::min(steepest, 0.0F), std::max(steepest, 0.0F));
  }
  float cap = 0.0F;
  if (rise_before * rise_after > 0) {
    cap = 3.0F * std::min(std::abs(rise_before), std::abs(rise_after));
  } else {
    const float hull =
        std::max({-rise_before, 0.0F, rise_after}) - std::min({-rise_before, 0.0F, rise_after});
    cap = (s.after > 0 ? kOvershootSlope : kOvershootEndSlope) * hull;
  }
  return std::clamp(tangent(s), -cap, cap);
}

}  // namespace hostmode
