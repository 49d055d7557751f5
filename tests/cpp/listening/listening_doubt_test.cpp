#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "listening/heard_line.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("listening: other speech, noise and silence are never taken for it") {
  for (const std::uint32_t seed : {1U, 2U}) {
    const Sound sent = made_speech(seed, 2.0);
    CHECK(Line(sent).hear(silence(kBegun_s + 0.1) + made_speech(seed + 10, 2.0)).empty());
    CHECK(Line(sent).hear(noisy(silence(2.4), 3000, seed)).empty());
    CHECK(Line(sent).hear(silence(2.4)).empty());
    CHECK(Line(silence(2.0)).hear(silence(2.4)).empty());
  }
}

TEST_CASE("listening: a sound that is the same again and again lies anywhere") {
  const Sound once = made_speech(5, 0.24);
  Sound again;
  for (int i = 0; i < 10; ++i) again = again + once;
  for (const Sound& sent : {again, made_speech(5, 2.4)}) {
    Listening listening(kRateHz);
    listening.hear(sent.data(), sent.size());
    const auto frames = frames_of(sent);
    for (std::size_t i = 0; i < 50; ++i) listening.expect(static_cast<std::int64_t>(i), frames[i]);
    CHECK(listening.find(-0.1, 0.6).has_value() == (sent != again));
  }
}

TEST_CASE("listening: a place is not told any more where another sound goes on") {
  const Sound sent = made_speech(11, 4.0);
  const double base_s = kBegun_s + 0.1;
  const auto found = Line(sent).hear(silence(base_s) + continued_by_another(sent, samples(2.0)));
  REQUIRE(!found.empty());
  CHECK(found.back().heard_s < base_s + 2.0 + 0.3);
}

TEST_CASE("listening: the same rhythm in another voice is never taken for it") {
  for (const std::uint32_t seed : {21U, 22U, 23U}) {
    const Sound sent = made_speech(seed, 3.0);
    CHECK(Line(sent).hear(silence(kBegun_s + 0.2) + in_another_voice(sent)).empty());
  }
}

TEST_CASE("listening: a phrase that is said again is not told while what came before is another") {
  const Sound phrase = made_speech(24, 2.4);
  const Sound said = made_speech(25, 1.4) + phrase, again = made_speech(26, 1.4) + phrase;
  const double base_s = kBegun_s + 0.1, begins_s = base_s + 1.4;
  const auto found = Line(said).hear(silence(base_s) + again);
  REQUIRE(!found.empty());
  CHECK(found.front().heard_s > begins_s + 1.0);
  CHECK(Line(said).hear(silence(base_s) + said).front().heard_s < base_s + 0.8);
}

TEST_CASE(
    "listening: a place that another sound contradicts at once is taken back, and not one that lasted") {
  for (const double alike_s : {0.5, 2.5}) {
    const Sound sent = made_speech(27, 4.5);
    Line line(sent);
    const Sound track = silence(kBegun_s + 0.1) + continued_by_another(sent, samples(alike_s));
    const auto found = line.hear(track);
    REQUIRE(!found.empty());
    CHECK(found.back().heard_s < kBegun_s + 0.1 + alike_s + 0.8);
    CHECK(line.taken_back == (alike_s < 1 ? 1 : 0));
  }
}

TEST_CASE("listening: a place is not told for long where another voice goes on in the same rhythm") {
  for (const std::uint32_t seed : {22U, 23U, 24U}) {
    const Sound sent = made_speech(seed, 4.5);
    const double turns_s = 2.5, base_s = kBegun_s + 0.1;
    Sound track = in_another_voice(sent);
    std::copy_n(sent.begin(), samples(turns_s), track.begin());
    const auto found = Line(sent).hear(silence(base_s) + track);
    REQUIRE(!found.empty());
    CHECK(found.back().heard_s > base_s + turns_s);
    CHECK(found.back().heard_s < base_s + turns_s + 0.8);
  }
}

TEST_CASE("listening: the less was heard, the sooner a pause makes its place a guess, which is not told") {
  const double base_s = kBegun_s + 0.1;
  for (const std::uint32_t seed : {4U, 6U}) {
    for (const double stretch : {0.95, 1.05}) {
      const auto told_s = [&](double said_s) {
        const Sound sent = made_speech(seed, said_s) + silence(1.0);
        const auto found = Line(sent).hear(silence(base_s) + stretched(sent, stretch));
        REQUIRE(!found.empty());
        return found.back().heard_s - base_s - said_s * stretch;
      };
      CHECK(told_s(0.45) < 0.25);
      CHECK(told_s(1.6) > 0.8);
    }
  }
}
