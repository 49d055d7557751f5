#include "motion/idle_motion.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "hostmode/keyframe.h"

namespace {

using hostmode::IdleMotion;
using hostmode::kKeyframeFloats;

std::vector<float> pose_at(const IdleMotion& idle, double t_s) {
  std::vector<float> pose(kKeyframeFloats);
  idle.sample(t_s, pose.data());
  return pose;
}

float closure_at(const IdleMotion& idle, double t_s) {
  return pose_at(idle, t_s)[hostmode::kEyeLidOffset];
}

// Instants at which the lids start to close, and how long they stay off the open position.
struct Blinks {
  std::vector<double> starts_s;
  std::vector<double> durations_s;
};

Blinks blinks_within(const IdleMotion& idle, double duration_s) {
  constexpr double kStep_s = 0.005;
  Blinks blinks;
  bool closed = false;
  for (double t_s = 0; t_s < duration_s; t_s += kStep_s) {
    const bool now_closed = closure_at(idle, t_s) > 0.02F;
    if (now_closed && !closed) blinks.starts_s.push_back(t_s);
    if (!now_closed && closed) blinks.durations_s.push_back(t_s - blinks.starts_s.back());
    closed = now_closed;
  }
  return blinks;
}

}  // namespace

TEST_CASE("test_idle_motion_is_a_pure_function_of_seed_and_time") {
  const IdleMotion a(7);
  const IdleMotion same(7);
  const IdleMotion other(8);
  CHECK(pose_at(a, 12.5) == pose_at(same, 12.5));
  CHECK(pose_at(a, 12.5) != pose_at(other, 12.5));
}

TEST_CASE("test_sample_eyes_agrees_with_the_full_pose") {
  const IdleMotion idle(7);
  for (double t_s = -5; t_s < 30; t_s += 0.037) {
    float eyes[6];
    float lids[2];
    idle.sample_eyes(t_s, eyes, lids);
    const auto pose = pose_at(idle, t_s);
    CHECK(std::equal(eyes, eyes + 6, pose.begin() + hostmode::kEyePoseOffset));
    CHECK(std::equal(lids, lids + 2, pose.begin() + hostmode::kEyeLidOffset));
  }
}

TEST_CASE("test_idle_motion_is_continuous_and_bounded_at_any_time") {
  const IdleMotion idle(9);
  constexpr double kStep_s = 0.001;
  for (const double start_s : {-1e6, -3.0, 0.0, 1e6, 1e9}) {
    auto before = pose_at(idle, start_s);
    for (int i = 1; i < 20000; ++i) {
      const auto pose = pose_at(idle, start_s + i * kStep_s);
      bool smooth = true;
      for (std::size_t k = 0; k < kKeyframeFloats; ++k) {
        // A blink, the fastest motion, closes in some 65 ms: at most 3 % a millisecond.
        smooth = smooth && std::isfinite(pose[k]) && std::abs(pose[k]) <= 1.0F &&
                 std::abs(pose[k] - before[k]) < 0.04F;
      }
      CAPTURE(start_s + i * kStep_s);
      CHECK(smooth);
      before = pose;
    }
  }
}

TEST_CASE("test_idle_motion_of_no_time_is_that_of_the_beginning") {
  const IdleMotion idle(9);
  const auto beginning = pose_at(idle, 0);
  for (const double no_time_s : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300})
    CHECK(pose_at(idle, no_time_s) == beginning);
}

TEST_CASE("test_blinks_come_as_often_and_last_as_long_as_in_people") {
  const IdleMotion idle(10);
  const Blinks blinks = blinks_within(idle, 600.0);
  const double mean_interval_s = 600.0 / static_cast<double>(blinks.starts_s.size());
  CHECK(mean_interval_s > 3.0);
  CHECK(mean_interval_s < 5.0);
  for (const double duration_s : blinks.durations_s) {
    CHECK(duration_s > 0.14);
    CHECK(duration_s < 0.26);
  }
  std::size_t doubles = 0;
  for (std::size_t i = 1; i < blinks.starts_s.size(); ++i) {
    if (blinks.starts_s[i] - blinks.starts_s[i - 1] < 0.4) ++doubles;
  }
  CHECK(doubles > 0);
  CHECK(doubles < blinks.starts_s.size() / 3);
}

TEST_CASE("test_gaze_moves_both_eyes_alike_and_rests_between_saccades") {
  const IdleMotion idle(11);
  std::size_t resting = 0;
  constexpr std::size_t kSamples = 10000;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const double t_s = static_cast<double>(i) * 0.01;
    float eyes[6];
    float later[6];
    float lids[2];
    idle.sample_eyes(t_s, eyes, lids);
    idle.sample_eyes(t_s + 0.01, later, lids);
    CHECK(std::equal(eyes, eyes + 3, eyes + 3));
    if (std::equal(eyes, eyes + 3, later)) ++resting;
  }
  CHECK(resting > kSamples * 9 / 10);
  CHECK(resting < kSamples);
}
