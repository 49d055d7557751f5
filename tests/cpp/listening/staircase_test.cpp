#include "listening/staircase.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace hostmode;

namespace {

constexpr double kLook_s = 0.04;

// Sound that goes on as it was, and jumps by `jump_s` whenever it lags behind its line by so much more than
// `lag_s`.
struct Stairs {
  double slope, lag_s, jump_s;
  double base_s = 0;
  double heard_s(double position_s) {
    const double sign = slope < 0 ? -1.0 : 1.0;
    if (sign * (slope * position_s - base_s) > lag_s + jump_s) base_s += sign * jump_s;
    return base_s;
  }
};

// How far from a line through 0 what was heard lies, and what was told.
struct Off {
  double slope;  // of the line
  Staircase staircase{};
  double told_s = 0, heard_s = 0;  // most
  void hear(double position_s, double base_s) {
    staircase.add(position_s, base_s);
    const double at_s = position_s + base_s;
    const double off_s = staircase.told(at_s, {position_s, 0.0}).position_s - at_s / (1 + slope);
    told_s = std::max(told_s, std::abs(off_s));
    heard_s = std::max(heard_s, std::abs(base_s - slope * position_s));
  }
};

double told_s(const Staircase& staircase, double position_s, double base_s) {
  return staircase.told(position_s + base_s, {position_s, 0.0}).position_s - position_s;
}

}  // namespace

TEST_CASE("staircase: where sound jumps the line is told about which it does") {
  for (const double slope : {0.04, -0.035, 0.05, -0.05}) {
    for (const double jump_s : {0.007, 0.011}) {
      // Pieces lie from 7.5 ms behind the line to where a jump takes them.
      Stairs stairs{slope, 0.0075 - jump_s, jump_s};
      Off off{slope};
      for (double position_s = 0; position_s < 6; position_s += kLook_s) {
        if (std::abs(position_s - 1) < kLook_s / 2) CHECK(std::exchange(off.told_s, 0.0) < 0.0085);
        off.hear(position_s, stairs.heard_s(position_s));
      }
      CHECK(off.heard_s > 0.0065);
      CHECK(off.told_s < 0.005);
      CHECK(std::abs(off.staircase.told(6.2, {5.9, 0.0}).slope - slope) < 0.002);
      // It goes on in a pause, in which nothing is heard of it.
      const double later_s = 8.0 / (1 + slope);
      CHECK(std::abs(off.staircase.told(8.0, {later_s + 0.02, 0.0}).position_s - later_s) < 0.006);
    }
  }
}

TEST_CASE("staircase: jumps to both sides of a line are told by their middle") {
  for (const double aside_s : {0.006, 0.009}) {
    Off off{0.0};
    for (int i = 0; i < 120; ++i) {
      if (i == 60) off.told_s = 0;
      off.hear(i * kLook_s, i / 3 % 2 == 0 ? aside_s : -aside_s);
    }
    CHECK(off.told_s < 0.4 * aside_s);
  }
}

TEST_CASE("staircase: a piece that is far off hardly moves the line") {
  Off off{0.03};
  for (int i = 0; i < 100; ++i) {
    if (i == 60) off.told_s = 0;
    const double aside_s = i % 10 == 7 ? 0.022 : i / 2 % 2 == 0 ? 0.003 : -0.003;
    off.hear(i * kLook_s, 0.03 * i * kLook_s + aside_s - 0.003);
  }
  CHECK(off.told_s < 0.0015);
}

TEST_CASE("staircase: sound that takes as long as it took, or is resampled, is told as it is heard") {
  for (const double slope : {0.0, 0.05, -0.05}) {
    Staircase staircase;
    for (int i = 0; i < 150; ++i) {
      const double position_s = i * kLook_s, noise_s = i % 2 == 0 ? 0.001 : -0.001;
      const double base_s = slope * position_s + noise_s;
      staircase.add(position_s, base_s);
      const double off_s = std::abs(told_s(staircase, position_s, base_s));
      CHECK(off_s <= (slope == 0.0 ? 0.0 : 0.003));
      if (position_s > 1.6) CHECK(off_s == 0.0);
    }
  }
}

TEST_CASE("staircase: one jump alone is followed at once") {
  for (const double jump_s : {0.012, -0.012, 0.024}) {
    Staircase staircase;
    for (int i = 0; i < 160; ++i) {
      const double base_s = i < 35 ? 0.0 : jump_s;
      staircase.add(i * kLook_s, base_s);
      CHECK(told_s(staircase, i * kLook_s, base_s) == 0.0);
    }
  }
}

TEST_CASE("staircase: sound that was moved is followed, at once where that was by much") {
  for (const double moved_s : {0.027, -0.06}) {
    Staircase staircase;
    Stairs stairs{0.04, 0.0, 0.009};
    double position_s = 0;
    for (; position_s < 4; position_s += kLook_s) staircase.add(position_s, stairs.heard_s(position_s));
    const double base_s = 0.04 * position_s + moved_s;
    staircase.add(position_s, base_s);
    CHECK(told_s(staircase, position_s, base_s) == 0.0);
  }
  // By less: once that has stayed for a while.
  for (const double moved_s : {0.016, -0.02}) {
    Staircase staircase;
    Stairs stairs{0.04, -0.005, 0.01};
    double position_s = 0, off_s = 0;
    for (; position_s < 7; position_s += kLook_s) {
      const double moved_by_s = position_s > 4 ? moved_s : 0.0;
      const double base_s = stairs.heard_s(position_s) + moved_by_s;
      staircase.add(position_s, base_s);
      const double told_base_s = base_s - told_s(staircase, position_s, base_s) * 1.04;
      if (position_s > 4.6) off_s = std::max(off_s, std::abs(told_base_s - 0.04 * position_s - moved_by_s));
    }
    CHECK(off_s < 0.009);
  }
}

TEST_CASE("staircase: what was long ago says nothing, however seldom or often it is looked") {
  for (const double look_s : {0.1, 0.01}) {
    Staircase staircase;
    for (int i = 0; i * look_s < 6; ++i) staircase.add(i * look_s, i * look_s < 3 ? 0.006 : -0.002);
    for (int i = 0; i * look_s < 4; ++i) staircase.add(6 + i * look_s, i % 2 == 0 ? 0.005 : 0.0);
    CHECK(told_s(staircase, 10.0, 0.004) != 0.0);
    for (int i = 0; i * look_s < 5.3; ++i) staircase.add(10 + i * look_s, 0.004);
    CHECK(told_s(staircase, 15.3, 0.004) == 0.0);
  }
}

TEST_CASE("staircase: a pause adds nothing") {
  Staircase staircase;
  Stairs stairs{0.03, 0.0, 0.006};
  double position_s = 0;
  for (; position_s < 1.5; position_s += kLook_s) staircase.add(position_s, stairs.heard_s(position_s));
  const double told = staircase.told(2.0, {1.9, 0.0}).position_s;
  for (int i = 0; i < 100; ++i) staircase.add(position_s - kLook_s, stairs.base_s + 0.005);
  CHECK(staircase.told(2.0, {1.9, 0.0}).position_s == told);
}

TEST_CASE("staircase: what was heard for less than a second says little of its slope") {
  Staircase staircase;
  CHECK(staircase.slope_doubt() == 0.0);
  for (int i = 0; i < 30; ++i) {
    staircase.add(i * kLook_s, 0.0);
    CHECK(staircase.slope_doubt() == (i * kLook_s < 0.999 ? 0.03 : 0.0));
  }
}
