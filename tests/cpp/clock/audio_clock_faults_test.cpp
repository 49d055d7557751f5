#include "clock/audio_clock.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <string>

#include "clock/clock_profiles.h"
#include "clock/clock_rig.h"
#include "clock/virtual_dac.h"

using hostmode::AudioClock;
using hostmode::AudioObservation;
using hostmode::ClockFault;
using hostmode::ClockSnapshot;
using hostmode::ClockSource;
using hostmode_test::ClockRig;
using hostmode_test::desktop;
using hostmode_test::forget_dac;
using hostmode_test::honest;
using hostmode_test::HostReport;
using hostmode_test::Lie;
using hostmode_test::VirtualDacConfig;

TEST_CASE("audio_clock: entries without DAC times give the assumed latency") {
  ClockRig rig(desktop());
  rig.edit = forget_dac;
  rig.run_for(8, 4);
  CHECK(rig.clock.snapshot().source() == ClockSource::kCallback);
  CHECK(rig.quantile(0.999) < 40e-6);
}

TEST_CASE("audio_clock: callbacks that know nothing continue at the rate known so far") {
  ClockRig rig(honest());
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
      ClockRig rig(config);
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

TEST_CASE("audio_clock: a hole among late callbacks is one once eight in a row waited for as long") {
  constexpr double kHole_s = 0.02;
  constexpr double kAnother_s = 0.03;
  struct Case {
    const char* name;
    int punctual_at;  // of the blocks since the host claims a hole
    int withdrawn_at;
    int another_at;  // where it claims one more
    double error_s;
  };
  for (const Case& item :
       {Case{"all late", -1, -1, -1, 0}, Case{"one punctual", 5, -1, -1, -kHole_s},
        Case{"withdrawn", -1, 5, -1, -kHole_s}, Case{"another at once", -1, -1, 8, -kAnother_s}}) {
    CAPTURE(std::string(item.name));
    AudioClock clock(48000, 0.1);
    double entry_s = 0;
    double heard_s = 0;
    const std::int64_t blocks = item.another_at < 0 ? 500 : 491 + item.another_at;
    for (std::int64_t block = 0; block < blocks; ++block) {
      const int since = static_cast<int>(block) - 490;
      const double due_s = 100 + 0.025 * static_cast<double>(block);
      const bool claims = since >= 0 && since != item.withdrawn_at;
      const bool late = since >= 0 && since != item.punctual_at;
      const double everyday_s = 0.002 * static_cast<double>(block % 3);
      const double another_s = since >= 0 && since == item.another_at ? kAnother_s : 0;
      entry_s = std::max(entry_s, due_s + everyday_s + (late ? kHole_s + 0.006 : 0) + another_s);
      heard_s = due_s + 0.1 + (claims ? kHole_s : 0) + another_s;
      clock.observe({1200 * block, 1200, entry_s, heard_s, entry_s});
    }
    const double error_s = clock.snapshot().time_of(1200.0 * static_cast<double>(blocks - 1)) - heard_s;
    CHECK(std::abs(error_s - item.error_s) < 2e-3);
  }
}

TEST_CASE("audio_clock: an honest host is not accused") {
  for (const auto& profile : hostmode_test::clock_profiles()) {
    if (profile.config.quantum_s > 0) continue;
    CAPTURE(std::string(profile.name));
    ClockRig rig(profile.config);
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
