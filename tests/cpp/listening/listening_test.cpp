#include "listening/listening.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "listening/heard_line.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("listening: what was sent is found where it lies, late and stretched") {
  for (const auto& [stretch, delay_s] : {std::pair{0.95, 0.0}, {1.0, 0.083}, {1.0, 0.5}, {1.05, 0.317}}) {
    const Sound sent = made_speech(1, 2.4);
    const double base_s = kBegun_s + delay_s;
    const auto found = Line(sent).hear(silence(base_s) + stretched(sent, stretch));
    REQUIRE(found.size() > 15);
    // A quarter of a second is compared, and no less.
    CHECK(found.front().heard_s > base_s + 0.24 * stretch);
    CHECK(found.front().heard_s < base_s + 1.0);
    CHECK(std::abs(found.front().place.stretch - stretch) < 0.007);
    for (const Finding& one : found) CHECK(error_s(one, base_s, stretch) < 0.01);
  }
}

TEST_CASE("listening: what is 6 % longer or shorter is found through a codec") {
  for (const auto& [seed, stretch] : {std::pair{1U, 0.94}, {5U, 0.94}, {2U, 1.06}, {5U, 1.06}}) {
    const Sound sent = made_speech(seed, 3.0);
    const double base_s = kBegun_s + 0.1;
    const auto found = Line(sent).hear(noisy(silence(base_s) + stretched(sent, stretch), kCodec / 2, seed));
    REQUIRE(found.size() > 15);
    for (const Finding& one : found) CHECK(error_s(one, base_s, stretch) < 0.005);
  }
}

TEST_CASE("listening: however long nothing was said before, it is found at the right time") {
  const Sound sent = made_speech(2, 3.0);
  Line line(sent);
  Sound before = silence(20 * 0.04);
  for (int i = 0; i < 12; ++i) line.listening.hear(before.data(), before.size());
  std::vector<Finding> found;
  const auto frames = frames_of(sent);
  const double begun_s = 12 * 0.8;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    line.listening.hear(sent.data() + i * kFrame, kFrame);
    line.listening.expect(static_cast<std::int64_t>(i), frames[i]);
    if (i % 2 == 1) continue;
    const double heard_s = begun_s + static_cast<double>(i + 1) / 25;
    if (const auto place = line.listening.find(begun_s - 0.3, begun_s + 0.3))
      found.push_back({heard_s, *place});
  }
  REQUIRE(found.size() > 15);
  for (const Finding& one : found) CHECK(error_s(one, begun_s) < 0.005);
}

TEST_CASE("listening: however late in a call, what is longer or shorter is found at the right time") {
  const double begun_s = 100;
  const Sound before = silence(1.0);
  for (const double stretch : {0.95, 1.05}) {
    const Sound sent = made_speech(3, 3.0), track = stretched(sent, stretch);
    const auto frames = frames_of(sent);
    Listening listening(kRateHz);
    for (int i = 0; i < begun_s; ++i) listening.hear(before.data(), before.size());
    std::vector<Finding> found;
    for (std::size_t i = 0; i < track.size() / kFrame; ++i) {
      listening.hear(track.data() + i * kFrame, kFrame);
      if (i < frames.size()) listening.expect(static_cast<std::int64_t>(i), frames[i]);
      const double heard_s = begun_s + static_cast<double>(i + 1) / 25;
      const auto place = i % 2 == 0 ? listening.find(begun_s - 0.3, begun_s + 0.3) : std::nullopt;
      if (place) found.push_back({heard_s, *place});
    }
    REQUIRE(found.size() > 25);
    for (const Finding& one : found) CHECK(error_s(one, begun_s, stretch) < 0.003);
  }
}

TEST_CASE("listening: a place that was found goes on with time through a pause") {
  const Sound sent = made_speech(3, 1.6) + silence(1.0);
  for (const double stretch : {0.95, 1.05}) {
    const double base_s = kBegun_s + 0.2;
    const auto found = Line(sent).hear(silence(base_s) + stretched(sent, stretch));
    REQUIRE(!found.empty());
    CHECK(found.back().heard_s > base_s + 1.6 * stretch + 0.3);
    for (const Finding& one : found) CHECK(error_s(one, base_s, stretch) < 0.015);
  }
}

TEST_CASE("listening: what follows a pause is expected where its pace leads") {
  const Sound said = made_speech(3, 1.6) + silence(1.2) + made_speech(4, 1.0);
  const double base_s = kBegun_s + 0.1, goes_on_s = base_s + 1.05 * 2.8;
  const auto found = Line(said).hear(silence(base_s) + stretched(said, 1.05));
  std::size_t again = 0;
  for (const Finding& one : found) {
    if (one.heard_s < goes_on_s + 0.1 || one.heard_s > goes_on_s + 0.8) continue;
    ++again;
    CHECK(error_s(one, base_s, 1.05) < 0.015);
  }
  CHECK(again > 5);
}

TEST_CASE("listening: frames that got lost do not keep it from being found") {
  for (const std::uint32_t seed : {6U, 7U}) {
    for (const int losing : {5, 7}) {
      const Sound sent = made_speech(seed, 3.0);
      Line line(sent);
      line.losing = losing;
      const auto found = line.hear(noisy(silence(kBegun_s + 0.2) + sent, kCodec / 2, seed));
      REQUIRE(found.size() > 20);
      CHECK(found.front().heard_s < kBegun_s + 0.2 + 1.0);
      for (const Finding& one : found) CHECK(error_s(one, kBegun_s + 0.2) < 0.005);
    }
  }
}

TEST_CASE("listening: of a new round nothing is known of the old one") {
  const Sound first = made_speech(7, 2.0), second = made_speech(8, 1.0);
  Line line(first);
  REQUIRE(!line.hear(silence(kBegun_s) + first).empty());
  line.listening.restart();
  CHECK_FALSE(line.listening.find(0.0, 1.2));
  const auto frames = frames_of(second);
  for (std::size_t i = 0; i < frames.size(); ++i)
    line.listening.expect(static_cast<std::int64_t>(i), frames[i]);
  // The old sound was not sent in this round.
  CHECK_FALSE(line.listening.find(0.0, 3.0));
  const double begun_s = kBegun_s + 2.0;
  line.listening.hear(second.data(), samples(0.8));
  const auto place = line.listening.find(begun_s - 0.3, begun_s + 0.3);
  REQUIRE(place);
  CHECK(place->position_s == doctest::Approx(0.8).epsilon(0.005));
}

TEST_CASE("listening: a place that is lost is not told, and looked for anew after a second") {
  const Sound sent = made_speech(9, 5.0);
  const std::size_t cut = samples(2.0), late = samples(0.3);
  // A hole in the network: all that follows is later.
  const Sound head(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(cut));
  const Sound tail(sent.begin() + static_cast<std::ptrdiff_t>(cut), sent.end());
  const double base_s = kBegun_s + 0.1, later_s = static_cast<double>(late) / kRateHz;
  const auto found = Line(sent).hear(silence(base_s) + head + silence(later_s) + tail);
  double again_s = 0;
  for (const Finding& one : found) {
    const bool is_old = one.heard_s < base_s + 2.0 + later_s + 0.5;
    if (is_old) continue;
    if (again_s == 0) again_s = one.heard_s;
    CHECK(error_s(one, base_s + later_s) < 0.01);
  }
  CHECK(again_s > base_s + 3.0);
  CHECK(again_s < base_s + 4.2);
}

TEST_CASE("listening: what a codec has changed is told") {
  const Sound sent = made_speech(12, 3.0);
  const double base_s = kBegun_s + 0.1;
  const auto found = Line(sent).hear(noisy(silence(base_s) + sent, kCodec, 1));
  REQUIRE(found.size() >= 15);
  for (const Finding& one : found) CHECK(error_s(one, base_s) < 0.01);
}

TEST_CASE("listening: what is changed too much to be told by one piece is told by two on one line") {
  const double base_s = kBegun_s + 0.1;
  for (const std::uint32_t seed : {30U, 37U, 47U}) {
    const auto found =
        Line(made_speech(seed, 3.0)).hear(noisy(silence(base_s) + made_speech(seed, 3.0), kCodec, 1));
    REQUIRE(!found.empty());
    CHECK(found.front().heard_s > base_s + 1.0);
    CHECK(found.front().heard_s < base_s + 1.6);
    for (const Finding& one : found) CHECK(error_s(one, base_s) < 0.005);
  }
}
