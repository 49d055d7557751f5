#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "listening/heard_line.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("listening: another pace is followed, and a place that moves a little") {
  const Sound sent = made_speech(13, 4.0);
  const double base_s = kBegun_s + 0.1, turns_s = 1.6;
  const auto turn = static_cast<std::ptrdiff_t>(samples(turns_s));
  const Sound head(sent.begin(), sent.begin() + turn), tail(sent.begin() + turn, sent.end());
  const auto paced = Line(sent).hear(silence(base_s) + head + stretched(tail, 1.05));
  REQUIRE(!paced.empty());
  CHECK(std::abs(paced.back().place.stretch - 1.05) < 0.01);
  CHECK(error_s(paced.back(), base_s - 0.05 * turns_s, 1.05) < 0.01);

  const auto moved = Line(sent).hear(silence(base_s) + head + silence(0.03) + tail);
  const auto again = std::find_if(moved.begin(), moved.end(), [&](const Finding& one) {
    return one.heard_s > base_s + turns_s + 0.4 && error_s(one, base_s + 0.03) < 0.005;
  });
  REQUIRE(again != moved.end());
  CHECK(again->heard_s < base_s + turns_s + 1.0);
}

TEST_CASE("listening: what the network moves by up to 40 ms is found again within half a second") {
  for (const std::uint32_t seed : {14U, 15U, 16U}) {
    for (const double moved_s : {-0.035, 0.035}) {
      const Sound sent = made_speech(seed, 3.0);
      const double base_s = kBegun_s + 0.1, at_s = 1.6;
      const auto at = sent.begin() + static_cast<std::ptrdiff_t>(samples(at_s));
      const auto left_out = static_cast<std::ptrdiff_t>(samples(std::max(0.0, -moved_s)));
      const Sound head(sent.begin(), at), tail(at + left_out, sent.end());
      const auto found = Line(sent).hear(silence(base_s) + head + silence(std::max(0.0, moved_s)) + tail);
      const auto again = std::find_if(found.begin(), found.end(), [&](const Finding& one) {
        return one.heard_s > base_s + at_s && error_s(one, base_s + moved_s) < 0.006;
      });
      REQUIRE(again != found.end());
      CHECK(again->heard_s < base_s + at_s + 0.5);
      for (auto one = again; one != found.end(); ++one) CHECK(error_s(*one, base_s + moved_s) < 0.01);
    }
  }
}

TEST_CASE("listening: sound that jumps is followed") {
  const double jump_s = 0.0125;
  for (const std::uint32_t seed : {71U, 72U, 73U, 74U, 75U, 76U}) {
    const Sound sent = made_speech(seed, 3.0);
    const double at_s = 1.5 + 0.007 * (seed - 71U);
    const auto at = sent.begin() + static_cast<std::ptrdiff_t>(samples(at_s));
    const double base_s = kBegun_s + 0.1, jumps_s = base_s + at_s + jump_s;
    const Sound head(sent.begin(), at), tail(at - static_cast<std::ptrdiff_t>(samples(jump_s)), sent.end());
    const auto found = Line(sent).hear(silence(base_s) + head + tail);
    REQUIRE(found.size() > 15);
    for (const Finding& one : found) {
      if (one.heard_s > jumps_s + 0.12) CHECK(error_s(one, base_s + jump_s) < 0.005);
    }
  }
}

TEST_CASE("listening: a place is not told in the look at which it jumps, and told in all others") {
  for (const double jump_s : {0.0, 0.0125}) {
    for (const std::uint32_t seed : {71U, 73U, 75U}) {
      const Sound sent = made_speech(seed, 3.0);
      const auto at = sent.begin() + static_cast<std::ptrdiff_t>(samples(1.5));
      const Sound head(sent.begin(), at), tail(at - static_cast<std::ptrdiff_t>(samples(jump_s)), sent.end());
      const double base_s = kBegun_s + 0.1;
      const auto found = Line(sent).hear(noisy(silence(base_s) + head + tail, kCodec / 2, seed));
      REQUIRE(found.size() > 15);
      std::size_t untold = 0;
      for (std::size_t i = 1; i < found.size(); ++i) {
        const double passed_s = found[i].heard_s - found[i - 1].heard_s;
        if (passed_s > 0.09) {
          ++untold;
          continue;
        }
        CHECK(std::abs(found[i].place.base_s() - found[i - 1].place.base_s()) < 0.0085);
      }
      CHECK(untold <= 5);
    }
  }
}

// The same, longer or shorter by jumps: each `every_s` it says the last `jump_s` again, or leaves them out.
Sound in_jumps(const Sound& sound, double every_s, double jump_s) {
  const auto step = static_cast<std::ptrdiff_t>(samples(every_s));
  const auto jump = static_cast<std::ptrdiff_t>(samples(std::abs(jump_s)));
  Sound made;
  for (auto at = sound.begin(); at + step + jump < sound.end();
       at += jump_s > 0 ? step - jump : step + jump) {
    made.insert(made.end(), at, at + step);
  }
  return made;
}

// Where that was in the round, so long after its beginning.
double before_jumps_s(double heard_s, double every_s, double jump_s) {
  return heard_s - jump_s * std::floor(heard_s / every_s);
}

TEST_CASE("listening: of sound that jumps again and again neither side of a jump is far") {
  for (const std::uint32_t seed : {81U, 82U, 83U, 84U, 85U, 86U}) {
    for (const double jump_s : {0.011, -0.011}) {
      const Sound sent = made_speech(seed, 4.0);
      const double base_s = kBegun_s + 0.1, every_s = 0.33;
      const auto found = Line(sent).hear(silence(base_s) + in_jumps(sent, every_s, jump_s));
      REQUIRE(found.size() > 15);
      double most_s = 0;
      for (const Finding& one : found) {
        const double heard_s = one.heard_s - base_s;
        if (heard_s < 1.4 || heard_s > 3.4) continue;
        most_s = std::max(most_s, std::abs(one.place.position_s - before_jumps_s(heard_s, every_s, jump_s)));
      }
      CHECK(most_s < 0.0095);
    }
  }
}
