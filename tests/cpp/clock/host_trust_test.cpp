// A busy machine: a host whose instants are wrong for seconds, callbacks that come late for seconds, and
// devices that really change.
#include "clock/host_trust.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "clock/clock_rig.h"

using hostmode::HostTrust;
using hostmode_test::ClockRig;
using hostmode_test::honest;
using hostmode_test::Lateness;
using hostmode_test::VirtualDacConfig;

namespace {

// As PortAudio's ALSA driver asks through a sound server.
VirtualDacConfig sound_server() {
  VirtualDacConfig config = honest();
  config.block_frames = 1200;
  config.buffer_blocks = 4;
  config.measurement_noise_s = 20e-6;
  return config;
}

constexpr Lateness kQuiet{10e-6, 60e-6, 0.8, 0, 0};
constexpr Lateness kBusy{20e-6, 1e-3, 1.5, 0.2, 0.008};

double largest_s(ClockRig& rig) {
  return rig.quantile(1);
}

}  // namespace

TEST_CASE("host_trust: a host that errs for seconds moves the clock by no more than its tolerance") {
  for (const double error_s : {-0.058, -0.03, -0.006, 0.006, 0.03, 0.058}) {
    for (const double lasts_s : {1.0, 3.0, 8.0}) {
      for (const VirtualDacConfig& config : {sound_server(), honest()}) {
        CAPTURE(error_s);
        CAPTURE(lasts_s);
        CAPTURE(config.block_frames);
        ClockRig rig(config);
        rig.run_for(12);
        rig.errors_s.clear();
        for (int i = 0; i < 3; ++i) {
          rig.dac.set_host_error_s(i % 2 == 0 ? error_s : -0.5 * error_s);
          rig.run_for(lasts_s);
          rig.dac.set_host_error_s(0);
          rig.run_for(2 + lasts_s);
        }
        CHECK(largest_s(rig) < 3e-3);
        CHECK(rig.backwards == 0);
        CHECK(rig.standing == 0);
      }
    }
  }
}

TEST_CASE("host_trust: a host that errs more and more is held at its tolerance") {
  ClockRig rig(sound_server());
  rig.run_for(12);
  rig.errors_s.clear();
  for (int i = 1; i <= 50; ++i) {
    rig.dac.set_host_error_s(-0.001 * i);
    rig.run_for(0.1);
  }
  rig.run_for(3);
  CHECK(largest_s(rig) < 4e-3);
}

TEST_CASE("host_trust: callbacks that come late for seconds change nothing while the host is honest") {
  for (const VirtualDacConfig& config : {sound_server(), honest()}) {
    ClockRig rig(config);
    rig.run_for(12);
    rig.errors_s.clear();
    rig.dac.set_wake(kBusy);
    rig.run_for(20);
    rig.dac.set_wake(kQuiet);
    rig.run_for(5);
    CHECK(largest_s(rig) < 4e-3);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("host_trust: a host that errs among late callbacks") {
  for (const double error_s : {-0.05, 0.03}) {
    CAPTURE(error_s);
    ClockRig rig(sound_server());
    rig.run_for(12);
    rig.dac.set_wake(kBusy);
    rig.run_for(5);
    rig.errors_s.clear();
    for (int i = 0; i < 5; ++i) {
      rig.dac.set_host_error_s(error_s);
      rig.run_for(3);
      rig.dac.set_host_error_s(0);
      rig.run_for(4);
    }
    CHECK(largest_s(rig) < 6e-3);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("host_trust: another sink is followed within two seconds, without a jump") {
  struct Move {
    double later_s;
    int more_blocks;
  };
  for (const Move& move : {Move{0.04, 2}, Move{-0.02, 3}, Move{0.03, -2}, Move{0.18, 0}, Move{0.12, 4}}) {
    CAPTURE(move.later_s);
    CAPTURE(move.more_blocks);
    VirtualDacConfig config = honest();
    config.hardware_latency_s = 0.03;
    ClockRig rig(config);
    rig.run_for(12);
    rig.dac.move_sink(move.later_s, move.more_blocks);
    double last = rig.clock.snapshot().frame_at(rig.dac.now_s());
    double last_s = rig.dac.now_s();
    double fastest = 0;
    const double moved_s = rig.dac.now_s();
    while (rig.dac.now_s() < moved_s + 3) {
      rig.step();
      const double frame = rig.clock.snapshot().frame_at(rig.dac.now_s());
      fastest = std::max(fastest, (frame - last) / (rig.dac.now_s() - last_s) / config.rate_hz);
      last = frame;
      last_s = rig.dac.now_s();
      if (rig.dac.now_s() < moved_s + 2) rig.errors_s.clear();
    }
    CHECK(largest_s(rig) < 3e-3);
    CHECK(fastest < 1.6);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("host_trust: a near change that the pace does not show is followed after half the window") {
  ClockRig rig(honest());
  rig.run_for(70);
  rig.dac.move_sink(0.03, 0);
  rig.errors_s.clear();
  rig.run_for(25);
  CHECK(largest_s(rig) > 0.02);  // as it must, or an error of the host would have been followed
  rig.run_for(8);
  rig.errors_s.clear();
  rig.run_for(2);
  CHECK(largest_s(rig) < 3e-3);
}

TEST_CASE("host_trust: a hole that the host alone claims is none") {
  ClockRig rig(sound_server());
  rig.run_for(12);
  rig.errors_s.clear();
  rig.dac.stall_host(0.06);  // a late callback, while the host errs
  rig.dac.set_host_error_s(0.05);
  rig.run_for(0.3);
  rig.dac.set_host_error_s(0);
  rig.run_for(2);
  CHECK(largest_s(rig) < 3e-3);
}

TEST_CASE("host_trust: the usual latency is the most frequent one of a minute") {
  HostTrust trust;
  double entry_s = 100;
  const auto run = [&](double seconds, double latency_s) {
    HostTrust::Verdict verdict;
    for (const double end_s = entry_s + seconds; entry_s < end_s; entry_s += 0.01) {
      verdict = trust.judge({entry_s, entry_s, entry_s + latency_s, entry_s + latency_s}, 0);
    }
    return verdict;
  };
  CHECK(run(80, 0.1).believed);
  CHECK_FALSE(run(27, 0.13).believed);
  CHECK(run(6, 0.13).believed);
  CHECK_FALSE(run(25, 0.1).believed);
}

namespace {

// Blocks every 10 ms, told to one HostTrust: how late the callback was, and where the host says it is heard.
struct Judged {
  HostTrust::Verdict say(double host_s, double late_s = 0, double noise_s = 0) {
    due_s += 0.01;
    const double entry_s = std::max(due_s + late_s, last_entry_s);
    last_entry_s = entry_s;
    return trust.judge({entry_s, due_s, due_s + 0.1, due_s + host_s}, noise_s);
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
  verdict = host.trust.judge({due_s, due_s, due_s + 0.05, due_s + 0.3}, 0);
  CHECK(verdict.heard_s == doctest::Approx(due_s + 0.05));
}

TEST_CASE("host_trust: what scatters is believed within its noise") {
  Judged host;
  (void)host.run(30, 0.1);
  CHECK(host.say(0.103, 0, 0.5e-3).believed);
  CHECK_FALSE(host.say(0.103, 0, 0.05e-3).believed);
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
