#include "clock/audio_clock.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "clock/clock_profiles.h"
#include "clock/clock_rig.h"
#include "clock/virtual_dac.h"

using hostmode::AudioObservation;
using hostmode_test::ClockRig;
using hostmode_test::desktop;
using hostmode_test::honest;
using hostmode_test::VirtualDacConfig;

TEST_CASE("audio_clock: late DAC times alone make no holes and no steps") {
  VirtualDacConfig config = desktop();
  config.host_epoch_s = 0;
  ClockRig rig(config);
  rig.edit = [](AudioObservation& callback) {
    callback.entry_s = callback.host_current_s = AudioObservation::kUnknown;
  };
  rig.run_for(20, 10);
  CHECK(rig.quantile(0.999) < 0.1e-3);
  CHECK(rig.backwards == 0);
  CHECK(rig.standing == 0);
}

TEST_CASE("audio_clock: the device's rate is found") {
  for (const double rate_error_ppm : {-500.0, 80.0, 500.0}) {
    ClockRig rig(desktop(rate_error_ppm));
    rig.run_for(15);
    CHECK(rig.clock.snapshot().rate_hz() ==
          doctest::Approx(48000 * (1 + rate_error_ppm * 1e-6)).epsilon(5e-6));
  }
}

TEST_CASE("audio_clock: a change of the rate is followed") {
  for (const double rate_error_ppm : {-200.0, 300.0}) {
    ClockRig rig(desktop(50));
    rig.run_for(30);
    rig.dac.set_rate_error_ppm(rate_error_ppm);
    rig.errors_s.clear();
    rig.run_for(20);
    CHECK(rig.quantile(1) < 1e-3);
    rig.errors_s.clear();
    rig.run_for(10);
    CHECK(rig.quantile(0.999) < 60e-6);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("audio_clock: where measured times are early as often as late, the clock is neither") {
  for (const bool entry_known : {true, false}) {
    CAPTURE(entry_known);
    VirtualDacConfig config = honest();
    config.host_epoch_s = 0;
    config.measurement_noise_s = 0.5e-3;
    ClockRig rig(config);
    if (!entry_known) {
      rig.edit = [](AudioObservation& callback) { callback.entry_s = AudioObservation::kUnknown; };
    }
    rig.run_for(20, 12);
    CHECK(rig.quantile(0.999) < 0.15e-3);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("audio_clock: a coarse clock whose ticks hardly drift past the blocks is half a tick off at most") {
  VirtualDacConfig config = hostmode_test::clock_profiles()[3].config;
  config.block_frames = 480;
  config.buffer_blocks = 10;
  for (const double rate_error_ppm : {0.0, 20.0, -500.0}) {
    config.rate_error_ppm = rate_error_ppm;
    ClockRig rig(config);
    rig.run_for(80, 5);
    CHECK(rig.quantile(0.999) <= 0.6e-3);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("audio_clock: errors stay within the goals in all timing profiles") {
  struct Limit {
    const char* name;
    double p999_s;
  };
  // Goal G3, as absolute limits that fit these profiles; the benchmark measures it as ratios.
  constexpr Limit kLimits[] = {{"real-time", 5e-6},
                               {"desktop", 38e-6},
                               {"bad", 90e-6},
                               {"1 ms quantised", 0.6e-3},
                               {"bursty", 80e-6},
                               {"host wrong for seconds", 4e-3},
                               {"callbacks late for seconds", 1e-3},
                               {"both for seconds", 5e-3},
                               {"host wandering", 1e-3}};
  const auto profiles = hostmode_test::clock_profiles();
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    REQUIRE(std::string(profiles[i].name) == kLimits[i].name);
    for (const double rate_error_ppm : {-500.0, 0.0, 500.0}) {
      CAPTURE(std::string(profiles[i].name));
      CAPTURE(rate_error_ppm);
      VirtualDacConfig config = profiles[i].config;
      config.rate_error_ppm = rate_error_ppm;
      const bool spells = config.wrong_host.most_s > 0 || config.busy.most_s > 0;
      ClockRig rig(config);
      rig.run_for(spells ? 80 : 14, spells ? 12 : 6);
      double bias_s = 0;
      for (const double error_s : rig.errors_s) bias_s += error_s / static_cast<double>(rig.errors_s.size());
      CHECK(std::abs(bias_s) <= (spells ? 1e-3 : 60e-6));
      CHECK(rig.quantile(0.999) <= kLimits[i].p999_s);
      CHECK(rig.backwards == 0);
      CHECK(rig.standing == 0);
      CHECK(rig.beyond_rendered == 0);
    }
  }
}

TEST_CASE("audio_clock: all block sizes and rates converge within two seconds") {
  for (const double rate_hz : {8000.0, 48000.0, 192000.0}) {
    for (const std::int64_t block_frames : {64, 480, 2048}) {
      CAPTURE(rate_hz);
      CAPTURE(block_frames);
      VirtualDacConfig config = desktop(-400);
      config.rate_hz = rate_hz;
      config.block_frames = block_frames;
      config.buffer_blocks = std::max(2, static_cast<int>(0.1 * rate_hz / static_cast<double>(block_frames)));
      ClockRig rig(config);
      rig.run_for(6, 2);
      CHECK(rig.quantile(0.999) <= 0.5e-3);
      CHECK(rig.backwards == 0);
      CHECK(rig.standing == 0);
      CHECK(rig.beyond_rendered == 0);
    }
  }
}
