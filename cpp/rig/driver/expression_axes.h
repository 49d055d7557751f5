// Two directions in a keyframe that mean the same on every avatar seen so far: how far the mouth is open and
// how round it is. The 50 components of FLAME's expression that move and 20 times the jaw angle (radians).
//
// Ridge regressions of the sound's opening and rounding on the motion of real speech, scaled to a standard
// deviation of 1 there; on another avatar they correlate with the sound at 0.46 to 0.67 and 0.41 to 0.47.
#pragma once

#include <array>
#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

constexpr std::size_t kMovingExpressions = 50;
constexpr float kJawScale = 20.0F;

using ExpressionAxis = std::array<float, kMovingExpressions + 1>;

inline constexpr ExpressionAxis kOpeningAxis = {
    -0.3336F, 0.324F,   -0.1093F, -0.1681F, 0.2753F,  -0.3059F, -0.2089F, 0.1618F,  0.0691F,
    -0.1873F, 0.1179F,  -0.1838F, 0.405F,   0.1697F,  0.1772F,  -0.2877F, 0.0875F,  -0.0596F,
    -0.153F,  0.2941F,  -0.0077F, 0.3246F,  -0.4839F, 0.0495F,  -0.1928F, 0.1231F,  -0.5095F,
    0.2371F,  -0.0671F, -0.3673F, 0.0326F,  -0.044F,  0.0977F,  -0.2707F, -0.3991F, 0.2382F,
    0.0469F,  -0.1952F, 0.2229F,  0.3536F,  0.3859F,  -0.0772F, 0.2349F,  0.5016F,  0.2279F,
    0.0627F,  0.0245F,  -0.0322F, -0.0367F, 0.0339F,  0.4108F};

inline constexpr ExpressionAxis kRoundingAxis = {
    -0.432F, 0.1216F,  0.0514F,  -0.0914F, 0.1526F,  -0.0307F, 0.319F,  0.1659F,  0.2007F,
    0.032F,  0.2048F,  -0.0471F, 0.1507F,  0.1334F,  -0.0402F, 0.1088F, 0.0343F,  0.0739F,
    0.0025F, 0.1169F,  0.1875F,  0.0419F,  0.0722F,  0.0276F,  0.168F,  0.0306F,  -0.2303F,
    0.1171F, -0.045F,  -0.1211F, 0.1586F,  -0.1894F, 0.1504F,  0.0448F, -0.0851F, -0.0519F,
    0.1106F, -0.1465F, -0.1558F, 0.1654F,  0.0201F,  -0.0633F, 0.0191F, 0.1501F,  0.0423F,
    0.159F,  0.0747F,  -0.1694F, 0.0604F,  0.054F,   0.1008F};

[[nodiscard]] inline float jaw_of(const float* keyframe) noexcept {
  return kJawScale * keyframe[kJawPoseOffset];
}

// The place of a keyframe on an axis; `keyframe` is 120 floats.
[[nodiscard]] inline float along(const ExpressionAxis& axis, const float* keyframe) noexcept {
  float sum = axis[kMovingExpressions] * jaw_of(keyframe);
  for (std::size_t i = 0; i < kMovingExpressions; ++i) sum += axis[i] * keyframe[kExpressionOffset + i];
  return sum;
}

}  // namespace hostmode
