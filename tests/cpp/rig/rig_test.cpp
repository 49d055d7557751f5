#include "rig.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace {

using hostmode::Rig;
using hostmode::rig_fault;
using hostmode::RigData;

// A square of two triangles that hangs on the second of two joints; its one target lifts a corner.
RigData square() {
  RigData data;
  data.vertices = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
  data.triangles = {0, 1, 2, 0, 2, 3};
  data.target_counts = {1};
  data.target_vertices = {2};
  data.target_deltas = {0, 0, 2};
  data.joint_parents = {-1, 0};
  data.joint_pivots = {0, 0, 0, 1, 0, 0};
  data.skin_joints = {1, 1, 1, 1};
  data.skin_weights = {1, 1, 1, 1};
  return data;
}

}  // namespace

TEST_CASE("test_rig_at_rest_is_its_vertices_with_their_normals") {
  const Rig rig(square());
  const float weights[] = {0};
  const float joints[6] = {};
  float out[24];
  rig.deform(weights, joints, out);
  CHECK(out[12] == doctest::Approx(1));
  CHECK(out[13] == doctest::Approx(1));
  for (int vertex = 0; vertex < 4; ++vertex) CHECK(out[6 * vertex + 5] == doctest::Approx(1));
}

TEST_CASE("test_rig_target_moves_its_vertex_by_its_weight") {
  const Rig rig(square());
  const float weights[] = {0.25F};
  const float joints[6] = {};
  float out[24];
  rig.deform(weights, joints, out);
  CHECK(out[14] == doctest::Approx(0.5));
  CHECK(out[2] == doctest::Approx(0));
}

TEST_CASE("test_rig_joint_turns_about_its_pivot_after_its_parent") {
  const Rig rig(square());
  const float weights[] = {0};
  const float quarter = std::acos(0.0F);
  const float joints[6] = {0, 0, quarter, 0, 0, quarter};
  float out[24];
  rig.deform(weights, joints, out);
  // The second turns (0, 0) about (1, 0) into (1, -1), the first that about the origin into (1, 1).
  CHECK(out[0] == doctest::Approx(1));
  CHECK(out[1] == doctest::Approx(1));
  CHECK(out[5] == doctest::Approx(1));
}

TEST_CASE("test_rig_lid_is_pushed_out_of_the_ball_in_front_only") {
  RigData data = square();
  data.vertices = {0, 0, 0.5F, 1, 0, 0, 1, 1, 0, 0, 0, -0.5F};
  data.ball_centres = {0, 0, 0};
  data.ball_radii = {2};
  data.ball_counts = {2};
  data.ball_vertices = {0, 3};
  const Rig rig(data);
  const float weights[] = {0};
  const float joints[6] = {};
  float out[24];
  rig.deform(weights, joints, out);
  CHECK(out[2] == doctest::Approx(2));
  CHECK(out[20] == doctest::Approx(-0.5));
}

TEST_CASE("test_rig_fault_names_what_is_wrong") {
  CHECK(rig_fault(square()).empty());
  const auto with = [](auto change) {
    RigData data = square();
    change(data);
    return rig_fault(data);
  };
  CHECK(with([](RigData& d) { d.vertices.clear(); }) != "");
  CHECK(with([](RigData& d) { d.vertices[4] = std::numeric_limits<float>::quiet_NaN(); }) ==
        "a vertex is not finite");
  CHECK(with([](RigData& d) { d.triangles[0] = 4; }).find("triangle") != std::string::npos);
  CHECK(with([](RigData& d) { d.target_counts[0] = 0xFFFFFFFFU; }).find("at most") != std::string::npos);
  CHECK(with([](RigData& d) { d.target_vertices[0] = 9; }).find("target") != std::string::npos);
  CHECK(with([](RigData& d) { d.joint_parents = {1, 0}; }).find("itself") != std::string::npos);
  CHECK(with([](RigData& d) { d.joint_parents[0] = -2; }).find("does not exist") != std::string::npos);
  CHECK(with([](RigData& d) { d.skin_joints[0] = 2; }).find("joint") != std::string::npos);
  CHECK(with([](RigData& d) { d.skin_weights[1] = -0.5F; }).find("negative") != std::string::npos);
  CHECK(with([](RigData& d) { d.skin_weights.pop_back(); }).find("same number") != std::string::npos);
  CHECK(with([](RigData& d) { d.ball_radii = {1}; }).find("eyeball") != std::string::npos);
}
