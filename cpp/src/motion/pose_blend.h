// Mixing poses: rotations by the shorter way, everything else linearly.
#pragma once

namespace hostmode {

// All poses are 120 floats (keyframe.h). Thread-safe: yes. Realtime-safe: yes.

// The C1 step 3x^2 - 2x^3, clamped to 0 .. 1, and its highest speed.
[[nodiscard]] float ease(float x) noexcept;
inline constexpr double kEaseSpeed = 1.5;

// Replaces a rotation vector by the equivalent (the same axis, the angle changed by whole turns) nearest to
// `reference`.
void nearest_equivalent(const float* reference, float* rotation) noexcept;

// `from` at weight 0, `to` at weight 1. `out` may be either.
void blend_poses(const float* from, const float* to, float weight, float* out) noexcept;

// before - after, and its inverse: pose + weight * offset. An offset that decays makes a step continuous.
void pose_offset(const float* before, const float* after, float* offset) noexcept;
void add_pose_offset(float* pose, const float* offset, float weight) noexcept;

}  // namespace hostmode
