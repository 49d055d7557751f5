#include "clock/dac_times.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

using hostmode::AudioObservation;
using hostmode::ClockFault;
using hostmode::ClockSource;
using hostmode::DacTimes;
using hostmode::HeardTime;

namespace {

constexpr double kUnknown = AudioObservation::kUnknown;

bool has(const DacTimes& times, ClockFault fault) {
  return (times.faults() & static_cast<std::uint32_t>(fault)) != 0;
}

// A host that is asked every 10 ms, its clock 7 s behind the caller's, its latency 50 ms; with a hook for
// faults.
struct Host {
  HeardTime ask() {
    return ask([](AudioObservation&) {});
  }
  template <class Edit>
  HeardTime ask(Edit edit) {
    const double entry_s = 1000.0001234 + static_cast<double>(frame) / 48000 + irregular_s();
    AudioObservation callback{frame, frames, entry_s, entry_s - 7 + 0.05, entry_s - 7};
    edit(callback);
    frame += frames;
    ++asked;
    return times.judge(callback);
  }
  [[nodiscard]] double irregular_s() const {
    return 1e-5 * std::fmod(static_cast<double>(asked) * 0.618034, 1);
  }

  DacTimes times{48000, 0.2};
  std::int64_t frames = 480;
  std::int64_t frame = 0;
  int asked = 0;
};

}  // namespace

TEST_CASE("dac_times: the first plausible time is taken") {
  Host host;
  const HeardTime heard = host.ask();
  CHECK(heard.source == ClockSource::kDacTime);
  CHECK(heard.heard_s == doctest::Approx(1000.0501234));
}

TEST_CASE("dac_times: a fault that is seen once is none, and trust comes back with three plausible times") {
  Host host;
  for (int i = 0; i < 10; ++i) (void)host.ask();
  const auto zero = [](AudioObservation& callback) { callback.dac_s = 0; };
  CHECK(host.ask(zero).source == ClockSource::kDacTime);
  CHECK(host.times.faults() == 0);
  (void)host.ask();
  (void)host.ask(zero);
  CHECK(host.ask(zero).source == ClockSource::kCallback);
  CHECK(has(host.times, ClockFault::kNoDacTime));
  CHECK(host.ask().source == ClockSource::kCallback);
  CHECK(host.ask().source == ClockSource::kCallback);
  (void)host.ask(zero);
  CHECK(host.ask().source == ClockSource::kCallback);
  CHECK(host.ask().source == ClockSource::kCallback);
  CHECK(host.ask().source == ClockSource::kDacTime);
}

TEST_CASE("dac_times: a time long past is of another clock, one just past lacks the latency") {
  const auto with = [](double lead_s) {
    Host host;
    for (int i = 0; i < 3; ++i) {
      (void)host.ask([&](AudioObservation& callback) { callback.dac_s = callback.host_current_s + lead_s; });
    }
    return host.times.faults();
  };
  CHECK(with(-1.0) == static_cast<std::uint32_t>(ClockFault::kWrongEpoch));
  CHECK(with(-0.1) == static_cast<std::uint32_t>(ClockFault::kMissingLatency));
}

TEST_CASE("dac_times: times without anything to compare with must not go back") {
  Host host;
  double dac_s = 50;
  for (const double step_s : {0.01, 0.01, -1.0, -1.0}) {
    dac_s += step_s;
    (void)host.ask([&](AudioObservation& callback) {
      callback.entry_s = callback.host_current_s = kUnknown;
      callback.dac_s = dac_s;
    });
  }
  CHECK(has(host.times, ClockFault::kWrongEpoch));
}

TEST_CASE("dac_times: a standstill as short as a coarse clock's tick is no fault") {
  Host host;
  host.frames = 32;
  for (int i = 0; i < 20; ++i) (void)host.ask();
  double dac_s = 0;
  double current_s = 0;
  (void)host.ask(
      [&](AudioObservation& callback) { dac_s = callback.dac_s, current_s = callback.host_current_s; });
  for (int i = 0; i < 3; ++i) {
    const HeardTime heard = host.ask([&](AudioObservation& callback) {
      callback.dac_s = dac_s;
      callback.host_current_s = current_s;
    });
    CHECK(heard.source == ClockSource::kDacTime);
  }
  CHECK_FALSE(has(host.times, ClockFault::kFrozenDacTime));
}

TEST_CASE("dac_times: repeated times at the pace of the blocks are frozen, in a burst they are split") {
  for (const bool burst : {false, true}) {
    Host host;
    for (int i = 0; i < 5; ++i) (void)host.ask();
    AudioObservation first;
    (void)host.ask([&](AudioObservation& callback) { first = callback; });
    for (int i = 0; i < 5; ++i) {
      (void)host.ask([&](AudioObservation& callback) {
        callback.dac_s = first.dac_s;
        callback.host_current_s = first.host_current_s;
        if (burst) callback.entry_s = first.entry_s + 1e-4 * (i + 1);
      });
    }
    CHECK(has(host.times, ClockFault::kFrozenDacTime) != burst);
    CHECK(has(host.times, ClockFault::kSplitBlocks) == burst);
  }
}

TEST_CASE("dac_times: blocks of one host buffer may have times of their own") {
  Host host;
  for (int i = 0; i < 5; ++i) (void)host.ask();
  AudioObservation first;
  (void)host.ask([&](AudioObservation& callback) { first = callback; });
  const HeardTime heard = host.ask([&](AudioObservation& callback) {
    callback.host_current_s = first.host_current_s;
    callback.dac_s = first.dac_s + 0.01;
    callback.entry_s = first.entry_s + 1e-4;
  });
  CHECK(has(host.times, ClockFault::kSplitBlocks));
  CHECK(heard.source == ClockSource::kDacTime);
}

TEST_CASE("dac_times: steps of whole milliseconds are a coarse clock only once chance cannot explain them") {
  Host host;
  double current_s = 993;
  int asked = 0;
  while (!host.times.quantised() && asked < 100) {
    (void)host.ask([&](AudioObservation& callback) {
      current_s = std::floor(callback.host_current_s * 1000) / 1000;
      callback.host_current_s = current_s + (asked % 3 == 1 ? 0.001 : 0);
      callback.dac_s = callback.host_current_s + 0.05;
    });
    ++asked;
  }
  CHECK(asked > 2);
  CHECK(asked < 20);
}

TEST_CASE(
    "dac_times: where all callbacks come at one phase of the ticks, half a tick is the most to be off") {
  Host host;
  HeardTime heard;
  double entry_s = 0;
  for (int i = 0; i < 100; ++i) {
    // Seen as ticks of a millisecond by some uneven steps, then at one phase.
    heard = host.ask([&](AudioObservation& callback) {
      entry_s = 1000 + 0.010 * i + (i < 30 && i % 3 == 1 ? 0.0010 : 0.0) + 0.0003;
      callback.entry_s = entry_s;
      callback.host_current_s = std::floor((entry_s - 7) * 1000 + 1e-6) / 1000;
      callback.dac_s = callback.host_current_s + 0.05;
    });
  }
  REQUIRE(host.times.quantised());
  CHECK(heard.heard_s - entry_s == doctest::Approx(0.05).epsilon(1e-4));

  // Blocks shorter than a tick: time stands still for everybody, and each is heard nevertheless.
  host.frames = 32;
  AudioObservation first;
  (void)host.ask([&](AudioObservation& callback) {
    callback.entry_s = entry_s + 0.01;
    callback.host_current_s = std::floor((callback.entry_s - 7) * 1000 + 1e-6) / 1000;
    callback.dac_s = callback.host_current_s + 0.05;
    first = callback;
  });
  heard = host.ask([&](AudioObservation& callback) {
    callback = {callback.first_frame, 32, first.entry_s + 32 / 48000.0, first.dac_s, first.host_current_s};
  });
  CHECK(std::isfinite(heard.heard_s));
}

TEST_CASE("dac_times: time lost between the host's stamp and the entry is told, against the last seconds") {
  Host host;
  const auto ask = [&](double dispatch_s) {
    return host
        .ask([&](AudioObservation& callback) {
          callback.host_current_s -= dispatch_s;
          callback.dac_s -= dispatch_s;
        })
        .dispatch_delay_s;
  };
  for (int i = 0; i < 400; ++i) {
    const double delay_s = ask(i % 10 == 0 ? 0.0 : 0.005);
    if (i % 10 != 0) CHECK(delay_s == doctest::Approx(0.005));
  }
  // The host's clock has been set: what is usual is usual again after two seconds.
  double delay_s = 0;
  for (int i = 0; i < 250; ++i) delay_s = ask(0.008);
  CHECK(std::abs(delay_s) < 1e-6);
}
