#include "motion/seam_easer.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace hostmode {
namespace {

std::vector<float> eased(const std::vector<float>& values) {
  SeamEaser seams;
  std::vector<float> result;
  for (const float value : values) {
    Keyframe keyframe{};
    keyframe.expression[0] = value;
    seams.ease(keyframe);
    result.push_back(keyframe.expression[0]);
  }
  return result;
}

}  // namespace

TEST_CASE("what a seam exceeds the usual by is spread over two keyframes, two thirds and one third") {
  // Four times the step before, 0.4, is usual: 0.6 of the step of 1 is not.
  const std::vector<float> result = eased({0.0F, 0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 1.5F, 1.6F, 1.7F});
  CHECK(result[5] == doctest::Approx(0.5));
  CHECK(result[6] == doctest::Approx(1.5 - 0.4));
  CHECK(result[7] == doctest::Approx(1.6 - 0.2));
  CHECK(result[8] == doctest::Approx(1.7));
}

TEST_CASE("a movement that gathers speed is no seam, nor is a first step") {
  const std::vector<float> gathers = {0.0F, 0.1F, 0.2F, 0.3F, 0.4F, 0.7F, 1.4F, 2.5F};
  CHECK(eased(gathers) == gathers);
  const std::vector<float> begins = {0.0F, 1.0F, 1.1F, 1.2F};
  CHECK(eased(begins) == begins);
}

}  // namespace hostmode
