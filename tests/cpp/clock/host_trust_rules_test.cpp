// The rules by which a host is believed, each with blocks made up for it.
#include <doctest/doctest.h>

#include <algorithm>

#include "clock/host_trust.h"

using hostmode::HostTrust;

namespace {

// Blocks every 10 ms, told to one HostTrust: how late the callback was, and where the host says it is heard.
struct Judged {
  HostTrust::Verdict say(double host_s, double late_s = 0) {
    due_s += 0.01;
    const double entry_s = std::max(due_s + late_s, last_entry_s);
    last_entry_s = entry_s;
    return trust.judge({entry_s, due_s, due_s + 0.1, due_s + host_s});
  }
  HostTrust::Verdict run(double seconds, double host_s) {
    HostTrust::Verdict verdict;
    for (double t_s = 0; t_s < seconds - 0.005; t_s += 0.01) verdict = say(host_s);
    return verdict;
  }

  HostTrust trust;
  double due_s = 100;
  double last_entry_s = 0;
};

}  // namespace

TEST_CASE("host_trust: the usual latency is the most frequent one of a minute") {
  HostTrust trust;
  double entry_s = 100;
  const auto run = [&](double seconds, double latency_s) {
    HostTrust::Verdict verdict;
    for (const double end_s = entry_s + seconds; entry_s < end_s; entry_s += 0.01) {
      verdict = trust.judge({entry_s, entry_s, entry_s + latency_s, entry_s + latency_s});
    }
    return verdict;
  };
  CHECK(run(80, 0.1).believed);
  CHECK_FALSE(run(27, 0.13).believed);
  CHECK(run(6, 0.13).believed);
  CHECK_FALSE(run(25, 0.1).believed);
}

TEST_CASE("host_trust: a step of the pace is remembered for three seconds") {
  for (const double later_s : {1.0, 8.0}) {
    CAPTURE(later_s);
    Judged host;
    (void)host.run(30, 0.1);
    (void)host.say(0.1, -0.01);
    (void)host.run(later_s, 0.1);
    (void)host.run(0.8, 0.13);
    CHECK((host.trust.latency_s() > 0.1005) == (later_s < 3));
  }
}

TEST_CASE("host_trust: callbacks that are all late alike are a step of the pace, scattered ones are not") {
  struct Case {
    const char* name;
    double (*late_s)(int);
    bool is_step;
  };
  for (const Case& item : {Case{"alike", [](int) { return 0.02; }, true},
                           Case{"scattered", [](int i) { return 0.006 + 0.004 * (i * 7 % 10); }, false},
                           Case{"less and less", [](int i) { return 0.12 - 0.0015 * (i % 70); }, false}}) {
    CAPTURE(item.name);
    Judged host;
    (void)host.run(30, 0.1);
    for (int i = 0; i < 60; ++i) (void)host.say(0.1, item.late_s(i));
    for (int i = 60; i < 130; ++i) (void)host.say(0.13, item.late_s(i));
    CHECK((host.trust.latency_s() > 0.1005) == item.is_step);
  }
}

TEST_CASE("host_trust: until the line has settled after a hole, more is believed and the pace says nothing") {
  Judged host;
  (void)host.run(30, 0.1);
  host.trust.after_hole(host.last_entry_s);
  (void)host.run(1, 0.1);
  CHECK(host.say(0.103).believed);
  (void)host.say(0.1, -0.01);
  (void)host.run(0.8, 0.13);
  CHECK(host.trust.latency_s() == doctest::Approx(0.1).epsilon(1e-3));
  (void)host.run(3, 0.1);
  CHECK_FALSE(host.say(0.103).believed);
}

TEST_CASE(
    "host_trust: while the buffer fills, a host far off is taken for what is known, at the latest as "
    "expected") {
  Judged host;
  (void)host.run(30, 0.1);
  host.trust.after_hole(host.last_entry_s);
  HostTrust::Verdict verdict = host.say(0.2);
  CHECK_FALSE(verdict.believed);
  CHECK(verdict.heard_s == doctest::Approx(host.due_s + 0.1));
  const double due_s = host.due_s + 0.01;
  verdict = host.trust.judge({due_s, due_s, due_s + 0.05, due_s + 0.3});
  CHECK(verdict.heard_s == doctest::Approx(due_s + 0.05));
}

TEST_CASE("host_trust: what scatters from callback to callback is believed within it, what wanders is not") {
  Judged scatters;
  for (int i = 0; i < 3000; ++i) (void)scatters.say(0.1 + (i % 2 == 0 ? 0.4e-3 : -0.4e-3));
  CHECK(scatters.say(0.104).believed);
  Judged wanders;
  for (int i = 0; i < 3000; ++i) (void)wanders.say(0.1 + (i / 150 % 2 == 0 ? 1.2e-3 : -1.2e-3));
  CHECK_FALSE(wanders.say(0.104).believed);
  Judged jumps;
  for (int i = 0; i < 3000; ++i) (void)jumps.say(i % 60 == 30 ? 0.16 : 0.1);
  CHECK_FALSE(jumps.say(0.104).believed);
  // One that scattered and is steady again is doubted as before.
  (void)scatters.run(12, 0.1);
  CHECK_FALSE(scatters.say(0.104).believed);
}

TEST_CASE("host_trust: while the line of the callbacks falls back after a hole, the latency stays") {
  Judged host;
  (void)host.run(30, 0.1);
  host.trust.after_hole(host.last_entry_s);
  (void)host.run(2, 0.1);
  host.trust.rebase(-0.01);
  CHECK(host.trust.latency_s() == doctest::Approx(0.1).epsilon(1e-3));
  (void)host.run(2, 0.1);
  host.trust.rebase(-0.01);
  CHECK(host.trust.latency_s() == doctest::Approx(0.11).epsilon(1e-3));
}

TEST_CASE("host_trust: a device far away is one that stays where it is") {
  Judged host;
  (void)host.run(30, 0.1);
  for (int i = 0; i < 20; ++i) {
    (void)host.run(0.2, i % 2 == 0 ? 0.3 : 0.5);  // wanders
    CHECK(host.trust.latency_s() == doctest::Approx(0.1));
  }
  (void)host.run(2, 0.1);
  for (int i = 0; i < 5; ++i) {
    (void)host.run(0.3, 0.3);  // comes and goes
    (void)host.run(0.4, 0.1);
    CHECK(host.trust.latency_s() == doctest::Approx(0.1));
  }
  (void)host.run(2, 0.3);
  CHECK(host.trust.latency_s() > 0.2);
}

TEST_CASE("host_trust: a latency moves to another one slowly, says so, and is believed at its end") {
  Judged host;
  (void)host.run(30, 0.1);
  (void)host.run(1.03, 0.3);
  HostTrust::Verdict verdict = host.say(0.3);
  CHECK(verdict.is_moved);
  CHECK_FALSE(verdict.believed);
  CHECK(verdict.heard_s == doctest::Approx(host.due_s + host.trust.latency_s()));
  (void)host.run(0.5, 0.3);
  CHECK(host.say(0.3).is_moved);
  (void)host.run(0.5, 0.3);
  verdict = host.say(0.3);
  CHECK_FALSE(verdict.is_moved);
  CHECK(verdict.believed);
  // On its way it is near to what a host says that errs by half, which is no reason to believe that.
  Judged errs;
  (void)errs.run(30, 0.1);
  (void)errs.run(1.4, 0.3);
  CHECK(errs.trust.latency_s() > 0.15);
  CHECK_FALSE(errs.say(errs.trust.latency_s() + 0.0025).believed);
}

TEST_CASE("host_trust: a latency just settled on outlasts half a minute of another") {
  Judged host;
  (void)host.run(5, 0.1);
  (void)host.run(2.5, 0.3);
  (void)host.run(10, 0.33);
  CHECK(host.trust.latency_s() == doctest::Approx(0.3).epsilon(2e-3));
}

TEST_CASE("host_trust: where the line of the callbacks moves, all latencies move along") {
  Judged host;
  (void)host.run(80, 0.1);
  host.trust.rebase(0.01);
  CHECK(host.trust.latency_s() == doctest::Approx(0.09));
  for (int i = 0; i < 80; ++i) {
    (void)host.run(1, 0.09);
    CHECK(host.trust.latency_s() == doctest::Approx(0.09));
    CHECK(host.say(0.09).believed);
  }
}
