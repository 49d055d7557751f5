#include "motion/pose_blend.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {
namespace {

constexpr float kTurn = 6.28318530717958647692F;
constexpr std::size_t kRotations[] = {kRotationOffset, kNeckPoseOffset, kJawPoseOffset, kEyePoseOffset,
                                      kEyePoseOffset + 3};

}  // namespace

float ease(float x) noexcept {
  const float t = std::clamp(x, 0.0F, 1.0F);
  return t * t * (3.0F - 2.0F * t);
}

void nearest_equivalent(const float* reference, float* rotation) noexcept {
  const float dx = rotation[0] - reference[0];
  const float dy = rotation[1] - reference[1];
  const float dz = rotation[2] - reference[2];
  // Equivalents lie a whole turn apart, so one that is less than half a turn away is the nearest.
  if (dx * dx + dy * dy + dz * dz <= kTurn * kTurn / 4) return;
  const float angle =
      std::sqrt(rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2]);
  if (angle == 0.0F) return;
  const float along =
      (reference[0] * rotation[0] + reference[1] * rotation[1] + reference[2] * rotation[2]) / angle;
  const float scale = (angle + kTurn * std::round((along - angle) / kTurn)) / angle;
  for (int i = 0; i < 3; ++i) rotation[i] *= scale;
}

void blend_poses(const float* from, const float* to, float weight, float* out) noexcept {
  float offset[kKeyframeFloats];
  pose_offset(to, from, offset);
  if (out != from) std::copy(from, from + kKeyframeFloats, out);
  add_pose_offset(out, offset, weight);
}

void pose_offset(const float* before, const float* after, float* offset) noexcept {
  std::copy(before, before + kKeyframeFloats, offset);
  for (const std::size_t at : kRotations) nearest_equivalent(after + at, offset + at);
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) offset[i] -= after[i];
}

void add_pose_offset(float* pose, const float* offset, float weight) noexcept {
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) pose[i] += weight * offset[i];
}

}  // namespace hostmode
