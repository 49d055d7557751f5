#include "clock/audio_clock.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "clock/clock_profiles.h"
#include "clock/clock_rig.h"
#include "clock/virtual_dac.h"

using hostmode::AudioClock;
using hostmode::AudioObservation;
using hostmode::ClockSnapshot;
using hostmode::ClockSource;
using hostmode_test::ClockRig;
using hostmode_test::desktop;
using hostmode_test::honest;
using hostmode_test::HostReport;
using hostmode_test::VirtualDacConfig;

TEST_CASE("audio_clock: snapshots are small values") {
  static_assert(std::is_trivially_copyable_v<ClockSnapshot>);
  CHECK(sizeof(ClockSnapshot) <= 256);
}

TEST_CASE("audio_clock: before any observation nothing is heard and no time is known") {
  const AudioClock clock(48000, 0.1);
  CHECK_FALSE(clock.snapshot().started());
  CHECK(clock.snapshot().frame_at(12.0) == 0);
  CHECK(std::isnan(clock.snapshot().time_of(0)));
  CHECK(clock.snapshot().source() == ClockSource::kNone);
}

TEST_CASE("audio_clock: exact DAC times alone are reproduced exactly, from time zero on") {
  AudioClock clock(16000, 0.1);
  for (int i = 0; i < 500; ++i) {
    clock.observe({i * 160, 160, AudioObservation::kUnknown, i * 0.01, AudioObservation::kUnknown});
    const double t_s = i * 0.01 + 0.005;
    REQUIRE(clock.snapshot().frame_at(t_s) == doctest::Approx(t_s * 16000).epsilon(1e-9));
    REQUIRE(clock.snapshot().time_of(i * 160 + 80) == doctest::Approx(t_s).epsilon(1e-9));
  }
  CHECK(clock.snapshot().faults() == 0);
  CHECK(clock.snapshot().source() == ClockSource::kDacTime);
}

TEST_CASE("audio_clock: a hole in the DAC times alone is a wait at the last frame rendered") {
  AudioClock clock(16000, 0.1);
  for (int i = 0; i < 100; ++i) {
    const double dac_s = 50 + i * 0.01 + (i >= 60 ? 0.5 : 0);
    clock.observe({i * 160, 160, AudioObservation::kUnknown, dac_s, AudioObservation::kUnknown});
    if (i == 60) {
      CHECK(clock.snapshot().frame_at(50.601) == 9600);
      CHECK(clock.snapshot().frame_at(51.099) == 9600);
      CHECK(clock.snapshot().frame_at(51.105) == doctest::Approx(9680));
      CHECK(clock.snapshot().frame_at(50.595) == doctest::Approx(9520));
    }
  }
  CHECK(clock.snapshot().frame_at(51.495) == doctest::Approx(160 * 99 + 80));
}

TEST_CASE("audio_clock: in steady DAC times a hole of ten milliseconds is one at once") {
  AudioClock clock(48000, 0.1);
  for (int i = 0; i < 200; ++i) {
    const double dac_s = 10 + i * 0.01 + (i >= 150 ? 0.01 : 0);
    clock.observe({i * 480, 480, AudioObservation::kUnknown, dac_s, AudioObservation::kUnknown});
  }
  CHECK(clock.snapshot().frame_at(11.495) == doctest::Approx(149 * 480 + 240));
  CHECK(clock.snapshot().frame_at(11.505) == 150 * 480);
  CHECK(clock.snapshot().frame_at(11.515) == doctest::Approx(150 * 480 + 240));
}

TEST_CASE("audio_clock: present times increase strictly across snapshots, however densely asked") {
  ClockRig rig(hostmode_test::clock_profiles()[2].config);
  double last = -1;
  double t_s = 1000;
  int wrong = 0;
  for (int i = 0; i < 2000; ++i) {
    const AudioObservation callback = rig.dac.next_callback();
    for (; t_s < callback.entry_s; t_s += 20e-6) {
      const double frame = rig.clock.snapshot().frame_at(t_s);
      wrong += frame <= last && frame > 0 ? 1 : 0;
      last = frame;
    }
    rig.clock.observe(callback);
  }
  CHECK(wrong == 0);
}

TEST_CASE("audio_clock: an observation leaves the past as it was") {
  ClockRig rig(hostmode_test::clock_profiles()[2].config);
  rig.run_for(1);
  for (int i = 0; i < 1000; ++i) {
    const ClockSnapshot before = rig.clock.snapshot();
    const double then_s = rig.dac.now_s();
    rig.step();
    for (const double back_s : {0.0, 0.001, 0.004}) {
      const double t_s = std::max(then_s, rig.dac.now_s() - back_s);
      REQUIRE(rig.clock.snapshot().frame_at(t_s) == doctest::Approx(before.frame_at(t_s)).epsilon(1e-12));
    }
  }
}

TEST_CASE("audio_clock: time_of is the inverse of frame_at") {
  ClockRig rig(desktop());
  rig.run_for(3);
  const ClockSnapshot& snapshot = rig.clock.snapshot();
  for (double t_s = rig.dac.now_s() - 0.05; t_s < rig.dac.now_s() + 0.05; t_s += 0.003) {
    CHECK(snapshot.time_of(snapshot.frame_at(t_s)) == doctest::Approx(t_s).epsilon(1e-12));
  }
}

TEST_CASE("audio_clock: while no callback comes it runs to the last frame rendered and stands") {
  ClockRig rig(honest());
  rig.run_for(2);
  const ClockSnapshot& snapshot = rig.clock.snapshot();
  CHECK(snapshot.frame_at(rig.dac.now_s() + 0.05) < static_cast<double>(snapshot.rendered_frames()));
  CHECK(snapshot.frame_at(rig.dac.now_s() + 1) == static_cast<double>(snapshot.rendered_frames()));
}

TEST_CASE("audio_clock: after an underrun the first callback puts it right") {
  for (const HostReport report : {HostReport::kMeasured, HostReport::kAssumed}) {
    VirtualDacConfig config = honest();
    config.report = report;
    ClockRig rig(config);
    rig.run_for(5);
    rig.dac.stall_host(5);
    rig.step();
    if (report == HostReport::kAssumed) {
      // This host's latency is that of a full buffer, and only the burst that fills it shows when that is.
      for (int i = 1; i < config.buffer_blocks; ++i) rig.step();
    }
    rig.errors_s.clear();
    rig.run_for(1);
    CHECK(rig.quantile(1) < 0.5e-3);
    CHECK(rig.backwards == 0);
    CHECK(rig.beyond_rendered == 0);
  }
}

TEST_CASE("audio_clock: after a freeze the map waits for the device, then is right") {
  for (const HostReport report : {HostReport::kMeasured, HostReport::kAssumed}) {
    VirtualDacConfig config = honest();
    config.report = report;
    ClockRig rig(config);
    rig.run_for(5);
    rig.dac.freeze_device(5);
    rig.step();
    // What the device had buffered when it froze had passed on the map already, so it is waited for.
    CHECK(
        rig.clock.snapshot().time_of(static_cast<double>(rig.clock.snapshot().rendered_frames())) ==
        doctest::Approx(rig.dac.heard_time_of(static_cast<double>(rig.dac.rendered_frames()))).epsilon(1e-6));
    rig.run_for(1, 0.11);
    rig.errors_s.clear();
    rig.run_for(1);
    CHECK(rig.quantile(1) < 0.2e-3);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE(
    "audio_clock: a freeze shorter than the buffer is seen by the first callback of a host that measures") {
  ClockRig rig(honest());
  rig.run_for(5);
  rig.dac.freeze_device(0.03);
  rig.run_for(0.08);  // 30 ms frozen, and a little more to wait at a slower pace
  rig.errors_s.clear();
  rig.run_for(1);
  CHECK(rig.quantile(1) < 0.2e-3);
  CHECK(rig.backwards == 0);
}

TEST_CASE("audio_clock: a late callback is no hole") {
  for (const HostReport report : {HostReport::kMeasured, HostReport::kAssumed}) {
    VirtualDacConfig config = honest();
    config.report = report;
    ClockRig rig(config);
    rig.run_for(5);
    rig.dac.stall_host(0.08);
    rig.errors_s.clear();
    rig.run_for(1);
    CHECK(rig.dac.underruns() == 0);
    CHECK(rig.quantile(1) < 0.1e-3);
  }
}

TEST_CASE("audio_clock: a device that begins late does not leave the clock early") {
  VirtualDacConfig config = desktop();
  config.start_delay_s = 0.004;
  ClockRig rig(config);
  rig.run_for(4, 1);
  CHECK(rig.quantile(1) < 0.2e-3);
}
