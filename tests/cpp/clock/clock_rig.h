// A virtual device, an audio clock that observes it, and a reader that asks for the present all the time.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "clock/audio_clock.h"
#include "clock/clock_profiles.h"
#include "clock/virtual_dac.h"

namespace hostmode_test {

class ClockRig {
 public:
  explicit ClockRig(const VirtualDacConfig& config)
      : dac(config), clock(config.rate_hz, dac.nominal_latency_s()), config_(config) {}

  // Runs on, asking every millisecond, and collects the errors from `measure_after_s` on.
  void run_for(double seconds, double measure_after_s = 0) {
    const double begin_s = dac.now_s();
    while (dac.now_s() < begin_s + seconds) step(begin_s + measure_after_s);
  }

  void step(double measure_from_s = 0) {
    hostmode::AudioObservation callback = dac.next_callback();
    if (query_s_ == 0) query_s_ = callback.entry_s;
    for (; query_s_ < callback.entry_s; query_s_ += kQuery_s) ask(query_s_, measure_from_s);
    if (edit) edit(callback);
    clock.observe(callback);
  }

  [[nodiscard]] double error_s(double t_s) const {
    return (clock.snapshot().frame_at(t_s) - dac.heard_frame_at(t_s)) / config_.rate_hz;
  }

  [[nodiscard]] double quantile(double q) {
    REQUIRE(!errors_s.empty());
    std::sort(errors_s.begin(), errors_s.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    return std::abs(errors_s[static_cast<std::size_t>(q * static_cast<double>(errors_s.size() - 1))]);
  }

  VirtualDac dac;
  hostmode::AudioClock clock;
  void (*edit)(hostmode::AudioObservation&) = nullptr;
  std::vector<double> errors_s;
  int backwards = 0;
  int standing = 0;  // although frames remained
  int beyond_rendered = 0;

 private:
  static constexpr double kQuery_s = 1.0 / 997;

  void ask(double t_s, double measure_from_s) {
    const hostmode::ClockSnapshot snapshot = clock.snapshot();
    const double frame = snapshot.frame_at(t_s);
    const double rendered = static_cast<double>(snapshot.rendered_frames());
    beyond_rendered += frame > rendered ? 1 : 0;
    const bool remain = frame < rendered && frame > 0;
    backwards += frame < last_frame_ ? 1 : 0;
    standing += remain && frame == last_frame_ ? 1 : 0;
    last_frame_ = frame;
    if (t_s >= measure_from_s && frame > 0) errors_s.push_back(error_s(t_s));
  }

  VirtualDacConfig config_;
  double query_s_ = 0;
  double last_frame_ = 0;
};

[[nodiscard]] inline VirtualDacConfig desktop(double rate_error_ppm = 300) {
  VirtualDacConfig config = clock_profiles()[1].config;
  config.rate_error_ppm = rate_error_ppm;
  return config;
}

// A host that measures, seldom late.
[[nodiscard]] inline VirtualDacConfig honest() {
  VirtualDacConfig config = desktop();
  config.report = HostReport::kMeasured;
  config.wake = {10e-6, 60e-6, 0.8, 0, 0};
  return config;
}

inline void forget_dac(hostmode::AudioObservation& callback) {
  callback.dac_s = callback.host_current_s = hostmode::AudioObservation::kUnknown;
}

}  // namespace hostmode_test
