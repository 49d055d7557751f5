#include "listening/staircase.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace hostmode;

namespace {

constexpr double kLook_s = 0.04;

// Sound that goes on at its own pace and jumps by `jump_s` whenever it lags its pace by so much more than
// `lag_s`: always on one side, as stretchers do.
struct Stairs {
  double slope, lag_s, jump_s;
  double base_s = 0;
  double heard_s(double position_s) {
    const double sign = slope < 0 ? -1.0 : 1.0;
    if (sign * (slope * position_s - base_s) > lag_s + jump_s) base_s += sign * jump_s;
    return base_s;
  }
};

double lead_s(Stairs stairs, double length_s) {
  Staircase staircase;
  for (double position_s = 0; position_s < length_s; position_s += kLook_s) {
    staircase.add(position_s, stairs.heard_s(position_s));
  }
  return staircase.lead_s();
}

}  // namespace

TEST_CASE("staircase: small jumps lead to where the next may go, as far as what was heard lags") {
  for (const double slope : {0.03, -0.045}) {
    for (const double length_s : {0.9, 1.6, 3.0}) {
      const double lead = lead_s({slope, 0.0, 0.006}, length_s);
      CHECK(lead * slope >= 0);
      CHECK(std::abs(lead) <= 0.0061);
    }
  }
  // Just before a jump all of it, just after one hardly any.
  Stairs stairs{0.025, 0.0, 0.007};
  Staircase staircase;
  double before = 0, latest_s = 0, most = 0, least = 1;
  for (double position_s = 0; position_s < 3; position_s += kLook_s) {
    const double base_s = stairs.heard_s(position_s);
    if (position_s > 1 && base_s > latest_s) most = std::max(most, before);
    staircase.add(position_s, base_s);
    if (position_s > 1 && base_s > latest_s) least = std::min(least, staircase.lead_s());
    before = staircase.lead_s();
    latest_s = base_s;
  }
  CHECK(most > 0.0045);
  CHECK(least < 0.0015);
}

TEST_CASE("staircase: sound that takes as long as it took, or is resampled, has no lead") {
  for (const double slope : {0.0, 0.05, -0.05}) {
    Staircase staircase;
    for (int i = 0; i < 60; ++i) {
      const double position_s = i * kLook_s, noise_s = i % 2 == 0 ? 0.001 : -0.001;
      staircase.add(position_s, slope * position_s + noise_s);
    }
    CHECK(staircase.lead_s() == 0.0);
  }
  // Jumps to and fro are no stretch.
  Staircase staircase;
  for (int i = 0; i < 60; ++i) staircase.add(i * kLook_s, i / 4 % 2 == 0 ? 0.006 : 0.0);
  CHECK(std::abs(staircase.lead_s()) < 0.001);
}

TEST_CASE("staircase: one jump alone is none") {
  for (const double jump_s : {0.012, -0.012}) {
    Staircase staircase;
    for (int i = 0; i < 40; ++i) {
      staircase.add(i * kLook_s, i < 25 ? 0.0 : jump_s);
      CHECK(staircase.lead_s() == 0.0);
    }
  }
}

TEST_CASE("staircase: what was before sound was moved says nothing") {
  Staircase staircase;
  Stairs stairs{0.06, 0.0, 0.006};
  double position_s = 0;
  for (; position_s < 1.3; position_s += kLook_s) staircase.add(position_s, stairs.heard_s(position_s));
  for (int i = 0; i < 4; ++i) {
    staircase.add(position_s + i * kLook_s, stairs.base_s - 0.027);
    CHECK(staircase.lead_s() == 0.0);
  }
}

TEST_CASE("staircase: what was long ago says nothing, however often it is looked") {
  Staircase staircase;
  Stairs stairs{0.03, 0.0, 0.006};
  double position_s = 0;
  for (; position_s < 1.6; position_s += kLook_s) staircase.add(position_s, stairs.heard_s(position_s));
  for (double later_s = position_s; later_s < position_s + 1.4; later_s += 2 * kLook_s) {
    staircase.add(later_s, stairs.base_s);
  }
  CHECK(staircase.lead_s() == 0.0);
}

TEST_CASE("staircase: a pause adds nothing") {
  Staircase staircase;
  Stairs stairs{0.03, 0.0, 0.006};
  double position_s = 0;
  for (; position_s < 1.5; position_s += kLook_s) staircase.add(position_s, stairs.heard_s(position_s));
  const double lead = staircase.lead_s();
  for (int i = 0; i < 100; ++i) staircase.add(position_s - kLook_s, stairs.base_s + 0.005);
  CHECK(staircase.lead_s() == lead);
}
