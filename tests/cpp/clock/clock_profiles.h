// Nine ways in which callbacks are timed, from a real-time system to a busy one, for judging clocks.
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
//
// The last four are a sound server on a busy machine, asked for 25 ms at a time: it measures, but is off by
// up to 60 ms for 1 to 8 s; callbacks come late for as long, by up to some tens of milliseconds; or both. Or
// the host wanders: with each of its reports, every second and a half, it errs by some other milliseconds.
[[nodiscard]] inline std::array<ClockProfile, 9> clock_profiles() {
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

  VirtualDacConfig server = desktop;
  server.report = HostReport::kMeasured;
  server.measurement_noise_s = 20e-6;
  server.block_frames = 1200;
  server.buffer_blocks = 4;
  server.wake = {10e-6, 60e-6, 0.8, 0, 0};

  VirtualDacConfig wrong = server;
  wrong.wrong_host = {12, 1, 8};
  wrong.wrong_host_s = 0.06;

  VirtualDacConfig late = server;
  late.busy = {12, 1, 8};
  late.busy_wake = {20e-6, 1e-3, 1.0, 0.2, 0.005};

  VirtualDacConfig both = wrong;
  both.busy = late.busy;
  both.busy_wake = late.busy_wake;

  VirtualDacConfig wandering = server;
  wandering.wrong_host = {12, 1.5, 1.5};
  wandering.wrong_host_s = 0.003;

  return {{{"real-time", realtime},
           {"desktop", desktop},
           {"bad", bad},
           {"1 ms quantised", quantised},
           {"bursty", bursty},
           {"host wrong for seconds", wrong},
           {"callbacks late for seconds", late},
           {"both for seconds", both},
           {"host wandering", wandering}}};
}

}  // namespace hostmode_test
