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

TEST_CASE("test_rig_joint_that_corrects_the_shape_weights_its_targets_by_its_matrix_less_the_identity") {
  RigData data = square();
  data.skin_weights = {0, 0, 0, 0};
  data.corrective_joints = {1};
  data.target_counts = {1, 0, 1, 0, 0, 0, 0, 0, 0, 0};  // of the correctives, the second alone moves
  data.target_vertices = {2, 3};
  data.target_deltas = {0, 0, 2, 0, 0, 5};
  const Rig rig(data);
  CHECK(rig.target_count() == 1);
  const float weights[] = {0};
  const float joints[6] = {0, 0, 0, 0, 0, std::acos(0.0F)};
  float out[24];
  rig.deform(weights, joints, out);
  CHECK(out[18 + 2] == doctest::Approx(-5));  // the first row of that turn is (0, -1, 0)
  CHECK(out[12 + 2] == doctest::Approx(0));
}

TEST_CASE("test_rig_target_moves_the_pivot_of_a_joint") {
  RigData data = square();
  data.target_deltas = {0, 0, 0};
  data.pivot_deltas = {0, 0, 0, 1, 0, 0};
  const Rig rig(data);
  const float weights[] = {1};
  const float joints[6] = {0, 0, 0, 0, 0, 2 * std::acos(0.0F)};
  float out[24];
  rig.deform(weights, joints, out);
  CHECK(out[0] == doctest::Approx(4));  // half a turn about (2, 0)
}

TEST_CASE("test_rig_twins_share_their_normals") {
  RigData data = square();
  data.vertices = {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, -1};
  data.triangles = {0, 1, 2, 3, 4, 5};
  data.skin_joints = {0, 0, 0, 0, 0, 0};
  data.skin_weights = {0, 0, 0, 0, 0, 0};
  data.twin_vertices = {4};
  data.twin_of = {0};
  const Rig rig(data);
  const float weights[] = {0};
  const float joints[6] = {};
  float out[36];
  rig.deform(weights, joints, out);
  CHECK(out[5] == doctest::Approx(std::sqrt(0.5)));
  for (int k = 3; k < 6; ++k) CHECK(out[24 + k] == doctest::Approx(out[k]));
  CHECK(out[18 + 5] == doctest::Approx(0));
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
  CHECK(with([](RigData& d) { d.corrective_joints = {0}; }).find("nine") != std::string::npos);
  CHECK(with([](RigData& d) { d.pivot_deltas = {0, 0, 0}; }).find("pivot") != std::string::npos);
  CHECK(with([](RigData& d) { d.twin_of = {0}; }).find("twin") != std::string::npos);
  CHECK(with([](RigData& d) { d.twin_of = d.twin_vertices = {4}; }).find("twin") != std::string::npos);
}
