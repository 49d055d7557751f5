#include "playback/packet_delay.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "playback/packet_playhead.h"

using namespace hostmode;

namespace {

constexpr double kPeriod_s = 0.04;

}  // namespace

TEST_CASE("before anything is known packets are held back for 80 ms") {
  PacketDelay delay(kPeriod_s);
  delay.add(0, 7);
  CHECK(delay.target_s() == 0.08);
  CHECK(delay.floor_s() == 7);
}

TEST_CASE("on an even network hardly anything is held back") {
  PacketDelay delay(kPeriod_s);
  for (int i = 0; i < 500; ++i) delay.add(kPeriod_s * i, 3 + kPeriod_s * i);
  CHECK(delay.target_s() < 0.003);
}

TEST_CASE("the delay covers the jitter that there is") {
  PacketDelay delay(kPeriod_s);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> jitter(0, 0.06);
  for (int i = 0; i < 2000; ++i) delay.add(kPeriod_s * i, kPeriod_s * i + jitter(random));
  CHECK(delay.target_s() > 0.05);
  CHECK(delay.target_s() < 0.08);
}

TEST_CASE("an interruption of a second teaches nothing") {
  PacketDelay delay(kPeriod_s);
  for (int i = 0; i < 500; ++i) delay.add(kPeriod_s * i, kPeriod_s * i);
  const double before_s = delay.target_s();
  for (int i = 500; i < 600; ++i) delay.add(kPeriod_s * i, std::max(kPeriod_s * i, 23.0));
  CHECK(std::abs(delay.target_s() - before_s) < 1e-9);
}

TEST_CASE("the playhead never leaves 0.75 to 1.1 of its pace, and comes back to the delay") {
  PacketDelay delay(kPeriod_s);
  PacketPlayhead playhead(kPeriod_s);
  double t_s = 0, position_s = 0;
  int next = 0;
  const auto arrives_s = [](int i) { return i >= 100 && i < 110 ? 4.4 : kPeriod_s * i; };
  for (t_s = 0.001; t_s < 20; t_s += 0.001) {
    for (; arrives_s(next) <= t_s; ++next) {
      delay.add(kPeriod_s * next, arrives_s(next));
      playhead.follow(delay, arrives_s(next));
    }
    const double now_s = playhead.position_s(t_s);
    if (t_s > 0.01) {
      CHECK(now_s - position_s >= 0.000749);
      CHECK(now_s - position_s <= 0.001101);
    }
    position_s = now_s;
  }
  CHECK(t_s - position_s == doctest::Approx(delay.target_s()).epsilon(0.05));
  CHECK(playhead.time_of(playhead.position_s(20.01)) == doctest::Approx(20.01));
}

TEST_CASE("at first the level is the plain mean of what came") {
  PacketDelay delay(kPeriod_s);
  delay.add(0, 0);
  for (int i = 1; i < 5; ++i) delay.add(kPeriod_s * i, kPeriod_s * i + 0.03);
  // Their mean, 23 ms, and the most that one was above those before it, 25 ms.
  CHECK(delay.target_s() > 0.048);
  CHECK(delay.target_s() < 0.050);
}

TEST_CASE("another clock has a floor of its own, and no gap leads to it") {
  PacketDelay delay(kPeriod_s);
  delay.add(0, 7);
  delay.restart();
  delay.add(0, 27);
  CHECK(delay.floor_s() == 27);

  // Each time the second of two is late, after a long pause.
  PacketDelay paused(kPeriod_s);
  for (int i = 1; i <= 50; ++i) {
    paused.restart();
    paused.add(kPeriod_s, 2 * i);
    paused.add(0, 2 * i + kPeriod_s);
  }
  CHECK(paused.target_s() > 0.07);

  // Each time it is late, and the clock before ended with an interruption.
  PacketDelay held(kPeriod_s);
  for (int i = 1; i <= 50; ++i) {
    held.restart();
    held.add(0, 2 * i);
    held.add(kPeriod_s, 2 * i + 1.2);
    held.restart();
    held.add(kPeriod_s, 2 * i + 1.21);
    held.add(0, 2 * i + 1.25);
  }
  CHECK(held.target_s() > 0.07);
}

TEST_CASE("the playhead is back at its delay at once after an interruption alone") {
  for (const double end_s : {4.5, 6.0}) {
    PacketDelay delay(kPeriod_s);
    PacketPlayhead playhead(kPeriod_s);
    const auto arrives_s = [&](int i) { return i >= 100 ? std::max(end_s, kPeriod_s * i) : kPeriod_s * i; };
    for (int i = 0; arrives_s(i) <= end_s; ++i) {
      delay.add(kPeriod_s * i, arrives_s(i));
      playhead.follow(delay, arrives_s(i));
    }
    const double delay_s = end_s - playhead.position_s(end_s);
    if (end_s > 5) {
      CHECK(delay_s == doctest::Approx(delay.target_s()));
    } else {
      // For 0.49 s it ran slower by a quarter.
      CHECK(delay_s - delay.target_s() > 0.08);
    }
  }
}
