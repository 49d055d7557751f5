// What a head consists of, as it comes out of a file: nothing in it is trusted before rig_fault() has seen
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hostmode {

// Bounds on what a head may be: ten times what a detailed one has.
constexpr std::size_t kMaxVertices = 200'000;
constexpr std::size_t kMaxTriangles = 400'000;
constexpr std::size_t kMaxTargets = 1'000;
constexpr std::size_t kMaxDeltas = 20'000'000;
constexpr std::size_t kMaxJoints = 64;
constexpr std::size_t kMaxInfluences = 8;
constexpr std::size_t kMaxBalls = 8;

constexpr std::size_t kCorrectivesOfJoint = 9;

struct RigData {
  std::vector<float> vertices;           // x y z of each, in the rest pose
  std::vector<std::uint32_t> triangles;  // three vertices each, counter-clockwise from outside

  // Targets, one after another: target t moves the next target_counts[t] vertices by weight times delta.
  std::vector<std::uint32_t> target_counts;
  std::vector<std::uint32_t> target_vertices;
  std::vector<float> target_deltas;  // x y z of each

  // A joint turns what hangs on it about its pivot; a parent of -1 is the body, which never moves.
  std::vector<std::int32_t> joint_parents;
  std::vector<float> joint_pivots;  // x y z of each, in the rest pose

  // The same number of influences for each vertex. What their weights leave of 1 stays with the body.
  std::vector<std::uint32_t> skin_joints;
  std::vector<float> skin_weights;

  // Balls, eyeballs, that the vertices listed for them, the lids, are pushed out of, on the side of +z.
  std::vector<float> ball_centres;  // x y z of each
  std::vector<float> ball_radii;
  std::vector<std::uint32_t> ball_counts;
  std::vector<std::uint32_t> ball_vertices;

  // Joints whose rotation corrects the shape: the last nine targets of each, in this order, are weighted by
  // its rotation matrix less the identity, row by row.
  std::vector<std::uint32_t> corrective_joints;

  // Empty, or by how much the whole of each target but the correctives moves each pivot: x y z by target and
  // joint.
  std::vector<float> pivot_deltas;

  // Vertices that lie where another does, at a seam of the texture, and share its normal.
  std::vector<std::uint32_t> twin_vertices;
  std::vector<std::uint32_t> twin_of;

  [[nodiscard]] std::size_t vertex_count() const noexcept { return vertices.size() / 3; }
  // Of the targets that are given weights.
  [[nodiscard]] std::size_t target_count() const noexcept {
    return target_counts.size() - kCorrectivesOfJoint * corrective_joints.size();
  }
  [[nodiscard]] std::size_t joint_count() const noexcept { return joint_parents.size(); }
};

// Says in one line what is wrong with `data`; empty where it is a sound rig.
// Thread-safe: yes. Realtime-safe: no.
[[nodiscard]] std::string rig_fault(const RigData& data);

}  // namespace hostmode
