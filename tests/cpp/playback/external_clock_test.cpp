#include "playback/external_clock.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

using namespace hostmode;

namespace {

struct Report {
  double position_s;
  double heard_s;  // when the position was; told as late as it may be
  double told_s;
};

// Between reports the clock is read every millisecond, from `from_s` on, against `truth_s`.
struct Errors {
  double least_s = 1e9, most_s = -1e9, slowest = 1e9, fastest = -1e9;
};

Errors listen(ExternalClock& clock, const std::vector<Report>& reports, double from_s,
              const std::function<double(double)>& truth_s) {
  Errors errors;
  double before_s = 0;
  bool any = false;
  std::size_t next = 0;
  for (double t_s = reports.front().told_s; t_s < reports.back().told_s; t_s += 0.001) {
    for (; next < reports.size() && reports[next].told_s <= t_s; ++next) {
      clock.report(reports[next].position_s, reports[next].told_s);
    }
    if (t_s < from_s) continue;
    const double now_s = clock.at(t_s);
    errors.least_s = std::min(errors.least_s, now_s - truth_s(t_s));
    errors.most_s = std::max(errors.most_s, now_s - truth_s(t_s));
    if (any) {
      errors.slowest = std::min(errors.slowest, (now_s - before_s) / 0.001);
      errors.fastest = std::max(errors.fastest, (now_s - before_s) / 0.001);
    }
    before_s = now_s;
    any = true;
  }
  return errors;
}

// A report every 10 ms of sound that began at 5 s, each late by what `late_s` draws.
std::vector<Report> blocks(int count, double ppm, const std::function<double(int)>& late_s) {
  std::vector<Report> reports;
  for (int i = 0; i < count; ++i) {
    const double heard_s = 5 + 0.01 * i * (1 + 1e-6 * ppm);
    const double told_s = heard_s + late_s(i);
    reports.push_back(
        {100 + 0.01 * i, heard_s, reports.empty() ? told_s : std::max(told_s, reports.back().told_s)});
  }
  return reports;
}

}  // namespace

TEST_CASE("sound told of late, by as much as threads have to wait, is placed where it is") {
  for (const double ppm : {-300.0, 0.0, 300.0}) {
    std::mt19937 random(3);
    std::exponential_distribution<double> wait(1 / 0.004);
    ExternalClock clock;
    const auto reports = blocks(3000, ppm, [&](int) { return wait(random); });
    const auto truth = [=](double t_s) { return 100 + (t_s - 5) / (1 + 1e-6 * ppm); };
    const Errors errors = listen(clock, reports, 7, truth);
    CAPTURE(ppm);
    CHECK(errors.least_s > -0.0015);
    CHECK(errors.most_s < 0.0005);
    CHECK(errors.slowest > 0.89);
    CHECK(errors.fastest < 1.11);
  }
}

TEST_CASE("positions read at the pace of pictures, in steps of 20 ms, neither stand nor lag") {
  ExternalClock clock;
  std::vector<Report> reports;
  std::mt19937 random(5);
  std::uniform_real_distribution<double> jitter(0, 0.003);
  for (int i = 0; i < 1800; ++i) {
    const double t_s = i / 60.0 + jitter(random);
    reports.push_back({std::floor(t_s / 0.02) * 0.02, t_s, t_s});
  }
  const Errors errors = listen(clock, reports, 2, [](double t_s) { return t_s; });
  CHECK(errors.least_s > -0.004);
  CHECK(errors.most_s < 0.0005);
  CHECK(errors.slowest > 0.89);
  CHECK(errors.fastest < 1.11);
}

TEST_CASE("reports that are held back and come at once change nothing") {
  ExternalClock clock;
  // Every second those of a quarter come at its end.
  const auto reports = blocks(1500, 0, [](int i) { return i % 100 < 25 ? 0.01 * (25 - i % 100) : 0.0; });
  const Errors errors = listen(clock, reports, 5.5, [](double t_s) { return 95 + t_s; });
  CHECK(errors.least_s > -0.001);
  CHECK(errors.most_s < 0.001);
  CHECK(errors.slowest > 0.99);
  CHECK(errors.fastest < 1.01);
}

TEST_CASE("a sound that jumps is followed") {
  for (const double jump_s : {-30.0, -1.0, -0.2, -0.1, -0.05, 0.05, 0.2, 1.0, 30.0}) {
    CAPTURE(jump_s);
    ExternalClock clock;
    auto reports = blocks(600, 0, [](int) { return 0.0; });
    for (int i = 300; i < 600; ++i) reports[static_cast<std::size_t>(i)].position_s += jump_s;
    const Errors before =
        listen(clock, {reports.begin(), reports.begin() + 300}, 6, [](double t_s) { return 95 + t_s; });
    CHECK(std::max(-before.least_s, before.most_s) < 0.001);
    // Small ones are slewed in; those back are waited for, whether they stay.
    const double settled_s =
        8 + (jump_s < 0 ? 0.2 : 0.0) + (std::abs(jump_s) < 0.15 ? 10 * std::abs(jump_s) : 0) + 0.1;
    const Errors after = listen(clock, {reports.begin() + 300, reports.end()}, settled_s,
                                [=](double t_s) { return 95 + t_s + jump_s; });
    CHECK(std::max(-after.least_s, after.most_s) < 0.002);
  }
}

TEST_CASE("a sound that stands still is noticed, and goes on where it was") {
  ExternalClock clock;
  std::vector<Report> reports;
  // Told every 10 ms; it stands from 7 to 8 s.
  const auto truth = [](double t_s) { return t_s < 7 ? t_s : t_s < 8 ? 7.0 : t_s - 1; };
  for (int i = 500; i < 1000; ++i) reports.push_back({truth(0.01 * i), 0.01 * i, 0.01 * i});
  std::vector<Report> first(reports.begin(), reports.begin() + 299);
  listen(clock, first, 6, truth);
  CHECK(clock.at(7.99) == doctest::Approx(7.0));
  const Errors after = listen(clock, {reports.begin() + 299, reports.end()}, 8.1, truth);
  CHECK(std::max(-after.least_s, after.most_s) < 0.011);
}

TEST_CASE("a position that is told again and again before the sound begins does not run") {
  ExternalClock clock;
  for (int i = 0; i < 100; ++i) clock.report(0, 0.01 * i);
  CHECK(clock.at(1.0) == 0);
  for (int i = 100; i < 200; ++i) clock.report(0.01 * (i - 99), 0.01 * i);
  CHECK(clock.at(2.0) == doctest::Approx(1.01).epsilon(0.001));
}

TEST_CASE("without another report the sound is believed to go on for a second") {
  ExternalClock clock;
  clock.report(3, 10);
  CHECK(clock.at(10.5) == doctest::Approx(3.5));
  CHECK(clock.at(15) == doctest::Approx(4));
}

TEST_CASE("one report that comes after those that followed it changes nothing") {
  ExternalClock clock;
  for (int i = 0; i < 100; ++i) clock.report(0.01 * i, 0.01 * i);
  const double at_s = clock.at(1.2);
  clock.report(0.95, 0.95);
  CHECK(clock.at(1.2) == at_s);
}

TEST_CASE("no position or time breaks it") {
  ExternalClock clock;
  for (const double position_s : {1e300, -1e300, 0.0, 1e12, -5.0, 4e-9}) {
    for (const double time_s : {0.0, 1e9, -1e9}) {
      clock.report(position_s, time_s);
      CHECK(std::isfinite(clock.at(time_s)));
    }
  }
}

TEST_CASE("a sound that jumps by 100 ms is slewed after, and one by 200 ms is not") {
  for (const double jump_s : {0.1, 0.2}) {
    CAPTURE(jump_s);
    ExternalClock clock;
    auto reports = blocks(500, 0, [](int) { return 0.0; });
    for (std::size_t i = 200; i < 500; ++i) reports[i].position_s += jump_s;
    const Errors errors =
        listen(clock, reports, 6, [=](double t_s) { return 95 + t_s + (t_s < 7 ? 0 : jump_s); });
    CHECK((errors.fastest < 1.11) == (jump_s < 0.15));
  }
}

TEST_CASE("one report that says 100 ms less than is known by then changes nothing") {
  ExternalClock clock;
  for (int i = 0; i <= 120; ++i) clock.report(40 + 0.01 * i, 0.01 * i);
  const double at_s = clock.at(1.3);
  clock.report(41.1, 1.2);
  CHECK(clock.at(1.3) == at_s);
  clock.report(41.0, 1.2);  // by 200 ms less it has gone back
  CHECK(clock.at(1.2) == doctest::Approx(41.0));
}

TEST_CASE("a position that has never moved stands at once, one that has is taken to move between its steps") {
  ExternalClock still;
  still.report(7, 2.0);
  still.report(7, 2.01);
  CHECK(still.at(2.3) == 7);
  ExternalClock moving;
  for (int i = 0; i < 100; ++i) moving.report(7 + 0.04 * (i / 4), 2 + 0.01 * i);
  // Told again 30 ms after its step, it still moves; 100 ms after, it stands.
  CHECK(moving.at(3.01) > 7.99);
  for (int i = 100; i < 120; ++i) moving.report(7.96, 2 + 0.01 * i);
  CHECK(moving.at(3.5) == doctest::Approx(7.96));
}

TEST_CASE("a position that is told again stands once that lasts twice as long as its steps, and 10 ms more") {
  // The longest of its steps counts, though not for ever.
  for (const bool uneven : {false, true}) {
    for (const double again_s : {0.029, 0.031, 0.089, 0.091}) {
      CAPTURE(uneven);
      CAPTURE(again_s);
      ExternalClock clock;
      double t_s = 3;
      for (int i = 0; i <= 300; ++i) {
        t_s += uneven && i % 2 == 1 ? 0.04 : 0.01;
        clock.report(t_s + 20, t_s);
      }
      clock.report(t_s + 20, t_s + again_s);
      const bool stands = clock.at(t_s + again_s) == t_s + 20;
      CHECK(stands == (again_s > (uneven ? 0.086 : 0.03)));
    }
  }
}

TEST_CASE("a sound that stands while a correction is slewed in stands where it was told to") {
  ExternalClock clock;
  for (int i = 0; i < 100; ++i) clock.report(0.01 * i, 0.01 * i);
  for (int i = 0; i < 3; ++i) clock.report(1.09 + 0.01 * i, 1 + 0.01 * i);
  for (int i = 0; i < 60; ++i) clock.report(1.11, 1.03 + 0.01 * i);
  CHECK(clock.at(1.62) == doctest::Approx(1.11));
  CHECK(clock.at(2.2) == doctest::Approx(1.11));
}

TEST_CASE("a report whose time lies before those known moves nothing back") {
  ExternalClock clock;
  for (int i = 0; i <= 100; ++i) clock.report(0.01 * i, 0.01 * i);
  const double at_s = clock.at(1.0);
  clock.report(1.01, 0.98);
  CHECK(clock.at(1.0) == doctest::Approx(at_s).epsilon(1e-6));
}

TEST_CASE("one report that came late at the beginning is made good at once, not slewed in") {
  ExternalClock clock;
  clock.report(2, 5.06);
  for (int i = 7; i < 12; ++i) clock.report(2 + 0.01 * i, 5 + 0.01 * i);
  CHECK(clock.at(5.11) == doctest::Approx(2.11).epsilon(0.0005));
}
