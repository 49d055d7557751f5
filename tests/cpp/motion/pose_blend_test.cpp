#include "motion/pose_blend.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "hostmode/keyframe.h"

namespace {

using hostmode::Keyframe;

Keyframe random_pose(std::mt19937& random) {
  std::uniform_real_distribution<float> value(-1.0F, 1.0F);
  Keyframe pose{};
  for (std::size_t i = 0; i < hostmode::kKeyframeFloats; ++i) pose.data()[i] = value(random);
  return pose;
}

bool same(const Keyframe& a, const Keyframe& b) {
  for (std::size_t i = 0; i < hostmode::kKeyframeFloats; ++i) {
    if (std::abs(a.data()[i] - b.data()[i]) > 1e-6F) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("test_ease_is_clamped_monotonic_and_flat_at_both_ends") {
  CHECK(hostmode::ease(-1.0F) == 0.0F);
  CHECK(hostmode::ease(0.5F) == doctest::Approx(0.5F));
  CHECK(hostmode::ease(2.0F) == 1.0F);
  CHECK(hostmode::ease(1e-3F) < 1e-5F);
  CHECK(1.0F - hostmode::ease(1.0F - 1e-3F) < 1e-5F);
  for (float x = 0; x < 1; x += 0.01F) CHECK(hostmode::ease(x + 0.01F) >= hostmode::ease(x));
}

TEST_CASE("test_blend_poses_at_weights_zero_and_one_gives_the_ends") {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    const Keyframe from = random_pose(random);
    const Keyframe to = random_pose(random);
    Keyframe out{};
    hostmode::blend_poses(from.data(), to.data(), 0.0F, out.data());
    CHECK(same(out, from));
    hostmode::blend_poses(from.data(), to.data(), 1.0F, out.data());
    CHECK(same(out, to));
  }
}

TEST_CASE("test_blend_poses_into_either_input_gives_the_same_pose") {
  std::mt19937 random(4);
  const Keyframe from = random_pose(random);
  const Keyframe to = random_pose(random);
  Keyframe out{};
  hostmode::blend_poses(from.data(), to.data(), 0.3F, out.data());
  Keyframe in_from = from;
  hostmode::blend_poses(in_from.data(), to.data(), 0.3F, in_from.data());
  Keyframe in_to = to;
  hostmode::blend_poses(from.data(), in_to.data(), 0.3F, in_to.data());
  CHECK(same(in_from, out));
  CHECK(same(in_to, out));
}

TEST_CASE("test_blend_poses_takes_the_shorter_way_round") {
  Keyframe from{};
  from.neck_pose[2] = 3.0F;
  Keyframe to{};
  to.neck_pose[2] = -3.0F;
  Keyframe out{};
  hostmode::blend_poses(from.data(), to.data(), 0.5F, out.data());
  CHECK(std::abs(out.neck_pose[2]) == doctest::Approx(3.14159265F));
}

TEST_CASE("test_pose_offset_added_back_in_full_restores_the_pose_before") {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    const Keyframe before = random_pose(random);
    const Keyframe after = random_pose(random);
    Keyframe offset{};
    hostmode::pose_offset(before.data(), after.data(), offset.data());
    Keyframe pose = after;
    hostmode::add_pose_offset(pose.data(), offset.data(), 1.0F);
    CHECK(same(pose, before));
  }
}

TEST_CASE("test_nearest_equivalent_is_the_same_rotation_within_half_a_turn") {
  constexpr float kTurn = 6.2831853F;
  for (int turns = -2; turns <= 2; ++turns) {
    const float reference[3] = {0.0F, 0.4F + static_cast<float>(turns) * kTurn, 0.0F};
    float rotation[3] = {0.0F, 0.7F, 0.0F};
    hostmode::nearest_equivalent(reference, rotation);
    CHECK(rotation[1] - reference[1] == doctest::Approx(0.3F).epsilon(1e-4));
  }
}
