// Five ways in which callbacks are timed, from a real-time system to a bad one, for judging clocks.
#pragma once

#include <array>

#include "clock/virtual_dac.h"

namespace hostmode_test {

struct ClockProfile {
  const char* name;
  VirtualDacConfig config;
};

// Real-time: a locked, prioritised thread. Desktop: an everyday 60 us, and every hundredth callback stalled
// by some milliseconds, so that a callback's time is 7 ms off at the 99.9th percentile. Bad: a loaded
// machine. Quantised: the host's clock ticks in milliseconds. Bursty: four blocks at a time. All but the
// quantised host assume their latency, so that lateness goes into their DAC times in full.
[[nodiscard]] inline std::array<ClockProfile, 5> clock_profiles() {
  VirtualDacConfig realtime;
  realtime.report = HostReport::kAssumed;
  realtime.host_epoch_s = -777.7;
  realtime.wake = {1e-6, 3e-6, 0.5, 0, 0};
  realtime.dispatch = {0, 0.5e-6, 0.5, 0, 0};

  VirtualDacConfig desktop = realtime;
  desktop.wake = {10e-6, 60e-6, 0.8, 0.01, 0.003};
  desktop.dispatch = {1e-6, 3e-6, 0.8, 0, 0};

  VirtualDacConfig bad = desktop;
  bad.wake = {20e-6, 300e-6, 1.0, 0.05, 0.006};
  bad.dispatch = {2e-6, 10e-6, 1.0, 0.001, 0.001};

  VirtualDacConfig quantised = desktop;
  quantised.report = HostReport::kMeasured;
  quantised.quantum_s = 1e-3;

  VirtualDacConfig bursty = desktop;
  bursty.buffer_blocks = 20;
  bursty.period_blocks = 4;

  return {{{"real-time", realtime},
           {"desktop", desktop},
           {"bad", bad},
           {"1 ms quantised", quantised},
           {"bursty", bursty}}};
}

}  // namespace hostmode_test
