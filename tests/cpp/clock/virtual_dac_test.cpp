#include "clock/virtual_dac.h"

#include <doctest/doctest.h>

#include <cmath>

using hostmode::AudioObservation;
using hostmode_test::VirtualDac;
using hostmode_test::VirtualDacConfig;

namespace {

VirtualDacConfig fast_device() {
  VirtualDacConfig config;
  config.rate_error_ppm = 400;
  config.wake = {10e-6, 60e-6, 0.8, 0, 0};
  return config;
}

void run_for(VirtualDac& dac, double seconds) {
  const double end_s = dac.now_s() + seconds;
  while (dac.now_s() < end_s) (void)dac.next_callback();
}

}  // namespace

TEST_CASE("virtual_dac: frames are heard at the true rate") {
  VirtualDac dac(fast_device());
  run_for(dac, 1);
  const double early_s = dac.now_s();
  const double early = dac.heard_frame_at(early_s);
  run_for(dac, 5);
  const double late_s = dac.now_s();
  CHECK((dac.heard_frame_at(late_s) - early) / (late_s - early_s) ==
        doctest::Approx(48000 * 1.0004).epsilon(1e-9));
  CHECK(dac.heard_time_of(dac.heard_frame_at(late_s)) == doctest::Approx(late_s).epsilon(1e-12));
  CHECK(dac.underruns() == 0);
}

TEST_CASE("virtual_dac: an honest host that measures reports the truth in its own epoch") {
  VirtualDacConfig config = fast_device();
  config.host_epoch_s = -250;
  VirtualDac dac(config);
  run_for(dac, 1);
  const AudioObservation callback = dac.next_callback();
  CHECK(callback.dac_s + 250 ==
        doctest::Approx(dac.heard_time_of(static_cast<double>(callback.first_frame))).epsilon(1e-12));
}

TEST_CASE("virtual_dac: a stalled host empties the buffer and leaves a hole of the time that was missing") {
  VirtualDac dac(fast_device());
  run_for(dac, 1);
  const double stall_begin_s = dac.now_s();
  const double before = dac.heard_frame_at(stall_begin_s);
  dac.stall_host(0.5);
  run_for(dac, 1);
  CHECK(dac.underruns() >= 1);
  const double buffered_s = dac.nominal_latency_s() + 256 / 48000.0;
  const double played_s = (dac.heard_frame_at(dac.now_s()) - before) / (48000 * 1.0004);
  const double hole_s = dac.now_s() - stall_begin_s - played_s;
  CHECK(hole_s == doctest::Approx(0.5 - (buffered_s - 0.003)).epsilon(0.02));
  // While it was dry, the last frame rendered before was the last one heard.
  CHECK(dac.heard_frame_at(stall_begin_s + 0.3) == dac.heard_frame_at(stall_begin_s + 0.4));
}

TEST_CASE("virtual_dac: a frozen device keeps its buffer and goes on where it stood") {
  VirtualDac dac(fast_device());
  run_for(dac, 1);
  const double frozen_s = dac.now_s();
  dac.freeze_device(5);
  run_for(dac, 6);
  CHECK(dac.underruns() == 0);
  CHECK(dac.heard_frame_at(frozen_s + 1) == dac.heard_frame_at(frozen_s + 5));
  CHECK(dac.heard_frame_at(frozen_s + 5.5) > dac.heard_frame_at(frozen_s + 5));
}

TEST_CASE("virtual_dac: one seed gives one run, another seed another") {
  VirtualDacConfig config = fast_device();
  VirtualDac one(config);
  VirtualDac same(config);
  config.seed = 2;
  VirtualDac other(config);
  bool differs = false;
  for (int i = 0; i < 200; ++i) {
    const double entry_s = one.next_callback().entry_s;
    REQUIRE(entry_s == same.next_callback().entry_s);
    differs |= entry_s != other.next_callback().entry_s;
  }
  CHECK(differs);
}
