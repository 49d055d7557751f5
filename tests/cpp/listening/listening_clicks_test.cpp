#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "listening/heard_line.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("listening: a short word is not told by one look") {
  const Sound sent = silence(0.8) + made_speech(1, 0.2) + silence(0.6);
  const auto frames = frames_of(sent);
  Listening listening(kRateHz);
  const Sound track = silence(0.5) + sent;
  listening.hear(track.data(), track.size());
  for (std::size_t i = 0; i < frames.size(); ++i) listening.expect(static_cast<std::int64_t>(i), frames[i]);
  for (int look = 0; look < 2; ++look) CHECK_FALSE(listening.find(0.2, 0.8));
}

TEST_CASE("listening: clicks that a codec has blurred are found, several of them") {
  const double base_s = kBegun_s + 0.1, kBlurred_s = 0.015;
  const std::vector<double> times_s = {0.1, 0.35, 0.62, 0.95, 1.2, 1.53, 1.75, 2.1, 2.4};
  const Sound sent = clicks(times_s, 0.01), track = clicks(times_s, kBlurred_s);
  const auto found = Line(sent).hear(silence(base_s) + track);
  REQUIRE(found.size() > 5);
  for (const Finding& one : found) CHECK(error_s(one, base_s) < 0.015);
  const Sound others = clicks({0.2, 0.41, 0.77, 0.9, 1.31, 1.45, 1.9, 2.0, 2.33}, kBlurred_s);
  CHECK(Line(sent).hear(silence(base_s) + others).empty());
}

TEST_CASE(
    "listening: clicks too far apart to be compared together are found once two lie where one place has "
    "them") {
  const double base_s = kBegun_s + 0.1;
  const auto found = [&](const std::vector<double>& heard_s) {
    return Line(clicks({0.3, 1.4}, 0.01)).hear(silence(base_s) + clicks(heard_s, 0.01));
  };
  const auto there = found({0.3, 1.4});
  REQUIRE(!there.empty());
  for (const Finding& one : there) CHECK(error_s(one, base_s) < 0.01);
  // One alone is told by nothing, however often it is looked at, nor are two that are otherwise apart.
  CHECK(there.front().heard_s > base_s + 1.4);
  CHECK(found({0.3, 1.42}).empty());
  CHECK(found({0.3}).empty());
}

TEST_CASE("listening: two clicks close together are one sound, that alone is told by nothing") {
  const double base_s = kBegun_s + 0.1;
  const auto found = [&](const std::vector<double>& times_s, double length_s) {
    return Line(clicks(times_s, 0.01)).hear(silence(base_s) + clicks(times_s, length_s));
  };
  for (const double apart_s : {0.05, 0.06, 0.08}) {
    const std::vector<double> times_s = {0.3, 0.3 + apart_s, 1.4, 1.4 + apart_s};
    const auto there = found(times_s, 0.01);
    REQUIRE(!there.empty());
    CHECK(there.front().heard_s > base_s + 1.4);
    for (const Finding& one : there) CHECK(error_s(one, base_s) < 0.01);
    CHECK(found({0.3, 0.3 + apart_s}, 0.01).empty());
    // What is that much blurred is told by several only.
    CHECK(found(times_s, 0.02).empty());
  }
}
