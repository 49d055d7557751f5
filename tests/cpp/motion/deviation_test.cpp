#include "motion/deviation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "motion/idle_motion.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

constexpr std::size_t kValue = kExpressionOffset + 3;
constexpr double kPicture_s = 1.0 / 120;

OrdinaryMotion motion_of(std::initializer_list<float> values) {
  OrdinaryMotion motion;
  for (const float value : values) {
    Keyframe keyframe{};
    keyframe.data()[kValue] = value;
    motion.note(keyframe);
  }
  return motion;
}

// Moves by at most 0.2 a keyframe, from -1 to 1.
OrdinaryMotion speech() {
  return motion_of(
      {0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 1.0F, 0.8F, 0.6F, 0.4F, 0.2F, 0.0F, -0.2F, -0.4F, -0.6F, -0.8F, -1.0F});
}

MotionBeneath beneath(const OrdinaryMotion& motion, double transition_s) {
  return {&motion, 1.0, transition_s, transition_s};
}

Deviation::Pose pose_of(float value) {
  Deviation::Pose pose{};
  pose[kValue] = value;
  return pose;
}

float left_of(const Deviation& deviation, double since_s, float base = 0.0F) {
  Deviation::Pose pose = pose_of(base);
  deviation.add_to(pose.data(), since_s, 1.0F);
  return pose[kValue] - base;
}

// The farthest that a value of that deviation moves in a picture, over motion that swings from -1 to 1.
double farthest_step(const Deviation& deviation, double phase) {
  double last = 0.0;
  double farthest = 0.0;
  for (int i = 0; static_cast<double>(i) * kPicture_s <= deviation.longest_s() + 0.1; ++i) {
    const double since_s = i * kPicture_s;
    const auto base = static_cast<float>(std::sin(0.2 * kKeyframeRateHz * since_s + phase));
    const double value = base + left_of(deviation, since_s, base);
    if (i > 0) farthest = std::max(farthest, std::abs(value - last));
    last = value;
  }
  return farthest;
}

}  // namespace

TEST_CASE("a small deviation decays in the time asked for, a larger one takes what the motion leaves it") {
  const OrdinaryMotion motion = speech();
  const auto takes_s = [&](float offset) {
    return Deviation(pose_of(0.0F), pose_of(offset), 0.04, beneath(motion, 0.8)).longest_s();
  };
  CHECK(takes_s(0.01F) == doctest::Approx(0.04));
  CHECK(takes_s(0.2F) == doctest::Approx(1.5 * 0.2 / ((1.5 - 1.09) * 0.2 * 25)));
}

TEST_CASE("a deviation from motion that hardly moves is gone after the time asked for") {
  const OrdinaryMotion motion = motion_of({0.0003F, 0.0003F, 0.0003001F, 0.0003002F, 0.0003001F, 0.0003F});
  for (const float offset : {0.03F, -0.2F, 2e-6F}) {
    CAPTURE(offset);
    const Deviation deviation(pose_of(0.0003F), pose_of(offset), 0.32, beneath(motion, 0.32));
    CHECK(std::abs(left_of(deviation, 0.36, 0.0003F)) < kInvisible);
  }
}

TEST_CASE("over idle, and where nothing is known, it takes the time asked for") {
  CHECK(Deviation(pose_of(0.0F), pose_of(0.5F), 0.04, {nullptr, 1.0, 0.8, 0.8}).longest_s() ==
        doctest::Approx(0.04));
  const OrdinaryMotion still;
  CHECK(Deviation(pose_of(0.0F), pose_of(0.5F), 0.0, beneath(still, 0.8)).longest_s() == 0.0);
}

TEST_CASE("whatever it begins with, deviation and motion together stay below the fastest that may be seen") {
  const OrdinaryMotion motion = speech();
  for (const double transition_s : {0.1, 0.3, 0.6, 1.2}) {
    for (int from = -10; from <= 10; ++from) {
      for (int phase = 0; phase < 24; ++phase) {
        const double at = 0.2618 * phase;
        const auto base = static_cast<float>(std::sin(at));
        const float offset = 0.1F * static_cast<float>(from) - base;
        const Deviation deviation(pose_of(base), pose_of(offset), transition_s,
                                  beneath(motion, transition_s));
        const double most = std::max(1.5 * 0.2 * 25, 1.5 * 2.0 / transition_s) * kPicture_s;
        REQUIRE(farthest_step(deviation, at) <= most);
      }
    }
  }
}

// From one swing into another a curve all but stands still at both ends, and is the steeper between them.
TEST_CASE("motion that jumps leaves less to its deviation") {
  const OrdinaryMotion motion = motion_of({0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 0.4F, 0.2F, 0.0F, -0.2F});
  const Deviation deviation(pose_of(0.0F), pose_of(0.2F), 0.04, beneath(motion, 0.8));
  CHECK(deviation.longest_s() == doctest::Approx(1.5 * 0.2 / ((1.5 - 1.25) * 0.4 * 25)));
}

TEST_CASE("a jump that is still to be shown leaves less to a deviation than one that has been") {
  const OrdinaryMotion motion = motion_of({0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 0.4F, 0.2F, 0.0F, -0.2F});
  MotionBeneath under = beneath(motion, 0.1);
  const double most = 1.5 * 1.0 / 0.1;  // the transition's, which is faster than the motion
  CHECK(Deviation(pose_of(0.0F), pose_of(0.2F), 0.01, under).longest_s() ==
        doctest::Approx(1.5 * 0.2 / (most - 1.25 * 0.4 * 25)));
  under.ahead[kValue] = 0.55F;
  CHECK(Deviation(pose_of(0.0F), pose_of(0.2F), 0.01, under).longest_s() ==
        doctest::Approx(1.5 * 0.2 / (most - 0.55 * 25)));
  under.pace = 1.02;
  CHECK(Deviation(pose_of(0.0F), pose_of(0.2F), 0.01, under).longest_s() ==
        doctest::Approx(1.5 * 0.2 / (most - 1.02 * 0.55 * 25)));
}

TEST_CASE("what else moves a value leaves less to its deviation") {
  const OrdinaryMotion motion = speech();
  MotionBeneath under = beneath(motion, 0.8);
  under.besides[kValue] = 1.0F;
  CHECK(Deviation(pose_of(0.0F), pose_of(0.1F), 0.04, under).longest_s() ==
        doctest::Approx(1.5 * 0.1 / ((1.5 - 1.09) * 0.2 * 25 - 1.0)));
  under.pace = 0.0;  // at its last keyframe, from where it goes to idle
  CHECK(Deviation(pose_of(0.0F), pose_of(0.5F), 0.04, under).longest_s() ==
        doctest::Approx(1.5 * 0.5 / (1.5 * 0.2 * 25 - 1.0)));
}

TEST_CASE("a value that is held goes over more slowly where the motion turns out to reach farther") {
  const OrdinaryMotion near = motion_of({0.0F, 0.2F, 0.4F, 0.2F, 0.0F, 0.2F, 0.4F});
  const OrdinaryMotion far =
      motion_of({0.0F, 0.2F, 0.4F, 0.2F, 0.0F, -0.2F, -0.4F, -0.6F, -0.8F, -1.0F, -0.8F});
  const Deviation first(pose_of(0.0F), pose_of(0.9F), 0.3, beneath(near, 0.3));
  const auto goes_on = [&](float offset, const OrdinaryMotion& motion, bool& changes) {
    return Deviation(first, 0.05, 1.0F, pose_of(0.0F), pose_of(offset), 0.04, beneath(motion, 0.3), changes);
  };
  bool changes = true;
  const float left = left_of(first, 0.05);
  CHECK(goes_on(left, near, changes).longest_s() == doctest::Approx(first.longest_s() - 0.05));
  CHECK_FALSE(changes);
  // From 0.9 to -1 instead of to 0.
  const double slower_s = (1.0 - 0.05 / first.longest_s()) * first.longest_s() * 1.9 / 0.9;
  CHECK(goes_on(left, far, changes).longest_s() == doctest::Approx(slower_s));
  CHECK(changes);
  changes = false;
  CHECK(goes_on(left - 0.01F, far, changes).longest_s() == doctest::Approx(slower_s).epsilon(0.02));
  CHECK(changes);
}

TEST_CASE("a deviation yields to idle with its motion, but a value that is held goes over into either") {
  const OrdinaryMotion motion = speech();
  const Deviation decays(pose_of(0.0F), pose_of(0.2F), 0.04, beneath(motion, 0.8));
  const Deviation held(pose_of(1.0F), pose_of(-1.9F), 0.04, beneath(motion, 0.3));
  for (const float share : {0.0F, 0.3F, 1.0F}) {
    CAPTURE(share);
    Deviation::Pose pose = pose_of(0.1F);
    decays.add_to(pose.data(), 0.0, share);
    CHECK(pose[kValue] == doctest::Approx(0.1 + share * 0.2));
    pose = pose_of(0.1F);
    held.add_to(pose.data(), 0.0, share);
    CHECK(pose[kValue] == doctest::Approx(-0.9));
  }
  // The lid of a stream that runs out within a keyframe interval while idle motion has shut it.
  float last = -0.9F;
  for (double since_s = 0.0; since_s < held.longest_s(); since_s += kPicture_s) {
    const auto out = static_cast<float>(std::min(since_s / kKeyframeInterval_s, 1.0));
    const float idle = out * out * (3 - 2 * out);
    Deviation::Pose pose = pose_of(idle);
    held.add_to(pose.data(), since_s, 1.0F - idle);
    CHECK(std::abs(pose[kValue] - last) < 1.5 * 1.9 * kPicture_s / 0.3);
    last = pose[kValue];
  }
}

TEST_CASE(
    "a gaze that is held is no faster where its motion runs out into one that has wandered the other way") {
  constexpr std::size_t kGaze = kEyePoseOffset + 4;
  OrdinaryMotion motion;
  for (const float value : {0.0F, 0.008F, 0.016F, 0.024F}) {
    Keyframe keyframe{};
    keyframe.data()[kGaze] = value;
    motion.note(keyframe);
  }
  for (const double transition_s : {0.2, 0.371, 0.9, 1.4}) {
    for (const double held : {-0.062, 0.05, -0.03}) {
      CAPTURE(transition_s);
      CAPTURE(held);
      const double idle = held < 0 ? IdleMotion::highest(kGaze) : IdleMotion::lowest(kGaze);
      Deviation::Pose base{};
      Deviation::Pose offset{};
      base[kGaze] = 0.024F;
      offset[kGaze] = static_cast<float>(held) - base[kGaze];
      MotionBeneath runs_out = beneath(motion, transition_s);
      runs_out.pace = 0.0;
      runs_out.besides[kGaze] = static_cast<float>(kEaseSpeed * std::abs(idle - 0.024) / transition_s);
      const Deviation deviation(base, offset, 0.04, runs_out);

      double last = held;
      double farthest = 0.0;
      for (int i = 1; i * kPicture_s <= deviation.longest_s() + transition_s; ++i) {
        const double x = std::min(1.0, i * kPicture_s / transition_s);
        Deviation::Pose pose{};
        pose[kGaze] = static_cast<float>(0.024 + x * x * (3 - 2 * x) * (idle - 0.024));
        deviation.add_to(pose.data(), i * kPicture_s, 1.0F);
        farthest = std::max(farthest, std::abs(pose[kGaze] - last));
        last = pose[kGaze];
      }
      const double range = std::max(held, IdleMotion::highest(kGaze)) - IdleMotion::lowest(kGaze);
      const double most = std::max(1.5 * 0.008 * kKeyframeRateHz, kEaseSpeed * range / transition_s);
      CHECK(farthest <= most * kPicture_s + 1e-6);
      CHECK(last == doctest::Approx(idle));
    }
  }
}

TEST_CASE("one that goes on does so as it did") {
  const OrdinaryMotion motion = speech();
  for (const float offset : {0.2F, 1.9F}) {  // decays; is held
    CAPTURE(offset);
    const Deviation first(pose_of(-0.9F), pose_of(offset), 0.3, beneath(motion, 0.3));
    bool changes = true;
    const Deviation second(first, 0.1, 1.0F, pose_of(-0.9F), pose_of(left_of(first, 0.1, -0.9F)), 0.04,
                           beneath(motion, 0.3), changes);
    CHECK_FALSE(changes);
    for (const double since_s : {0.0, 0.05, 0.15}) {
      CHECK(left_of(second, since_s, -0.9F) ==
            doctest::Approx(left_of(first, 0.1 + since_s, -0.9F)).epsilon(1e-4));
    }
  }
}

TEST_CASE("a value that was held goes on as fast as it did where what is beneath it jumps away") {
  const OrdinaryMotion motion = speech();
  const Deviation first(pose_of(-0.9F), pose_of(1.9F), 0.3, beneath(motion, 0.3));
  constexpr double kMoment_s = 1e-4;
  for (const double progress : {0.75, 0.85, 0.95}) {
    const double since_s = progress * first.longest_s();
    const double speed =
        (left_of(first, since_s + kMoment_s, -0.9F) - left_of(first, since_s, -0.9F)) / kMoment_s;
    for (const float jump : {-0.1F, 0.1F, 0.3F}) {
      CAPTURE(progress);
      CAPTURE(jump);
      const float base = -0.9F + jump;
      bool changes = false;
      const Deviation second(first, since_s, 1.0F, pose_of(base),
                             pose_of(left_of(first, since_s, -0.9F) - jump), 0.3, beneath(motion, 0.3),
                             changes);
      CHECK(changes);
      const double goes_on = (left_of(second, kMoment_s, base) - left_of(second, 0.0, base)) / kMoment_s;
      CHECK(std::abs(goes_on - speed) < 0.05);
    }
  }
}

TEST_CASE("steps that come again and again do not add up") {
  const OrdinaryMotion motion = speech();
  const MotionBeneath under = beneath(motion, 0.8);
  Deviation deviation(pose_of(0.0F), pose_of(0.1F), 0.04, under);
  for (int i = 0; i < 20; ++i) {
    const float left = left_of(deviation, 0.04);
    const float sooner = left_of(deviation, 0.04 - kPicture_s);
    REQUIRE(std::abs(sooner - left) <= (1.5 - 1.09) * 0.2 * 25 * kPicture_s + 1e-5);
    bool changes = false;
    deviation = Deviation(deviation, 0.04, 1.0F, pose_of(0.0F), pose_of(left + 0.05F), 0.04, under, changes);
    REQUIRE(changes);
  }
}

TEST_CASE("motion that turns out to be faster slows a deviation that goes on") {
  const OrdinaryMotion one = motion_of({0.3F});
  const OrdinaryMotion speech_to_come = speech();
  const Deviation first(pose_of(0.3F), pose_of(-0.25F), 0.3, {&one, 1.0, 0.3, 0.3});
  CHECK(first.longest_s() == doctest::Approx(0.3));
  bool changes = false;
  const Deviation second(first, 0.1, 1.0F, pose_of(0.3F), pose_of(left_of(first, 0.1, 0.3F)), 0.0,
                         {&speech_to_come, 1.4, 0.3, 1.0}, changes);
  CHECK(changes);
  CHECK(second.longest_s() > 0.2 + 1e-3);
  CHECK(left_of(second, 0.0, 0.3F) == doctest::Approx(left_of(first, 0.1, 0.3F)));
}

TEST_CASE("a movement is as fast as two steps in a row, and one step alone is none but at first") {
  const auto fastest = [](std::initializer_list<float> values) { return motion_of(values).fastest(kValue); };
  CHECK(fastest({0.0F, 0.1F, 0.3F, 0.6F}) == doctest::Approx(0.2));
  CHECK(fastest({0.0F, 0.1F, 0.2F, 1.2F, 1.3F}) == doctest::Approx(0.1));
  CHECK(fastest({0.0F, 1.0F}) == 1.0F);
  CHECK(fastest({0.0F, 1.0F, 1.0F}) == 0.0F);
}

}  // namespace hostmode
