#include "rig_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hostmode {
namespace {

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

bool all_below(const std::vector<std::uint32_t>& indices, std::size_t bound) {
  return std::all_of(indices.begin(), indices.end(), [bound](std::uint32_t index) { return index < bound; });
}

std::size_t total(const std::vector<std::uint32_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

std::string too_many(const char* what, std::size_t given, std::size_t allowed) {
  return std::to_string(given) + " " + what + "; at most " + std::to_string(allowed) + " are allowed";
}

std::string mesh_fault(const RigData& data) {
  const std::size_t vertices = data.vertex_count();
  if (vertices == 0 || data.vertices.size() % 3 != 0) return "there are no vertices of three coordinates";
  if (vertices > kMaxVertices) return too_many("vertices", vertices, kMaxVertices);
  if (data.triangles.empty() || data.triangles.size() % 3 != 0)
    return "there are no triangles of three vertices";
  if (data.triangles.size() / 3 > kMaxTriangles)
    return too_many("triangles", data.triangles.size() / 3, kMaxTriangles);
  if (!all_finite(data.vertices)) return "a vertex is not finite";
  if (!all_below(data.triangles, vertices)) return "a triangle names a vertex that does not exist";
  return {};
}

std::string target_fault(const RigData& data) {
  const std::size_t targets = data.target_counts.size();
  if (targets > kMaxTargets) return too_many("targets", targets, kMaxTargets);
  if (kCorrectivesOfJoint * data.corrective_joints.size() > targets)
    return "not every joint that corrects the shape has nine targets";
  const std::size_t deltas = total(data.target_counts);
  if (deltas > kMaxDeltas) return too_many("target deltas", deltas, kMaxDeltas);
  if (data.target_vertices.size() != deltas || data.target_deltas.size() != 3 * deltas) {
    return "the counts of the targets add up to " + std::to_string(deltas) + ", but there are " +
           std::to_string(data.target_vertices.size()) + " vertices and " +
           std::to_string(data.target_deltas.size() / 3) + " deltas";
  }
  if (!all_finite(data.target_deltas)) return "a delta of a target is not finite";
  if (!all_below(data.target_vertices, data.vertex_count()))
    return "a target moves a vertex that does not exist";
  return {};
}

std::string joint_fault(const RigData& data) {
  const std::size_t joints = data.joint_count();
  if (joints > kMaxJoints) return too_many("joints", joints, kMaxJoints);
  if (data.joint_pivots.size() != 3 * joints) return "not every joint has a pivot of three coordinates";
  if (!all_finite(data.joint_pivots)) return "the pivot of a joint is not finite";
  if (!all_below(data.corrective_joints, joints)) return "a joint that corrects the shape does not exist";
  if (!data.pivot_deltas.empty() && data.pivot_deltas.size() != 3 * joints * data.target_count())
    return "not every target moves every pivot";
  if (!all_finite(data.pivot_deltas)) return "the way of a pivot is not finite";
  for (std::size_t joint = 0; joint < joints; ++joint) {
    std::int32_t ancestor = data.joint_parents[joint];
    for (std::size_t steps = 0; ancestor != -1; ++steps) {
      if (ancestor < -1 || ancestor >= static_cast<std::int32_t>(joints)) {
        return "joint " + std::to_string(joint) + " hangs on joint " + std::to_string(ancestor) +
               ", which does not exist";
      }
      if (steps == joints) return "joint " + std::to_string(joint) + " hangs on itself";
      ancestor = data.joint_parents[static_cast<std::size_t>(ancestor)];
    }
  }
  return {};
}

std::string skin_fault(const RigData& data) {
  const std::size_t vertices = data.vertex_count();
  const std::size_t influences = data.skin_joints.size() / vertices;
  if (data.skin_joints.size() != influences * vertices ||
      data.skin_weights.size() != data.skin_joints.size()) {
    return "not every vertex has the same number of joints and weights";
  }
  if (influences > kMaxInfluences) return too_many("joints a vertex", influences, kMaxInfluences);
  if (!all_below(data.skin_joints, data.joint_count()))
    return "a vertex hangs on a joint that does not exist";
  for (std::size_t vertex = 0; vertex < vertices; ++vertex) {
    float sum = 0.0F;
    for (std::size_t i = vertex * influences; i < (vertex + 1) * influences; ++i) {
      if (!(data.skin_weights[i] >= 0.0F)) return "a skin weight is negative or not finite";
      sum += data.skin_weights[i];
    }
    if (!(sum <= 1.01F))
      return "the skin weights of vertex " + std::to_string(vertex) + " add up to more than 1";
  }
  return {};
}

std::string ball_fault(const RigData& data) {
  const std::size_t balls = data.ball_radii.size();
  if (balls > kMaxBalls) return too_many("eyeballs", balls, kMaxBalls);
  if (data.ball_centres.size() != 3 * balls || data.ball_counts.size() != balls ||
      data.ball_vertices.size() != total(data.ball_counts)) {
    return "not every eyeball has a centre, a radius and its lids";
  }
  if (!all_finite(data.ball_centres) || !all_finite(data.ball_radii)) return "an eyeball is not finite";
  if (!all_below(data.ball_vertices, data.vertex_count())) return "a lid names a vertex that does not exist";
  return {};
}

std::string twin_fault(const RigData& data) {
  if (data.twin_vertices.size() != data.twin_of.size()) return "not every twin has another";
  if (!all_below(data.twin_vertices, data.vertex_count()) || !all_below(data.twin_of, data.vertex_count()))
    return "a twin names a vertex that does not exist";
  return {};
}

}  // namespace

std::string rig_fault(const RigData& data) {
  using Check = std::string (*)(const RigData&);
  for (const Check check :
       {&mesh_fault, &target_fault, &joint_fault, &skin_fault, &ball_fault, &twin_fault}) {
    std::string fault = check(data);
    if (!fault.empty()) return fault;
  }
  return {};
}

}  // namespace hostmode
