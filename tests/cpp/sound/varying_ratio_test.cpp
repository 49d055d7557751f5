// A ratio that varies around a fixed one: every sample is heard once, in its place, and nothing is added.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "sound/sample_queue.h"

namespace {

using namespace hostmode;

constexpr double kPi = 3.14159265358979323846;
constexpr std::size_t kBlock = 480;

// A tone of half the full scale.
class Tone {
 public:
  Tone(double tone_hz, int rate_hz) : step_(2 * kPi * tone_hz / rate_hz) {}
  [[nodiscard]] double at(double sample) const { return 0.5 * std::sin(step_ * sample); }

 private:
  double step_;
};

double error_db(double noise, double signal) {
  return 10 * std::log10(noise / signal);
}

// The error of a converter alone, between 1 and 3 seconds: a queue's samples are rounded themselves.
double converter_error_db(double tone_hz, int from_hz, int to_hz, double drift) {
  const Tone tone(tone_hz, from_hz);
  const std::shared_ptr<const FilterBank> fixed = FilterBank::between(from_hz, to_hz);
  const std::shared_ptr<const FilterBank> bank = FilterBank::varying(fixed);
  RateConverter converter(fixed == nullptr ? bank : fixed, kBlock);
  if (fixed != nullptr) converter.vary(bank);
  converter.set_drift(drift);
  std::vector<float> out(kBlock);
  double fed = 0, position = -converter.input_delay_frames(), noise = 0, signal = 0;
  for (int made = 0; made < 3 * to_hz; made += static_cast<int>(kBlock)) {
    const std::size_t needed = converter.input_needed(kBlock);
    for (std::size_t i = 0; i < needed; ++i) converter.input()[i] = static_cast<float>(tone.at(fed++));
    converter.convert(out.data(), kBlock);
    for (const float frame : out) {
      if (made >= to_hz) {
        noise += std::pow(static_cast<double>(frame) - tone.at(position), 2);
        signal += std::pow(tone.at(position), 2);
      }
      position += static_cast<double>(from_hz) / to_hz * (1 + drift);
    }
  }
  return error_db(noise, signal);
}

}  // namespace

TEST_CASE("varying_ratio: what it adds to sound below 8 kHz lies 90 dB below it") {
  for (const double drift : {1e-3, -1e-3, 37e-6}) {
    for (const double tone_hz : {100.0, 1000.0, 3700.0, 7900.0}) {
      CAPTURE(drift);
      CAPTURE(tone_hz);
      CHECK(converter_error_db(tone_hz, 48000, 48000, drift) < -90.0);
      CHECK(converter_error_db(tone_hz, 24000, 48000, drift) < -90.0);
      CHECK(converter_error_db(tone_hz, 44100, 48000, drift) < -90.0);
      CHECK(converter_error_db(std::min(tone_hz, 7000.0), 16000, 48000, drift) < -90.0);
      CHECK(converter_error_db(std::min(tone_hz, 7000.0), 16000, 16000, drift) < -90.0);
    }
  }
}

TEST_CASE("varying_ratio: around 1 it is flat to 95 % of the band") {
  CHECK(converter_error_db(7550.0, 16000, 16000, 200e-6) < -80.0);
  CHECK(converter_error_db(22700.0, 48000, 48000, -200e-6) < -80.0);
}

TEST_CASE("varying_ratio: a queue goes over to it and between ratios without a seam, at every rate") {
  std::mt19937 random(3);
  for (const auto& rates :
       {std::pair{48000, 48000}, {16000, 16000}, {16000, 48000}, {48000, 16000}, {44100, 48000}}) {
    const int from_hz = rates.first;
    const int to_hz = rates.second;
    CAPTURE(from_hz);
    CAPTURE(to_hz);
    const Tone tone(997.0, from_hz);
    SampleQueue queue(1, FilterBank::between(from_hz, to_hz));
    auto append = [&, pushed = 0](int count) mutable {
      std::vector<std::int16_t> samples;
      for (; count > 0; --count)
        samples.push_back(static_cast<std::int16_t>(std::lround(32767 * tone.at(pushed++))));
      queue.append(samples.data(), samples.size());
    };
    append(2 * from_hz);
    double position = 0;  // in frames of the fixed ratio
    double noise = 0, signal = 0, worst = 0;
    bool varied = false;
    for (int block = 0; block < 3000; ++block) {
      append(from_hz / 50);
      if (block % 100 == 50)
        queue.follow(varied ? (static_cast<double>(random() % 2001) - 1000) * 1e-6 : 1e-3);
      std::size_t count =
          static_cast<std::size_t>(to_hz) / 100 + random() % static_cast<std::size_t>(to_hz / 50);
      // One frame at the change, and now and then all there are.
      if (block % 100 == 50) count = 1;
      if (block % 100 == 75 && block > 100) {
        count = static_cast<std::size_t>(queue.readable());
      }
      std::vector<float> out(count);
      const std::int64_t before = queue.consumed();
      const std::int64_t passes = queue.pace(out.size(), queue.readable());
      if (block < 50) CHECK(queue.drift() == 0.0);
      varied = varied || queue.drift() != 0.0;
      REQUIRE(queue.read(out.data(), out.size()) == out.size());
      CHECK(queue.consumed() == before + passes);
      if (block % 100 == 75 && block > 100) append(2 * from_hz);
      for (const float frame : out) {
        const double expected = tone.at(position * from_hz / to_hz) * 32767 / 32768;
        const double error = static_cast<double>(frame) - expected;
        // It begins out of nothing.
        if (position > to_hz / 10) {
          noise += error * error;
          signal += expected * expected;
          worst = std::max(worst, std::abs(error));
        }
        position += 1 + queue.drift();
      }
      const double beyond = position - static_cast<double>(queue.consumed());
      CHECK(beyond > -1e-4);
      CHECK(beyond < 1.0001);
    }
    CHECK(varied);
    // The samples are rounded to 16 bit: -92 dB of this tone.
    CHECK(error_db(noise, signal) < -88.0);
    CHECK(worst < 1.5e-4);
  }
}

TEST_CASE("varying_ratio: a stream ends with its last sample, read one for one from its close on") {
  for (const int from_hz : {16000, 48000}) {
    CAPTURE(from_hz);
    SampleQueue queue(1, FilterBank::between(from_hz, 48000));
    const std::vector<std::int16_t> samples(static_cast<std::size_t>(from_hz), 12000);
    queue.append(samples.data(), samples.size());
    queue.follow(1e-3);
    std::vector<float> out(kBlock);
    for (int block = 0; block < 50; ++block) {
      (void)queue.pace(kBlock, queue.readable());
      REQUIRE(queue.read(out.data(), kBlock) == kBlock);
    }
    CHECK(queue.consumed() > 50 * static_cast<std::int64_t>(kBlock));
    queue.close();
    std::int64_t left = queue.pushed() - queue.consumed();
    CHECK(queue.pace(kBlock, 0) == static_cast<std::int64_t>(kBlock));
    while (const std::size_t read = queue.read(out.data(), kBlock)) {
      left -= static_cast<std::int64_t>(read);
      for (std::size_t i = 0; i < read; ++i) CHECK(out[i] == doctest::Approx(12000.0 / 32768).epsilon(1e-4));
    }
    CHECK(left == 0);
    CHECK(queue.consumed() == queue.pushed());
  }
}

TEST_CASE(
    "varying_ratio: it begins only with sound in hand, and what it holds back is heard when that runs dry") {
  SampleQueue queue(1);
  const std::vector<std::int16_t> samples(1000, 12000);
  queue.follow(500e-6);
  std::vector<float> out(1000);
  queue.append(samples.data(), 100);
  CHECK(queue.read(out.data(), 100) == 100);
  CHECK(queue.readable() == 0);
  CHECK(queue.run_out() == 0);
  queue.append(samples.data(), 1000);
  CHECK(queue.read(out.data(), 500) == 500);
  // From now on.
  CHECK(queue.readable() < 500);
  (void)queue.pace(200, queue.readable());
  CHECK(queue.drift() == 500e-6);
  CHECK(queue.read(out.data(), 200) == 200);
  const auto readable = static_cast<std::size_t>(queue.readable());
  (void)queue.pace(readable, queue.readable());
  CHECK(queue.drift() == 0.0);
  CHECK(queue.read(out.data(), 1000) == readable);
  const std::int64_t held_back = queue.run_out();
  CHECK(held_back > 0);
  CHECK(queue.pace(1000, held_back) == 1000);
  CHECK(queue.read(out.data(), 1000) == static_cast<std::size_t>(held_back));
  CHECK(queue.consumed() == queue.pushed());
  for (std::int64_t i = 0; i < held_back; ++i) {
    CHECK(out[static_cast<std::size_t>(i)] == doctest::Approx(12000.0 / 32768).epsilon(1e-4));
  }
}
