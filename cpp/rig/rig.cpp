#include "rig.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hostmode {
namespace {

constexpr std::size_t kStride = Rig::kOutFloats;

// Every parent before its children.
std::vector<std::uint32_t> order_joints(const std::vector<std::int32_t>& parents) {
  const auto depth = [&parents](std::uint32_t joint) {
    std::size_t steps = 0;
    for (std::int32_t at = parents[joint]; at >= 0; at = parents[static_cast<std::size_t>(at)]) ++steps;
    return steps;
  };
  std::vector<std::uint32_t> order(parents.size());
  for (std::uint32_t joint = 0; joint < order.size(); ++joint) order[joint] = joint;
  std::stable_sort(order.begin(), order.end(),
                   [&depth](std::uint32_t a, std::uint32_t b) { return depth(a) < depth(b); });
  return order;
}

// Rodrigues' formula.
std::array<float, 9> rotation_matrix(const float* rotation) noexcept {
  const float x = rotation[0];
  const float y = rotation[1];
  const float z = rotation[2];
  const float angle = std::sqrt(x * x + y * y + z * z);
  const float s = angle > 1e-6F ? std::sin(angle) / angle : 1.0F;
  const float c = angle > 1e-3F ? (1.0F - std::cos(angle)) / (angle * angle) : 0.5F;
  return {1 - c * (y * y + z * z), c * x * y - s * z,       c * x * z + s * y,
          c * x * y + s * z,       1 - c * (x * x + z * z), c * y * z - s * x,
          c * x * z - s * y,       c * y * z + s * x,       1 - c * (x * x + y * y)};
}

std::array<float, 12> compose(const std::array<float, 12>& outer,
                              const std::array<float, 12>& inner) noexcept {
  std::array<float, 12> out{};
  for (std::size_t row = 0; row < 3; ++row) {
    const float* a = outer.data() + 4 * row;
    for (std::size_t column = 0; column < 4; ++column) {
      out[4 * row + column] = a[0] * inner[column] + a[1] * inner[4 + column] + a[2] * inner[8 + column] +
                              (column == 3 ? a[3] : 0.0F);
    }
  }
  return out;
}

std::array<float, 12> about(const std::array<float, 3>& pivot, const std::array<float, 9>& turn) noexcept {
  std::array<float, 12> out{};
  for (std::size_t row = 0; row < 3; ++row) {
    const float* from = turn.data() + 3 * row;
    std::copy(from, from + 3, out.data() + 4 * row);
    out[4 * row + 3] = pivot[row] - (from[0] * pivot[0] + from[1] * pivot[1] + from[2] * pivot[2]);
  }
  return out;
}

}  // namespace

Rig::Rig(RigData data)
    : data_(std::move(data)),
      influences_(data_.skin_joints.size() / data_.vertex_count()),
      parents_first_(order_joints(data_.joint_parents)) {}

void Rig::deform(const float* weights, const float* joint_rotations, float* out) const noexcept {
  const float* vertex = data_.vertices.data();
  for (std::size_t i = 0; i < vertex_count(); ++i, vertex += 3) {
    float* to = out + i * kStride;
    std::copy(vertex, vertex + 3, to);
    std::fill(to + 3, to + kStride, 0.0F);
  }
  add_targets(weights, joint_rotations, out);
  push_lids_out(out);
  add_normals(out);
  share_normals(out);
  skin(weights, joint_rotations, out);
}

void Rig::add_target(std::size_t target, float weight, Places& places, float* out) const noexcept {
  const std::uint32_t count = data_.target_counts[target];
  if (weight != 0.0F) {
    for (std::uint32_t i = 0; i < count; ++i) {
      float* to = out + places.vertices[i] * kStride;
      to[0] += weight * places.deltas[3 * i];
      to[1] += weight * places.deltas[3 * i + 1];
      to[2] += weight * places.deltas[3 * i + 2];
    }
  }
  places.vertices += count;
  places.deltas += std::size_t{3} * count;
}

void Rig::add_targets(const float* weights, const float* joint_rotations, float* out) const noexcept {
  Places places{data_.target_vertices.data(), data_.target_deltas.data()};
  std::size_t target = 0;
  for (; target < target_count(); ++target) add_target(target, weights[target], places, out);
  for (const std::uint32_t joint : data_.corrective_joints) {
    std::array<float, kCorrectivesOfJoint> turned = rotation_matrix(joint_rotations + std::size_t{3} * joint);
    for (const std::size_t diagonal : {0U, 4U, 8U}) turned[diagonal] -= 1.0F;
    for (const float weight : turned) add_target(target++, weight, places, out);
  }
}

void Rig::push_lids_out(float* out) const noexcept {
  const std::uint32_t* vertex = data_.ball_vertices.data();
  for (std::size_t ball = 0; ball < data_.ball_radii.size(); ++ball) {
    const float* centre = data_.ball_centres.data() + 3 * ball;
    const float radius = data_.ball_radii[ball];
    for (std::uint32_t i = 0; i < data_.ball_counts[ball]; ++i) {
      float* to = out + *vertex++ * kStride;
      const float x = to[0] - centre[0];
      const float y = to[1] - centre[1];
      const float z = to[2] - centre[2];
      const float distance = std::sqrt(x * x + y * y + z * z);
      if (z <= 0.0F || distance >= radius) continue;
      const float scale = radius / distance;
      to[0] = centre[0] + x * scale;
      to[1] = centre[1] + y * scale;
      to[2] = centre[2] + z * scale;
    }
  }
}

void Rig::add_normals(float* out) const noexcept {
  for (std::size_t i = 0; i < data_.triangles.size(); i += 3) {
    float* a = out + data_.triangles[i] * kStride;
    float* b = out + data_.triangles[i + 1] * kStride;
    float* c = out + data_.triangles[i + 2] * kStride;
    const float ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2];
    const float vx = c[0] - a[0], vy = c[1] - a[1], vz = c[2] - a[2];
    const float nx = uy * vz - uz * vy;
    const float ny = uz * vx - ux * vz;
    const float nz = ux * vy - uy * vx;
    for (float* corner : {a, b, c}) {
      corner[3] += nx;
      corner[4] += ny;
      corner[5] += nz;
    }
  }
}

void Rig::share_normals(float* out) const noexcept {
  for (std::size_t i = 0; i < data_.twin_vertices.size(); ++i) {
    const float* from = out + data_.twin_vertices[i] * kStride;
    float* to = out + data_.twin_of[i] * kStride;
    for (std::size_t k = 3; k < kStride; ++k) to[k] += from[k];
  }
  for (std::size_t i = 0; i < data_.twin_vertices.size(); ++i) {
    const float* from = out + data_.twin_of[i] * kStride;
    std::copy(from + 3, from + kStride, out + data_.twin_vertices[i] * kStride + 3);
  }
}

std::array<float, 3> Rig::pivot(std::size_t joint, const float* weights) const noexcept {
  const float* rest = data_.joint_pivots.data() + 3 * joint;
  std::array<float, 3> place = {rest[0], rest[1], rest[2]};
  if (data_.pivot_deltas.empty()) return place;
  for (std::size_t target = 0; target < target_count(); ++target) {
    const float* delta = data_.pivot_deltas.data() + 3 * (target * joint_count() + joint);
    for (std::size_t axis = 0; axis < 3; ++axis) place[axis] += weights[target] * delta[axis];
  }
  return place;
}

void Rig::skin(const float* weights_of_targets, const float* joint_rotations, float* out) const noexcept {
  std::array<Transform, kMaxJoints> transforms;
  for (const std::uint32_t joint : parents_first_) {
    const std::array<float, 9> turn = rotation_matrix(joint_rotations + std::size_t{3} * joint);
    const Transform own = about(pivot(joint, weights_of_targets), turn);
    const std::int32_t parent = data_.joint_parents[joint];
    transforms[joint] = parent < 0 ? own : compose(transforms[static_cast<std::size_t>(parent)], own);
  }
  const std::uint32_t* joints = data_.skin_joints.data();
  const float* weights = data_.skin_weights.data();
  for (std::size_t i = 0; i < vertex_count(); ++i, joints += influences_, weights += influences_) {
    Transform m{};
    float rest = 1.0F;
    for (std::size_t k = 0; k < influences_; ++k) {
      if (weights[k] == 0.0F) continue;
      rest -= weights[k];
      const Transform& from = transforms[joints[k]];
      for (std::size_t n = 0; n < m.size(); ++n) m[n] += weights[k] * from[n];
    }
    m[0] += rest;
    m[5] += rest;
    m[10] += rest;
    float* v = out + i * kStride;
    const float x = v[0], y = v[1], z = v[2], nx = v[3], ny = v[4], nz = v[5];
    for (std::size_t row = 0; row < 3; ++row) {
      const float* r = m.data() + 4 * row;
      v[row] = r[0] * x + r[1] * y + r[2] * z + r[3];
      v[3 + row] = r[0] * nx + r[1] * ny + r[2] * nz;
    }
    const float length = std::sqrt(v[3] * v[3] + v[4] * v[4] + v[5] * v[5]);
    const float scale = length > 0.0F ? 1.0F / length : 0.0F;
    for (std::size_t row = 3; row < kStride; ++row) v[row] *= scale;
  }
}

}  // namespace hostmode
