// A head that moves: weights of its targets and rotations of its joints in, positions and normals out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "rig_data.h"

namespace hostmode {

class Rig {
 public:
  // `data` must be without fault (rig_fault).
  explicit Rig(RigData data);

  [[nodiscard]] std::size_t vertex_count() const noexcept { return data_.vertex_count(); }
  [[nodiscard]] std::size_t target_count() const noexcept { return data_.target_count(); }
  [[nodiscard]] std::size_t joint_count() const noexcept { return data_.joint_count(); }
  static constexpr std::size_t kOutFloats = 6;

  // weights: one a target. joint_rotations: a rotation vector (axis times angle, radians) a joint, in the
  // frame of its parent. All finite. out: x y z and the unit normal of each vertex.
  // Thread-safe: yes (immutable). Realtime-safe: yes.
  void deform(const float* weights, const float* joint_rotations, float* out) const noexcept;

 private:
  // A rotation followed by a translation: rows of 3x4.
  using Transform = std::array<float, 12>;

  struct Places {
    const std::uint32_t* vertices;
    const float* deltas;
  };

  void add_target(std::size_t target, float weight, Places& places, float* out) const noexcept;
  void add_targets(const float* weights, const float* joint_rotations, float* out) const noexcept;
  void push_lids_out(float* out) const noexcept;
  void add_normals(float* out) const noexcept;
  void share_normals(float* out) const noexcept;
  void skin(const float* weights, const float* joint_rotations, float* out) const noexcept;
  [[nodiscard]] std::array<float, 3> pivot(std::size_t joint, const float* weights) const noexcept;

  const RigData data_;
  const std::size_t influences_;
  std::vector<std::uint32_t> parents_first_;
};

}  // namespace hostmode
