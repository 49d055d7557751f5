// When the pace of sound follows its sender's clock, and how far.
#include "sound/drift.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace {

using namespace hostmode;

// A stream that is played at the pace it is told, without its samples.
class Stream {
 public:
  explicit Stream(double delay_s) : delay_s_(delay_s) {}

  // A chunk is sent every `every_s`, by the sender's clock, and comes `late_s()` after that.
  void go_on(double duration_s, double every_s, double faster, const std::function<double()>& late_s) {
    for (const double until_s = sent_s_ + duration_s; sent_s_ < until_s;) {
      sent_s_ += every_s / (1 + faster);
      delay_s_ += every_s - every_s / (1 + faster) * (1 + drift.value());
      arrived_s_ = std::max(arrived_s_, sent_s_ + late_s());
      drift.on_arrival(arrived_s_, delay_s_ - (arrived_s_ - sent_s_) * (1 + drift.value()));
      least_s = std::min(least_s, delay_s_);
      most_s = std::max(most_s, delay_s_);
      fastest = std::max(fastest, std::abs(drift.value()));
    }
  }
  void step(double by_s) { delay_s_ += by_s; }
  void fall_silent(double duration_s) { sent_s_ += duration_s; }
  [[nodiscard]] double delay_s() const { return delay_s_; }

  Drift drift;
  double least_s = std::numeric_limits<double>::infinity();
  double most_s = 0.0;
  double fastest = 0.0;

 private:
  double delay_s_;
  double sent_s_ = 0.0;
  double arrived_s_ = 0.0;
};

std::function<double()> jitter(double mean_s, unsigned seed) {
  return [random = std::mt19937(seed), late_s = std::exponential_distribution<double>(1 / mean_s)]() mutable {
    return late_s(random);
  };
}

double in_time() {
  return 0.0;
}

// That it plays so much faster, give or take a share of that.
bool plays(const Stream& stream, double faster, double share) {
  return std::abs(stream.drift.value() - faster) <= share * std::abs(faster);
}

constexpr double kHour_s = 3600.0;

}  // namespace

TEST_CASE("drift: over 24 hours a sender 500 ppm fast or slow keeps the delay that it had") {
  for (const double faster : {500e-6, -500e-6}) {
    CAPTURE(faster);
    Stream stream(0.3);
    stream.go_on(24 * kHour_s, 0.02, faster, jitter(0.015, 3));
    CHECK(stream.least_s > 0.25);
    CHECK(stream.most_s < 0.35);
    CHECK(stream.fastest <= Drift::kMost);
    // What moved it until it was known to drift is not made up for.
    CHECK(std::abs(stream.delay_s() - 0.3) < 0.02);
    CHECK(plays(stream, faster, 0.1));
  }
}

TEST_CASE("drift: from 20 ppm to its bound, in chunks of every size") {
  for (const double faster : {20e-6, -60e-6, 150e-6, -1000e-6, 1000e-6}) {
    for (const double every_s : {0.01, 0.1, 0.5, 2.0}) {
      CAPTURE(faster);
      CAPTURE(every_s);
      Stream stream(0.5);
      stream.go_on(2 * kHour_s, every_s, faster, in_time);
      CHECK(std::abs(stream.delay_s() - 0.5) < 0.1);
      CHECK(stream.fastest <= Drift::kMost);
      const double before_s = stream.delay_s();
      stream.go_on(kHour_s, every_s, faster, in_time);
      CHECK(std::abs(stream.delay_s() - before_s) < 0.001);
    }
  }
}

TEST_CASE("drift: does not act on what is no live stream, nor where nothing drifts") {
  Stream faster(0.3);
  faster.go_on(kHour_s, 0.1, 0.01, in_time);
  CHECK(faster.fastest == 0.0);
  Stream slower(500.0);
  slower.go_on(kHour_s, 0.1, -0.02, in_time);
  CHECK(slower.fastest == 0.0);
  Stream exact(0.3);
  exact.go_on(kHour_s, 0.04, 0.0, in_time);
  CHECK(exact.fastest == 0.0);
  Stream jittery(0.3);
  jittery.go_on(kHour_s, 0.02, 0.0, jitter(0.02, 5));
  CHECK(jittery.fastest == 0.0);
  Stream brief(0.3);
  brief.go_on(30.0, 0.02, 900e-6, in_time);
  CHECK(brief.fastest == 0.0);

  Drift at_once;
  for (int i = 0; i < 1000; ++i) at_once.on_arrival(1.0, 0.1 * i);
  CHECK(at_once.value() == 0.0);
}

TEST_CASE("drift: a step of the delay is none, and what is held steps along") {
  Stream stream(0.3);
  stream.go_on(kHour_s, 0.02, 100e-6, in_time);
  const double before_s = stream.delay_s();
  stream.step(0.2);  // an underrun, a rest
  stream.go_on(40.0, 0.02, 100e-6, in_time);
  CHECK(plays(stream, 100e-6, 0.1));
  stream.go_on(kHour_s, 0.02, 100e-6, in_time);
  CHECK(std::abs(stream.delay_s() - (before_s + 0.2)) < 0.002);
  stream.step(-0.1);  // a shorter way
  stream.go_on(kHour_s, 0.02, 100e-6, in_time);
  CHECK(std::abs(stream.delay_s() - (before_s + 0.1)) < 0.002);
  CHECK(stream.fastest < 400e-6);
}

TEST_CASE("drift: ends with the live stream, and begins again with the next") {
  Stream stream(0.3);
  stream.go_on(kHour_s, 0.02, 300e-6, in_time);
  CHECK(stream.drift.value() > 0.0);
  stream.go_on(60.0, 0.02, 0.3, in_time);
  CHECK(stream.drift.value() == 0.0);
  stream.go_on(kHour_s, 0.02, 300e-6, in_time);
  CHECK(plays(stream, 300e-6, 0.05));
}

TEST_CASE("drift: what is said after a long silence is played as it is until it drifts") {
  Stream stream(0.3);
  stream.go_on(kHour_s, 0.02, 300e-6, in_time);
  CHECK(plays(stream, 300e-6, 0.05));
  stream.fall_silent(60.0);
  stream.go_on(60.0, 0.02, 0.0, in_time);
  CHECK(stream.drift.value() == 0.0);
}
