#include "motion/keyframe_times.h"

#include <doctest/doctest.h>

#include <cmath>

namespace hostmode {
namespace {

TEST_CASE("keyframes come 25 a second") {
  const KeyframeTimes times;
  CHECK(times.time_of(50.0) == doctest::Approx(2.0));
  CHECK(times.position_at(2.0) == doctest::Approx(50.0));
  CHECK(times.position_at(-1.0) == doctest::Approx(-25.0));
  CHECK(std::isnan(times.position_at(std::nan(""))));
}

TEST_CASE("a sentence that begins sooner has caught up after twelve keyframes, at most a twelfth faster") {
  for (const double sooner_s : {0.0, 0.001, 0.017, 0.0399}) {
    CAPTURE(sooner_s);
    KeyframeTimes times;
    const double begins_s = 2.0 - sooner_s;
    times.begin_sentence(50, begins_s);
    for (const double position : {0.0, 12.5, 49.0}) {
      CHECK(times.time_of(position) == doctest::Approx(position / 25.0));
    }
    for (const double after : {12.0, 13.0, 400.0}) {
      CHECK(times.time_of(50.0 + after) == doctest::Approx(begins_s + after / 25.0));
    }
    for (double media_s = 1.8; media_s < 2.5; media_s += 0.005) {
      const double speed = (times.position_at(media_s + 0.005) - times.position_at(media_s)) / 0.005;
      CHECK(speed > 24.999);
      CHECK(speed < 25.0 * 1.0834);
      CHECK(times.time_of(times.position_at(media_s)) == doctest::Approx(media_s));
    }
  }
}

TEST_CASE("sentences of one keyframe go on catching up, and time never stands still") {
  KeyframeTimes times;
  double begins_s = 0.0;
  for (std::size_t index = 1; index < 40; ++index) {
    const double last_s = times.time_of(static_cast<double>(index) - 1.0);
    begins_s = last_s + 0.011;
    times.begin_sentence(index, begins_s);
    CHECK(times.time_of(static_cast<double>(index)) > last_s);
  }
  CHECK(times.time_of(39.0 + 12.0) == doctest::Approx(begins_s + 12.0 / 25.0));
}

TEST_CASE("what was shown is let go, and what comes is where it was") {
  KeyframeTimes times;
  times.begin_sentence(25, 0.97);
  times.begin_sentence(50, 1.93);
  times.begin_sentence(75, 2.91);
  KeyframeTimes kept = times;
  kept.let_go(60.0);
  for (double position = 60.0; position < 100.0; position += 0.5) {
    CHECK(kept.time_of(position) == doctest::Approx(times.time_of(position)));
    CHECK(kept.position_at(times.time_of(position)) == doctest::Approx(position));
  }
}

}  // namespace
}  // namespace hostmode
