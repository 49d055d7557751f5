// What the clock goes by where the host's word, the pace of the callbacks and an assumed latency disagree.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "clock/audio_clock.h"
#include "clock/clock_rig.h"

using hostmode::AudioClock;
using hostmode::AudioObservation;
using hostmode::ClockSource;
using hostmode_test::ClockRig;
using hostmode_test::desktop;
using hostmode_test::honest;
using hostmode_test::HostReport;
using hostmode_test::VirtualDacConfig;

namespace {

constexpr double kUnknown = AudioObservation::kUnknown;

// A clock that is told of a block every 10 ms, of a host with its own epoch.
struct Told {
  explicit Told(double assumed_s) : clock(48000, assumed_s) {}

  // With the latency that the host measures, to some microseconds; NaN: it says nothing.
  // `dispatch_s`: from the host's stamp to the callback's entry.
  void say(double latency_s, double dispatch_s = 0) {
    const double scatter_s = 2e-5 * std::fmod(0.618034 * static_cast<double>(frame) / 480, 1);
    const double host_s = entry_s - 900;
    clock.observe({frame, 480, entry_s + dispatch_s, host_s + latency_s + scatter_s, host_s});
    frame += 480;
    entry_s += 0.01;
  }
  void run(double seconds, double latency_s) {
    for (double t_s = 0; t_s < seconds - 0.005; t_s += 0.01) say(latency_s);
  }
  // From the last callback to its block being heard.
  [[nodiscard]] double latency_s() const {
    return clock.snapshot().time_of(static_cast<double>(frame - 480)) - (entry_s - 0.01);
  }

  AudioClock clock;
  std::int64_t frame = 0;
  double entry_s = 1000;
};

}  // namespace

TEST_CASE("audio_clock: a host that falls silent leaves the latency that it has shown") {
  Told told(0.5);
  told.run(10, 0.08);
  told.run(5, kUnknown);
  CHECK(told.clock.snapshot().source() == ClockSource::kCallback);
  CHECK(std::abs(told.latency_s() - 0.08) < 0.0008);
}

TEST_CASE("audio_clock: after a hole, a source that knows nothing is another device") {
  Told told(0.3);
  told.run(10, 0.08);
  told.run(0.05, kUnknown);
  told.entry_s += 2;
  told.run(4, kUnknown);
  CHECK(told.latency_s() == doctest::Approx(0.08).epsilon(0.02));

  Told other(0.3);
  other.run(10, 0.08);
  other.say(kUnknown);
  other.entry_s += 2;  // the second fault in a row, and a hole
  other.run(4, kUnknown);
  CHECK(other.latency_s() == doctest::Approx(0.3).epsilon(0.02));
}

TEST_CASE("audio_clock: a host that begins to speak is followed at once while no latency is known") {
  Told told(0.05);
  told.run(0.3, kUnknown);
  told.run(0.05, 0.25);
  CHECK(told.latency_s() == doctest::Approx(0.25).epsilon(0.05));
}

TEST_CASE("audio_clock: a callback without a usable time shows that the device has run dry") {
  Told told(0.08);
  told.run(5, 0.08);
  const double rendered = static_cast<double>(told.frame);
  told.entry_s += 1;
  told.say(kUnknown);
  CHECK(told.clock.snapshot().frame_at(told.entry_s - 0.3) == doctest::Approx(rendered));
  CHECK(told.clock.snapshot().time_of(rendered) >= told.entry_s - 0.01 - 1e-6);
}

TEST_CASE("audio_clock: time lost on the way to the callback is no hole, however many callbacks lose it") {
  Told told(0.08);
  told.run(10, 0.08);
  for (int i = 0; i < 8; ++i) {
    told.say(0.08, 0.012);
    CHECK(std::abs(told.latency_s() - 0.08) < 2e-3);
  }
}

TEST_CASE("audio_clock: nothing is heard before it is asked for, whatever the host says") {
  for (const double error_s : {-0.2, -0.4}) {
    ClockRig rig(honest());
    rig.run_for(5);
    const double rendered = static_cast<double>(rig.dac.rendered_frames());
    rig.dac.stall_host(0.5);
    rig.dac.set_host_error_s(error_s);
    rig.step();
    CHECK(rig.clock.snapshot().time_of(rendered) >= rig.dac.now_s() - 1e-6);
    CHECK(rig.clock.snapshot().frame_at(rig.dac.now_s() - 0.1) == doctest::Approx(rendered));
    rig.dac.set_host_error_s(0);
    rig.run_for(0.5);
    CHECK(rig.backwards == 0);
    CHECK(rig.beyond_rendered == 0);
  }
}

TEST_CASE("audio_clock: a burst after a late callback confirms no hole that the host claims") {
  for (const double late_s : {0.04, 0.06, 0.08}) {
    CAPTURE(late_s);
    ClockRig rig(honest());
    rig.run_for(12);
    rig.errors_s.clear();
    rig.dac.stall_host(late_s);
    rig.dac.set_host_error_s(late_s - 0.005);
    rig.run_for(0.15);
    rig.dac.set_host_error_s(0);
    rig.run_for(1);
    CHECK(rig.quantile(1) < 3e-3);
  }
}

TEST_CASE("audio_clock: assumed times are late whatever the distribution of the lateness") {
  VirtualDacConfig config = desktop(0);
  config.report = HostReport::kAssumed;
  config.wake = {0, 3e-3, 0.05, 0, 0};
  ClockRig rig(config);
  rig.run_for(40, 20);
  double late_s = 0;
  for (const double error_s : rig.errors_s) late_s -= error_s / static_cast<double>(rig.errors_s.size());
  CHECK(late_s < 2.8e-3);  // the mean is 3 ms, the earliest 2.5
}

TEST_CASE("audio_clock: what a correction changes of the pace is too little to be seen") {
  ClockRig rig(desktop());
  rig.run_for(6);
  double fastest = 0;
  for (int i = 0; i < 2000; ++i) {
    rig.step();
    const double now_s = rig.dac.now_s();
    const auto& snapshot = rig.clock.snapshot();
    const double pace = (snapshot.frame_at(now_s + 4e-6) - snapshot.frame_at(now_s)) / 4e-6 / 48000;
    fastest = std::max(fastest, std::abs(pace - 1));
  }
  CHECK(fastest < 0.05);
}
