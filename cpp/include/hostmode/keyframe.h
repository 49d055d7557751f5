// The layout of one keyframe: 120 float32, the parameters of a FLAME head.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

// Keyframes a second of conversation audio. Keyframe i belongs to audio time i / 25 s.
inline constexpr double kKeyframeRateHz = 25.0;
inline constexpr double kKeyframeInterval_s = 1.0 / kKeyframeRateHz;

// Rotations are rotation vectors (axis times angle, radians). `eye_pose` is left, then right.
struct Keyframe {
  float translation[3];
  float rotation[3];
  float neck_pose[3];
  float jaw_pose[3];
  float eye_pose[6];
  float eye_lid[2];
  float expression[100];

  [[nodiscard]] float* data() noexcept { return translation; }
  [[nodiscard]] const float* data() const noexcept { return translation; }
};

inline constexpr std::size_t kKeyframeFloats = 120;
static_assert(sizeof(Keyframe) == kKeyframeFloats * sizeof(float), "Keyframe must be 120 packed floats");

// Index of the first float of each field within a keyframe.
inline constexpr std::size_t kTranslationOffset = 0;
inline constexpr std::size_t kRotationOffset = 3;
inline constexpr std::size_t kNeckPoseOffset = 6;
inline constexpr std::size_t kJawPoseOffset = 9;
inline constexpr std::size_t kEyePoseOffset = 12;
inline constexpr std::size_t kEyeLidOffset = 18;
inline constexpr std::size_t kExpressionOffset = 20;

}  // namespace hostmode
