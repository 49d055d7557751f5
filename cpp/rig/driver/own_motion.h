// Motion that hostmode made itself: written for the head that shows it, so it is shown as it is written.
//
// It is known by two of the coefficients that no stream uses and no eye sees: at a thousandth of a unit they
// move nothing. They are blended with the rest of a pose, so they also say how much of it is such motion.
#pragma once

#include <algorithm>
#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

constexpr std::size_t kOwnMarkIndex = kExpressionOffset + 99;
constexpr std::size_t kOwnBrowsIndex = kExpressionOffset + 98;  // raised brows, 0 to 1, times kOwnMark
constexpr float kOwnMark = 0x1.08p-10F;

// The opening that is written is what the opening axis reads times this; below 0 the lips are pressed.
constexpr float kOwnRead = 0.40F;

[[nodiscard]] inline bool is_own(const float* keyframe) noexcept {
  return keyframe[kOwnMarkIndex] == kOwnMark;
}

// How much of a pose is such motion, 0 to 1; 0 where another value stands in its place.
[[nodiscard]] inline float own_share(const float* pose) noexcept {
  const float share = pose[kOwnMarkIndex] / kOwnMark;
  return share > 0.0F && share < 1.001F ? std::min(share, 1.0F) : 0.0F;
}

}  // namespace hostmode
