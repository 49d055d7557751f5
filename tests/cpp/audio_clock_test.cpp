#include "hostmode/audio_clock.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "clock_profiles.h"
#include "virtual_dac.h"

using hostmode::AudioClock;
using hostmode::AudioObservation;
using hostmode::ClockFault;
using hostmode::ClockSnapshot;
using hostmode::ClockSource;
using hostmode_test::HostReport;
using hostmode_test::Lie;
using hostmode_test::VirtualDac;
using hostmode_test::VirtualDacConfig;

namespace {

constexpr double kQuery_s = 1.0 / 997;

// A device, a clock that observes it, and a reader that asks for the present all the time.
class Rig {
 public:
  explicit Rig(const VirtualDacConfig& config)
      : dac(config), clock(config.rate_hz, dac.nominal_latency_s()), config_(config) {}

  // Runs on, asking every millisecond, and collects the errors from `measure_after_s` on.
  void run_for(double seconds, double measure_after_s = 0) {
    const double begin_s = dac.now_s();
    while (dac.now_s() < begin_s + seconds) step(begin_s + measure_after_s);
  }

  void step(double measure_from_s = 0) {
    AudioObservation callback = dac.next_callback();
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
  AudioClock clock;
  void (*edit)(AudioObservation&) = nullptr;
  std::vector<double> errors_s;
  int backwards = 0;
  int standing = 0;  // although frames remained
  int beyond_rendered = 0;

 private:
  void ask(double t_s, double measure_from_s) {
    const ClockSnapshot snapshot = clock.snapshot();
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

VirtualDacConfig desktop(double rate_error_ppm = 300) {
  VirtualDacConfig config = hostmode_test::clock_profiles()[1].config;
  config.rate_error_ppm = rate_error_ppm;
  return config;
}

// A host that measures, seldom late.
VirtualDacConfig honest() {
  VirtualDacConfig config = desktop();
  config.report = HostReport::kMeasured;
  config.wake = {10e-6, 60e-6, 0.8, 0, 0};
  return config;
}

void forget_dac(AudioObservation& callback) {
  callback.dac_s = callback.host_current_s = AudioObservation::kUnknown;
}

}  // namespace

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

TEST_CASE("audio_clock: late DAC times alone make no holes and no steps") {
  VirtualDacConfig config = desktop();
  config.host_epoch_s = 0;
  Rig rig(config);
  rig.edit = [](AudioObservation& callback) {
    callback.entry_s = callback.host_current_s = AudioObservation::kUnknown;
  };
  rig.run_for(20, 10);
  CHECK(rig.quantile(0.999) < 0.1e-3);
  CHECK(rig.backwards == 0);
  CHECK(rig.standing == 0);
}

TEST_CASE("audio_clock: entries without DAC times give the assumed latency") {
  Rig rig(desktop());
  rig.edit = forget_dac;
  rig.run_for(8, 4);
  CHECK(rig.clock.snapshot().source() == ClockSource::kCallback);
  CHECK(rig.quantile(0.999) < 40e-6);
}

TEST_CASE("audio_clock: callbacks that know nothing continue at the rate known so far") {
  Rig rig(honest());
  rig.run_for(10);
  rig.edit = [](AudioObservation& callback) {
    forget_dac(callback);
    callback.entry_s = AudioObservation::kUnknown;
  };
  rig.errors_s.clear();
  rig.run_for(10, 1);
  CHECK(rig.clock.snapshot().source() == ClockSource::kFreeRun);
  CHECK(rig.quantile(1) < 50e-6);
}

TEST_CASE("audio_clock: the device's rate is found") {
  for (const double rate_error_ppm : {-500.0, 80.0, 500.0}) {
    Rig rig(desktop(rate_error_ppm));
    rig.run_for(15);
    CHECK(rig.clock.snapshot().rate_hz() ==
          doctest::Approx(48000 * (1 + rate_error_ppm * 1e-6)).epsilon(5e-6));
  }
}

TEST_CASE("audio_clock: a change of the rate is followed") {
  for (const double rate_error_ppm : {-200.0, 300.0}) {
    Rig rig(desktop(50));
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
  VirtualDacConfig config = honest();
  config.measurement_noise_s = 0.5e-3;
  Rig rig(config);
  rig.run_for(20, 12);
  CHECK(rig.quantile(0.999) < 0.15e-3);
  CHECK(rig.backwards == 0);
}

TEST_CASE("audio_clock: a coarse clock whose ticks hardly drift past the blocks is half a tick off at most") {
  VirtualDacConfig config = hostmode_test::clock_profiles()[3].config;
  config.block_frames = 480;
  config.buffer_blocks = 10;
  for (const double rate_error_ppm : {0.0, 20.0, -500.0}) {
    config.rate_error_ppm = rate_error_ppm;
    Rig rig(config);
    rig.run_for(80, 5);
    CHECK(rig.quantile(0.999) <= 0.6e-3);
    CHECK(rig.backwards == 0);
  }
}

TEST_CASE("audio_clock: errors stay within the goals in five timing profiles") {
  struct Limit {
    const char* name;
    double p999_s;
  };
  // Goal G3, as absolute limits that fit these profiles; the benchmark measures it as ratios.
  constexpr Limit kLimits[] = {
      {"real-time", 5e-6}, {"desktop", 38e-6}, {"bad", 90e-6}, {"1 ms quantised", 0.6e-3}, {"bursty", 80e-6}};
  const auto profiles = hostmode_test::clock_profiles();
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    REQUIRE(std::string(profiles[i].name) == kLimits[i].name);
    for (const double rate_error_ppm : {-500.0, 0.0, 500.0}) {
      CAPTURE(std::string(profiles[i].name));
      CAPTURE(rate_error_ppm);
      VirtualDacConfig config = profiles[i].config;
      config.rate_error_ppm = rate_error_ppm;
      Rig rig(config);
      rig.run_for(14, 6);
      double bias_s = 0;
      for (const double error_s : rig.errors_s) bias_s += error_s / static_cast<double>(rig.errors_s.size());
      CHECK(std::abs(bias_s) <= 60e-6);
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
      Rig rig(config);
      rig.run_for(6, 2);
      CHECK(rig.quantile(0.999) <= 0.5e-3);
      CHECK(rig.backwards == 0);
      CHECK(rig.standing == 0);
      CHECK(rig.beyond_rendered == 0);
    }
  }
}

TEST_CASE("audio_clock: present times increase strictly across snapshots, however densely asked") {
  Rig rig(hostmode_test::clock_profiles()[2].config);
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
  Rig rig(hostmode_test::clock_profiles()[2].config);
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
  Rig rig(desktop());
  rig.run_for(3);
  const ClockSnapshot& snapshot = rig.clock.snapshot();
  for (double t_s = rig.dac.now_s() - 0.05; t_s < rig.dac.now_s() + 0.05; t_s += 0.003) {
    CHECK(snapshot.time_of(snapshot.frame_at(t_s)) == doctest::Approx(t_s).epsilon(1e-12));
  }
}

TEST_CASE("audio_clock: while no callback comes it runs to the last frame rendered and stands") {
  Rig rig(honest());
  rig.run_for(2);
  const ClockSnapshot& snapshot = rig.clock.snapshot();
  CHECK(snapshot.frame_at(rig.dac.now_s() + 0.05) < static_cast<double>(snapshot.rendered_frames()));
  CHECK(snapshot.frame_at(rig.dac.now_s() + 1) == static_cast<double>(snapshot.rendered_frames()));
}

TEST_CASE("audio_clock: after an underrun the first callback puts it right") {
  for (const HostReport report : {HostReport::kMeasured, HostReport::kAssumed}) {
    VirtualDacConfig config = honest();
    config.report = report;
    Rig rig(config);
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
    Rig rig(config);
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
  Rig rig(honest());
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
    Rig rig(config);
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
  Rig rig(config);
  rig.run_for(4, 1);
  CHECK(rig.quantile(1) < 0.2e-3);
}

TEST_CASE("audio_clock: each way of lying is noticed within three callbacks and survived") {
  struct Case {
    const char* name;
    Lie lie;
    ClockFault fault;
    double quantum_s;
    int period_blocks;
  };
  const Case cases[] = {{"zero", Lie::kZero, ClockFault::kNoDacTime, 0, 1},
                        {"frozen", Lie::kFrozen, ClockFault::kFrozenDacTime, 0, 1},
                        {"wrong epoch", Lie::kWrongEpoch, ClockFault::kWrongEpoch, 0, 1},
                        {"missing latency", Lie::kMissingLatency, ClockFault::kMissingLatency, 0, 1},
                        {"quantised", Lie::kNone, ClockFault::kQuantised, 1e-3, 1},
                        {"split blocks", Lie::kRepeated, ClockFault::kSplitBlocks, 0, 4}};
  for (const Case& item : cases) {
    for (const double honest_s : {0.0, 3.0}) {  // from the beginning, or later on
      if (item.lie == Lie::kNone && honest_s > 0) continue;
      CAPTURE(std::string(item.name));
      CAPTURE(honest_s);
      VirtualDacConfig config = desktop();
      config.report = HostReport::kMeasured;
      config.buffer_blocks = 20;
      config.quantum_s = item.quantum_s;
      config.period_blocks = item.period_blocks;
      Rig rig(config);
      // The faults of a running device: the burst that fills its buffer is no time to tell late from false.
      for (int i = 0; i < config.buffer_blocks && honest_s == 0; ++i) (void)rig.dac.next_callback();
      if (honest_s > 0) rig.run_for(honest_s);
      CHECK_FALSE(rig.clock.snapshot().has(item.fault));
      rig.dac.set_lie(item.lie);
      for (int i = 0; i < 3; ++i) rig.step();
      CHECK(rig.clock.snapshot().has(item.fault));
      rig.run_for(1.5);
      rig.errors_s.clear();
      rig.run_for(3);
      CHECK(rig.quantile(0.999) < (item.quantum_s > 0 ? 0.6e-3 : 0.3e-3));
      CHECK(rig.backwards == 0);
      CHECK(rig.standing == 0);
      CHECK(rig.beyond_rendered == 0);
      for (const ClockFault other :
           {ClockFault::kNoDacTime, ClockFault::kFrozenDacTime, ClockFault::kWrongEpoch,
            ClockFault::kMissingLatency, ClockFault::kQuantised}) {
        CAPTURE(static_cast<int>(other));
        if (other != item.fault) CHECK_FALSE(rig.clock.snapshot().has(other));
      }
    }
  }
}

TEST_CASE("audio_clock: an honest host is not accused") {
  for (const auto& profile : hostmode_test::clock_profiles()) {
    if (profile.config.quantum_s > 0) continue;
    CAPTURE(std::string(profile.name));
    Rig rig(profile.config);
    rig.run_for(10);
    CHECK(rig.clock.snapshot().faults() == 0);
    CHECK(rig.clock.snapshot().source() == ClockSource::kDacTime);
  }
}

TEST_CASE("audio_clock: whatever is observed, time stays within the frames rendered and does not go back") {
  std::mt19937_64 random(5);
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  const double oddities[] = {
      AudioObservation::kUnknown, std::numeric_limits<double>::infinity(), 0, -1, 1e-300, 1e18};
  for (int run = 0; run < 50; ++run) {
    AudioClock clock(48000, 0.05);
    double now_s = 100;
    double last = 0;
    std::int64_t rendered = 0;
    for (int i = 0; i < 400; ++i) {
      const auto reported = [&](double usual_s) {
        const double about_s = usual_s + static_cast<double>(below(1000)) * 1e-5;
        return below(5) == 0 ? oddities[below(std::size(oddities))] : about_s;
      };
      now_s += static_cast<double>(below(20)) * 1e-3;
      const std::int64_t frames = 1 + static_cast<std::int64_t>(below(1000));
      const double entry_s = below(20) == 0 ? AudioObservation::kUnknown : now_s;
      // The present is asked for before each observation and after it.
      for (const bool after : {false, true}) {
        if (after) {
          clock.observe({rendered, frames, entry_s, reported(now_s + 0.04), reported(now_s)});
          rendered += frames;
        }
        const ClockSnapshot& snapshot = clock.snapshot();
        const double frame = snapshot.frame_at(now_s);
        REQUIRE(frame >= 0);
        REQUIRE(frame <= static_cast<double>(snapshot.rendered_frames()));
        if (!std::isnan(entry_s)) REQUIRE(frame >= last - 1e-6);
        last = frame;
      }
    }
  }
}

TEST_CASE("audio_clock: observations without frames and of old frames are ignored") {
  AudioClock clock(48000, 0.1);
  clock.observe({0, 480, 10.0, AudioObservation::kUnknown, AudioObservation::kUnknown});
  const double before_s = clock.snapshot().time_of(480);
  clock.observe({480, 0, 99.0, AudioObservation::kUnknown, AudioObservation::kUnknown});
  clock.observe({0, 480, 99.0, AudioObservation::kUnknown, AudioObservation::kUnknown});
  CHECK(clock.snapshot().time_of(480) == before_s);
  CHECK(clock.snapshot().rendered_frames() == 480);
}

TEST_CASE("audio_clock: a useless latency counts as none") {
  for (const double latency_s : {-1.0, std::nan("")}) {
    AudioClock clock(48000, latency_s);
    clock.observe({0, 480, 10.0, AudioObservation::kUnknown, AudioObservation::kUnknown});
    CHECK(clock.snapshot().time_of(0) == 10.0);
  }
}
