// How far audio clocks are from the truth: hostmode's, a JACK-style delay-locked loop at two bandwidths, and
// the raw time of the last callback. All see the same callbacks of the same virtual device and are asked at
// the same instants. Prints a table for each timing profile and fails where a goal is missed.
//
//   clock_accuracy [seconds a run, 120]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "clock/audio_clock.h"
#include "clock/clock_profiles.h"
#include "clock/virtual_dac.h"
#include "dll_clock.h"
#include "raw_clock.h"

namespace {

using hostmode::AudioClock;
using hostmode::AudioObservation;
using hostmode_test::VirtualDac;
using hostmode_test::VirtualDacConfig;

constexpr double kWarmUp_s = 20;  // the loops need it; AudioClock's own first seconds are listed apart
constexpr double kQueryStep_s = 1.0 / 1009;
constexpr double kRateErrors_ppm[] = {-500, -130, 0, 270, 500};

struct Errors {
  std::vector<double> signed_s;

  [[nodiscard]] double quantile(double q) const {
    std::vector<double> magnitudes;
    magnitudes.reserve(signed_s.size());
    for (const double error_s : signed_s) magnitudes.push_back(std::abs(error_s));
    const auto rank = static_cast<std::ptrdiff_t>(q * static_cast<double>(magnitudes.size() - 1));
    std::nth_element(magnitudes.begin(), magnitudes.begin() + rank, magnitudes.end());
    return magnitudes[static_cast<std::size_t>(rank)];
  }
  [[nodiscard]] double bias() const {
    double sum = 0;
    for (const double error_s : signed_s) sum += error_s;
    return sum / static_cast<double>(signed_s.size());
  }
};

struct Result {
  Errors ours, slow_dll, fast_dll, raw;
  Errors first_second, second_second, third_to_fifth;
  std::int64_t not_increasing = 0;
  std::vector<double> observe_ns;
};

void run(const VirtualDacConfig& config, double seconds, Result& result) {
  VirtualDac dac(config);
  AudioClock clock(config.rate_hz, dac.nominal_latency_s());
  peers::DllClock slow_dll(config.rate_hz, 0.125, 0.1);
  peers::DllClock fast_dll(config.rate_hz, 0.3, 0.1);
  peers::RawClock raw(config.rate_hz);
  std::int64_t callbacks = 0;
  std::int64_t step = 0;
  double last_frame = 0;

  while (dac.now_s() < config.start_s + seconds) {
    const AudioObservation callback = dac.next_callback();
    for (double t_s; (t_s = config.start_s + static_cast<double>(step) * kQueryStep_s) < callback.entry_s;
         ++step) {
      const double truth = dac.heard_frame_at(t_s);
      if (truth <= 0) continue;
      const double frame = clock.snapshot().frame_at(t_s);
      result.not_increasing +=
          frame <= last_frame && frame < static_cast<double>(dac.rendered_frames() - callback.frame_count)
              ? 1
              : 0;
      last_frame = frame;
      const double error_s = (frame - truth) / config.rate_hz;
      const double age_s = t_s - config.start_s;
      if (age_s < 1)
        result.first_second.signed_s.push_back(error_s);
      else if (age_s < 2)
        result.second_second.signed_s.push_back(error_s);
      else if (age_s < 5)
        result.third_to_fifth.signed_s.push_back(error_s);
      if (age_s < kWarmUp_s) continue;
      result.ours.signed_s.push_back(error_s);
      result.slow_dll.signed_s.push_back((slow_dll.frame_at(t_s) - truth) / config.rate_hz);
      result.fast_dll.signed_s.push_back((fast_dll.frame_at(t_s) - truth) / config.rate_hz);
      result.raw.signed_s.push_back((raw.frame_at(t_s) - truth) / config.rate_hz);
    }
    const auto before = std::chrono::steady_clock::now();
    clock.observe(callback);
    result.observe_ns.push_back(
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - before).count());
    ++callbacks;
    // The last block of a period: the one whose time an assumed latency suits.
    const std::int64_t after_start = callbacks - config.buffer_blocks;
    if (after_start >= 0 && after_start % config.period_blocks == 0) {
      const double heard_s = callback.entry_s + (callback.dac_s - callback.host_current_s);
      slow_dll.observe(callback.first_frame, callback.frame_count, heard_s);
      fast_dll.observe(callback.first_frame, callback.frame_count, heard_s);
      raw.observe(callback.first_frame, callback.frame_count, heard_s);
    }
  }
}

void print(const char* name, const Errors& errors, const Errors& ours) {
  std::printf("  %-22s %10.2f %10.2f %10.2f %10.2f %9.1fx\n", name, errors.quantile(0.5) * 1e6,
              errors.quantile(0.999) * 1e6, errors.quantile(1) * 1e6, errors.bias() * 1e6,
              errors.quantile(0.999) / ours.quantile(0.999));
}

int misses = 0;

void expect(bool met, const char* goal) {
  if (!met) ++misses;
  std::printf("  %s: %s\n", met ? "met" : "MISSED", goal);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 120;
  for (const hostmode_test::ClockProfile& profile : hostmode_test::clock_profiles()) {
    Result all;
    std::uint64_t seed = 1;
    for (const double rate_error_ppm : kRateErrors_ppm) {
      VirtualDacConfig config = profile.config;
      config.rate_error_ppm = rate_error_ppm;
      config.seed = seed++;
      run(config, seconds, all);
    }
    std::printf("%s: error against the truth in us, five rate errors within 500 ppm, %.0f s each\n",
                profile.name, seconds);
    std::printf("  %-22s %10s %10s %10s %10s %10s\n", "", "p50", "p99.9", "max", "bias", "p99.9");
    print("hostmode", all.ours, all.ours);
    print("DLL, 0.125 Hz (JACK)", all.slow_dll, all.ours);
    print("DLL, 0.3 Hz", all.fast_dll, all.ours);
    print("raw callback time", all.raw, all.ours);
    print("hostmode, 1st second", all.first_second, all.ours);
    print("hostmode, 2nd second", all.second_second, all.ours);
    print("hostmode, 2 to 5 s", all.third_to_fifth, all.ours);

    const std::string name = profile.name;
    const double ours_s = all.ours.quantile(0.999);
    const double dll_s = std::min(all.slow_dll.quantile(0.999), all.fast_dll.quantile(0.999));
    expect(all.not_increasing == 0, "strictly increasing");
    if (name == "desktop" || name == "bad") {
      expect(ours_s <= dll_s / 2, "at most half of the better loop's p99.9");
      expect(ours_s <= all.raw.quantile(0.999) / 70, "at most 1/70 of the raw callback time's p99.9");
      expect(std::abs(all.ours.bias()) <= 50e-6, "bias at most 50 us");
    } else if (name == "real-time") {
      expect(ours_s <= 5e-6, "p99.9 at most 5 us");
    } else if (name == "1 ms quantised") {
      expect(ours_s <= 0.6e-3, "p99.9 at most 0.6 ms");
      expect(ours_s <= dll_s, "no worse than the better loop");
    } else if (profile.config.wrong_host.most_s > 0 || profile.config.busy.most_s > 0) {
      expect(ours_s <= 5e-3, "p99.9 at most 5 ms");
      expect(all.ours.quantile(1) <= 8e-3, "largest at most 8 ms");
      expect(std::abs(all.ours.bias()) <= 1e-3, "bias at most 1 ms");
    }
    std::sort(all.observe_ns.begin(), all.observe_ns.end());
    std::printf("  observe(): median %.0f ns, p99 %.0f ns, the reading of the time included\n\n",
                all.observe_ns[all.observe_ns.size() / 2], all.observe_ns[all.observe_ns.size() * 99 / 100]);
  }
  return misses == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
