// A busy machine: a host whose instants are wrong for seconds, callbacks that come late for seconds, and
// devices that really change.
#include "clock/host_trust.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "clock/clock_rig.h"

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
  struct Case {
    VirtualDacConfig config;
    double late_s;
    double error_s;
  };
  // With small blocks, one late callback is followed by a burst of others.
  for (const Case& item : {Case{sound_server(), 0.06, 0.05}, Case{honest(), 0.09, 0.02}}) {
    CAPTURE(item.config.block_frames);
    ClockRig rig(item.config);
    rig.run_for(12);
    rig.errors_s.clear();
    rig.dac.stall_host(item.late_s);  // a late callback, while the host errs
    rig.dac.set_host_error_s(item.error_s);
    rig.run_for(0.3);
    rig.dac.set_host_error_s(0);
    rig.run_for(2);
    CHECK(largest_s(rig) < 3e-3);
  }
}

TEST_CASE("host_trust: a device that runs dry among late callbacks is followed, and its latency stays") {
  for (const double short_s : {0.06, 0.1}) {
    CAPTURE(short_s);
    ClockRig rig(sound_server());
    rig.run_for(12);
    rig.dac.set_wake({20e-6, 12e-3, 1.0, 0.2, 0.01});
    rig.run_for(5);
    for (int i = 0; i < 6; ++i) {
      const int before = rig.dac.underruns();
      rig.dac.stall_host(rig.dac.nominal_latency_s() + short_s);
      rig.run_for(1);
      CHECK(rig.dac.underruns() > before);
      rig.errors_s.clear();
      rig.run_for(5);
      CHECK(largest_s(rig) < 8e-3);
    }
    CHECK(rig.backwards == 0);
  }
}
