#include "motion/blend_pace.h"

#include <doctest/doctest.h>

#include <array>
#include <initializer_list>

#include "motion/ordinary_step.h"

namespace hostmode {
namespace {

// Of a blend of 40 ms by that offset, over speech of that fastest step, where a transition takes 0.4 s.
double longest_s(float offset, float step) {
  Keyframe offsets{};
  offsets.expression[3] = offset;
  Keyframe steps{};
  steps.expression[3] = step;
  std::array<float, kKeyframeFloats> pace;
  return pace_blend(offsets.data(), steps, 0.04, 0.4, pace.data());
}

float fastest(std::initializer_list<float> values) {
  OrdinaryStep steps;
  for (const float value : values) {
    Keyframe keyframe{};
    keyframe.jaw_pose[0] = value;
    steps.note(keyframe);
  }
  return steps.fastest().jaw_pose[0];
}

}  // namespace

TEST_CASE("a small blend takes as long as it was given, and a large one what speech leaves it") {
  CHECK(longest_s(0.02F, 0.2F) == doctest::Approx(0.04));
  CHECK(longest_s(-0.2F, 0.2F) == doctest::Approx(0.12));  // half of a step an interval, at most 1.5 of it
  CHECK(longest_s(0.05F, 0.03F) == doctest::Approx(0.2));
}

TEST_CASE(
    "no blend takes longer than a transition, nor than was given where nothing is known of the speech") {
  CHECK(longest_s(0.5F, 0.01F) == doctest::Approx(0.4));
  CHECK(longest_s(0.5F, 0.0F) == doctest::Approx(0.04));
}

TEST_CASE("a blend is slowed value by value") {
  Keyframe offsets{};
  offsets.expression[0] = 0.01F;
  offsets.expression[1] = 0.3F;
  offsets.expression[2] = 0.2F;
  Keyframe steps{};
  steps.expression[0] = steps.expression[1] = steps.expression[2] = 0.3F;
  std::array<float, kKeyframeFloats> pace;
  CHECK(pace_blend(offsets.data(), steps, 0.06, 0.4, pace.data()) == doctest::Approx(0.12));
  CHECK(pace[kExpressionOffset] == 1.0F);
  CHECK(pace[kExpressionOffset + 1] == doctest::Approx(0.5));
  CHECK(pace[kExpressionOffset + 2] == doctest::Approx(0.75));
  CHECK(pace[kExpressionOffset + 3] == 1.0F);
}

TEST_CASE("a movement is as fast as two steps in a row, and one step alone is none") {
  CHECK(fastest({0.0F, 0.1F, 0.3F, 0.6F}) == doctest::Approx(0.2));
  CHECK(fastest({0.0F, 0.1F, 0.2F, 1.2F, 1.3F}) == doctest::Approx(0.1));
  CHECK(fastest({0.0F, 1.0F}) == 0.0F);
}

}  // namespace hostmode
