#include "motion/tangents.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace hostmode;

TEST_CASE("test_slope_within_a_stream_is_that_of_the_cardinal_spline_cut_after_the_second_neighbour") {
  const double near = 3 / (2 + std::sqrt(3.0));
  CHECK(tangent({{0, 0, 0, 1, 0}, 2, 2}) == doctest::Approx(near));
  CHECK(tangent({{0, 1, 0, 0, 0}, 2, 2}) == doctest::Approx(-near));
  CHECK(tangent({{0, 0, 0, 0, 1}, 2, 2}) == doctest::Approx((1 - 2 * near) / 4));
  CHECK(tangent({{1, 0, 0, 0, 0}, 2, 2}) == doctest::Approx((2 * near - 1) / 4));
}

TEST_CASE("test_slope_of_what_rises_evenly_is_that_rise_however_many_neighbours_there_are") {
  for (int before = 0; before <= 2; ++before) {
    for (int after = 0; after <= 2; ++after) {
      const float rise = before + after > 0 ? 3.0F : 0.0F;
      CHECK(tangent({{-6, -3, 0, 3, 6}, before, after}) == doctest::Approx(rise));
    }
  }
}
