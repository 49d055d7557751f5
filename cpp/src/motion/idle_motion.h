// The living idle pose: breathing, blinks and small gaze shifts, a pure function of time and seed. eye_lid
// runs from 0 (open) to 1 (closed), FLAME's convention.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hostmode/keyframe.h"

namespace hostmode {

// One that no other call gives. Thread-safe: yes. Realtime-safe: no.
[[nodiscard]] std::uint64_t fresh_seed();

class IdleMotion {
 public:
  // From straight ahead.
  static constexpr double kFarthestGaze_rad = 0.07;

  // How far value `i` wanders from 0 and may stay: gaze does, all else is near 0 but for blinks.
  [[nodiscard]] static constexpr double wander(std::size_t i) noexcept {
    return is_gaze(i) ? kFarthestGaze_rad : 0.0;
  }
  // Between which value `i` stays, blinks included.
  [[nodiscard]] static constexpr double lowest(std::size_t i) noexcept { return -wander(i); }
  [[nodiscard]] static constexpr double highest(std::size_t i) noexcept {
    return is_lid(i) ? 1.0 : wander(i);
  }

  explicit IdleMotion(std::uint64_t seed = 0) noexcept;

  // The full idle pose at `t_s` (seconds of any clock; what is no time, or too far to have a
  // fraction, counts as 0). Continuous, bounded, never repeating.
  // Thread-safe: yes (immutable). Realtime-safe: yes.
  void sample(double t_s, float* out) const noexcept;

  // Only eye_pose (6 floats) and eye_lid (2 floats), for layering over speech.
  // Thread-safe: yes. Realtime-safe: yes.
  void sample_eyes(double t_s, float* eye_pose, float* eye_lid) const noexcept;

 private:
  [[nodiscard]] static constexpr bool is_gaze(std::size_t i) noexcept {
    return i >= kEyePoseOffset && i < kEyePoseOffset + 6;
  }
  [[nodiscard]] static constexpr bool is_lid(std::size_t i) noexcept {
    return i >= kEyeLidOffset && i < kEyeLidOffset + 2;
  }

  std::uint64_t seed_;
};

}  // namespace hostmode
