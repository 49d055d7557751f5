#include "playback/sound_tie.h"

#include <doctest/doctest.h>

#include <cmath>

#include "listening/place_line.h"

using hostmode::PlaceLine;
using hostmode::SoundTie;

TEST_CASE("a small correction is slewed by a tenth of the time and then holds") {
  SoundTie tie;
  CHECK_FALSE(tie.place(10.0, 1.0, 1.0, 10.0, 0.95));
  CHECK(tie.position_s(10.0) == doctest::Approx(0.95));
  CHECK(tie.position_s(10.2) == doctest::Approx(1.2 - 0.05 + 0.02));
  CHECK(tie.position_s(11.0) == doctest::Approx(2.0));
}

TEST_CASE("a correction that is too large to slew is a jump, told to whoever blends it") {
  SoundTie tie;
  CHECK(tie.place(10.0, 1.0, 1.0, 10.0, 0.8));
  CHECK(tie.position_s(10.0) == doctest::Approx(1.0));
}

TEST_CASE("what was found goes on at its pace for a second, and then as sound does") {
  SoundTie tie;
  CHECK(tie.place(10.0, 1.0, 0.95, 10.0, 0.0));
  CHECK(tie.position_s(11.0) == doctest::Approx(1.95));
  CHECK(tie.position_s(13.0) == doctest::Approx(3.95));
  for (const double at_s : {8.0, 10.5, 12.0})
    CHECK(tie.time_of(tie.position_s(at_s)) == doctest::Approx(at_s));
}

TEST_CASE("a line through places knows how steep it is, and doubts that the more, the less it was told") {
  PlaceLine line;
  CHECK(line.empty());
  for (int i = 0; i < 25; ++i) line.add({0.04 * i, 0.3 + 0.05 * 0.04 * i, 0.05, 0.05});
  CHECK(std::abs(line.slope() - 0.05) < 0.0005);
  CHECK(std::abs(line.base_s(2.0) - 0.4) < 0.001);
  CHECK(std::abs(line.position_s(2.4) - 2.0) < 0.001);
  PlaceLine fresh;
  fresh.add({0.1, 0.3, 0.0, 0.005});
  CHECK(fresh.slope_doubt() > 0.02);
  CHECK(fresh.slope_doubt() > line.slope_doubt());
}
