// The 52 expressions of ARKit (ARFaceAnchor.BlendShapeLocation), in the order in which ARKit lists them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace hostmode {

// clang-format off
#define HOSTMODE_ARKIT(X) \
  X(eyeBlinkLeft) X(eyeLookDownLeft) X(eyeLookInLeft) X(eyeLookOutLeft) X(eyeLookUpLeft) X(eyeSquintLeft) \
  X(eyeWideLeft) X(eyeBlinkRight) X(eyeLookDownRight) X(eyeLookInRight) X(eyeLookOutRight) X(eyeLookUpRight) \
  X(eyeSquintRight) X(eyeWideRight) X(jawForward) X(jawLeft) X(jawRight) X(jawOpen) X(mouthClose) \
  X(mouthFunnel) X(mouthPucker) X(mouthLeft) X(mouthRight) X(mouthSmileLeft) X(mouthSmileRight) \
  X(mouthFrownLeft) X(mouthFrownRight) X(mouthDimpleLeft) X(mouthDimpleRight) X(mouthStretchLeft) \
  X(mouthStretchRight) X(mouthRollLower) X(mouthRollUpper) X(mouthShrugLower) X(mouthShrugUpper) \
  X(mouthPressLeft) X(mouthPressRight) X(mouthLowerDownLeft) X(mouthLowerDownRight) X(mouthUpperUpLeft) \
  X(mouthUpperUpRight) X(browDownLeft) X(browDownRight) X(browInnerUp) X(browOuterUpLeft) \
  X(browOuterUpRight) X(cheekPuff) X(cheekSquintLeft) X(cheekSquintRight) X(noseSneerLeft) X(noseSneerRight) \
  X(tongueOut)
// clang-format on

namespace arkit {
#define HOSTMODE_ARKIT_ENUM(name) name,
enum Index : std::size_t { HOSTMODE_ARKIT(HOSTMODE_ARKIT_ENUM) };
inline constexpr std::size_t kCount = std::size_t{tongueOut} + 1;
static_assert(kCount == 52);
#undef HOSTMODE_ARKIT_ENUM

#define HOSTMODE_ARKIT_NAME(name) #name,
inline constexpr std::array<std::string_view, kCount> kNames = {HOSTMODE_ARKIT(HOSTMODE_ARKIT_NAME)};
#undef HOSTMODE_ARKIT_NAME
}  // namespace arkit

#undef HOSTMODE_ARKIT

}  // namespace hostmode
