#include "clock/device_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

using hostmode::DeviceLine;
using hostmode::NoiseShape;

namespace {

constexpr double kRate_hz = 48000;
constexpr double kBlock_s = 0.01;
constexpr std::int64_t kBlock = 480;

// A device that is fast or slow by so much, and a line that is told when its blocks are heard, some late.
struct Device {
  explicit Device(double error_ppm = 0) : slope(-error_ppm * 1e-6) {}

  [[nodiscard]] double truth_s(std::int64_t at) const {
    return 100 + (1 + slope) * static_cast<double>(at) / kRate_hz;
  }
  void say(double late_s) {
    if (line.started()) {
      line.add(frame, truth_s(frame) + late_s);
    } else {
      line.restart(frame, truth_s(frame) + late_s);
    }
    frame += kBlock;
  }
  template <class Late>
  void run(double seconds, Late late_s) {
    for (double t_s = 0; t_s < seconds; t_s += kBlock_s) say(late_s());
  }
  [[nodiscard]] double error_s() const { return line.time_of(static_cast<double>(frame)) - truth_s(frame); }
  [[nodiscard]] double error_ppm() const { return (line.true_rate_hz() / kRate_hz - 1 + slope) * 1e6; }

  double slope;
  DeviceLine line{kRate_hz};
  std::int64_t frame = 0;
};

constexpr auto kNever = [] { return 0.0; };

}  // namespace

TEST_CASE("device_line: a restart keeps what is known of the rate, whatever noise follows") {
  std::mt19937_64 random(3);
  std::exponential_distribution<double> late_s(5000);
  Device device(300);
  device.run(20, [&] { return late_s(random); });
  CHECK(std::abs(device.error_ppm()) < 5);
  device.frame += 48000;
  device.line.restart(device.frame, device.truth_s(device.frame));
  for (int i = 0; i < 50; ++i) {
    device.say(late_s(random));
    CHECK(std::abs(device.error_ppm()) < 25);
  }
}

TEST_CASE("device_line: after a restart the first observations count at once") {
  Device device;
  device.line.set_shape(NoiseShape::kSymmetric);
  int at = 0;
  const auto usual_s = [&] { return ++at % 2 == 0 ? 100e-6 : -100e-6; };
  device.run(30, usual_s);
  device.line.restart(device.frame, device.truth_s(device.frame) + 0.0005);
  device.frame += kBlock;
  device.run(0.2, usual_s);
  CHECK(std::abs(device.error_s()) < 0.1e-3);
}

TEST_CASE("device_line: whatever is earlier than the line moves it at once") {
  Device device;
  device.run(20, [] { return 1e-3; });
  CHECK(std::abs(device.error_s() - 1e-3) < 10e-6);
  device.say(0);
  CHECK(std::abs(device.error_s()) < 1e-6);
}

TEST_CASE("device_line: what may be a step, or is far out, says nothing of the noise") {
  for (const bool step : {false, true}) {
    CAPTURE(step);
    Device device;
    int at = 0;
    const auto usual_s = [&] { return ++at % 2 * 40e-6; };
    device.run(20, usual_s);
    const double before_s = device.line.noise_s();
    for (int i = 0; i < 20; ++i) {
      if (step) {
        device.run(0.08, [] { return 0.005; });
      } else {
        for (int k = 0; k < 5; ++k) {
          device.say(1.9e-3);
          device.run(0.18, usual_s);
        }
      }
      device.run(0.9, usual_s);
    }
    CHECK(device.line.noise_s() < (step ? 1.1 : 2.5) * before_s);
  }
}

TEST_CASE("device_line: where noise has two sides, both count, and what is far out hardly does") {
  Device device;
  device.line.set_shape(NoiseShape::kSymmetric);
  int at = 0;
  device.run(60, [&] { return ++at % 10 == 0 ? -300e-6 : 33e-6; });
  CHECK(device.line.noise_s() > 50e-6);

  Device outliers;
  outliers.line.set_shape(NoiseShape::kSymmetric);
  at = 0;
  outliers.run(60, [&] { return ++at % 40 == 0 ? 1.9e-3 : (at % 2 == 0 ? 5e-6 : -5e-6); });
  CHECK(std::abs(outliers.error_s()) < 20e-6);
}

TEST_CASE("device_line: a step begins at its earliest observation") {
  Device device;
  device.run(20, kNever);
  int at = 0;
  while (device.error_s() < 0.010 && at < 100) device.say(at++ < 5 ? 0.0201 : 0.0215);
  CHECK(at > 5);
  CHECK(std::abs(device.error_s() - 0.0201) < 0.2e-3);
}

TEST_CASE("device_line: noise of milliseconds makes no steps") {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> late_s(200);
  Device device;
  device.run(5, [&] { return late_s(random); });
  double latest_s = 0;
  for (int i = 0; i < 60; ++i) {
    device.run(1, [&] { return late_s(random); });
    latest_s = std::max(latest_s, std::abs(device.error_s()));
  }
  CHECK(latest_s < 0.7e-3);
}

TEST_CASE("device_line: one late stretch does not make it forget the rate") {
  Device device(100);
  device.run(20, kNever);
  for (const double late_s : {1.5e-3, 0.0, 0.0}) {
    for (int i = 0; i < 120; ++i) {
      device.say(late_s);
      CHECK(std::abs(device.error_ppm()) < 30);
    }
  }
}

TEST_CASE("device_line: few punctual callbacks are enough") {
  for (int phase = 0; phase < 8; ++phase) {
    CAPTURE(phase);
    Device device;
    double worst_s = 0;
    for (int i = 0; i < 800; ++i) {
      device.say(i % 8 == phase ? 0.0 : 1e-3);
      if (i > 100) worst_s = std::max(worst_s, std::abs(device.error_s()));
    }
    CHECK(worst_s < 0.05e-3);
  }
}

TEST_CASE("device_line: what a host promises while its device starts is forgotten") {
  std::mt19937_64 random(3);
  std::exponential_distribution<double> late_s(5000);
  Device device;
  for (int i = 0; i < 4; ++i) device.say(-1.5e-3);
  device.run(1, [&] { return late_s(random); });
  for (int i = 0; i < 300; ++i) {
    device.say(late_s(random));
    REQUIRE(std::abs(device.error_s()) < 60e-6);
  }
}

TEST_CASE("device_line: an average is taken over some forty seconds") {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> noise_s(-0.5e-3, 0.5e-3);
  Device device;
  Device pace;
  device.line.set_shape(NoiseShape::kSymmetric);
  device.line.set_shape(NoiseShape::kSymmetric);
  double squares = 0;
  for (int second = 0; second < 200; ++second) {
    pace.run(1, kNever);
    device.line.take_rate_from(pace.line);
    device.run(1, [&] { return noise_s(random); });
    if (second >= 50) squares += device.error_s() * device.error_s();
  }
  CHECK(std::sqrt(squares / 150) < 8e-6);
}

TEST_CASE("device_line: lateness has one side, a normal distribution two") {
  std::mt19937_64 random(11);
  std::exponential_distribution<double> late_s(5000);
  std::normal_distribution<double> both_s(0, 200e-6);
  Device late;
  for (int i = 0; i < 3000; ++i) {
    late.say(late_s(random));
    CHECK_FALSE(late.line.looks_symmetric());
  }
  Device both;
  both.run(30, [&] { return both_s(random); });
  CHECK(both.line.looks_symmetric());
}

TEST_CASE("device_line: how late it once was fades within half a minute") {
  Device device;
  device.run(5, kNever);
  device.say(0.05);
  device.run(1, kNever);
  CHECK(device.line.peak_lateness_s() > 0.04);
  device.run(30, kNever);
  CHECK(device.line.peak_lateness_s() < 0.01);
}

TEST_CASE("device_line: two late observations are no step, however long they last") {
  Device device;
  device.run(20, kNever);
  for (const double late_s : {0.02, 0.02, 0.0, 0.0}) {
    device.frame += 19 * kBlock;
    device.say(late_s);
    CHECK(std::abs(device.error_s()) < 1e-3);
  }
}
