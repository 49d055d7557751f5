#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "hostmode/player_config.h"
#include "sound/sample_queue.h"

namespace {

using namespace hostmode;

constexpr double kPi = 3.14159265358979323846;
constexpr int kDevices_hz[] = {8000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000};

// Three tones, all below the band of the slowest rate.
double wave(double t_s) {
  return 0.3 * std::sin(2 * kPi * 220 * t_s) + 0.2 * std::sin(2 * kPi * 1234.5 * t_s) +
         0.1 * std::sin(2 * kPi * 3300 * t_s + 1);
}

std::vector<std::int16_t> samples_of_wave(int rate_hz, double seconds) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int16_t>(std::lround(32767 * wave(static_cast<double>(i) / rate_hz)));
  }
  return samples;
}

std::vector<float> read_all(SampleQueue& queue, std::size_t block) {
  std::vector<float> sound;
  std::vector<float> out(block);
  while (const std::size_t count = queue.read(out.data(), block)) {
    sound.insert(sound.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return sound;
}

std::vector<float> at_once(const std::vector<std::int16_t>& samples, int from_hz, int to_hz) {
  SampleQueue queue(1, FilterBank::between(from_hz, to_hz));
  queue.append(samples.data(), samples.size());
  queue.close();
  return read_all(queue, 1000);
}

}  // namespace

TEST_CASE("conversion: each of the seven rates is heard at its place at every rate of a device") {
  for (const int from_hz : kPcmRates_hz) {
    const std::vector<std::int16_t> samples = samples_of_wave(from_hz, 0.25);
    for (const int to_hz : kDevices_hz) {
      CAPTURE(from_hz);
      CAPTURE(to_hz);
      const std::vector<float> sound = at_once(samples, from_hz, to_hz);
      const double exact = static_cast<double>(samples.size()) * to_hz / from_hz;
      CHECK(static_cast<double>(sound.size()) == doctest::Approx(std::ceil(exact - 1e-9)));
      double noise = 0;
      double signal = 0;
      for (std::size_t i = sound.size() / 5; i < sound.size() * 4 / 5; ++i) {
        const double expected = wave(static_cast<double>(i) / to_hz) * 32767 / 32768;
        noise += std::pow(static_cast<double>(sound[i]) - expected, 2);
        signal += expected * expected;
      }
      // The samples themselves are rounded to 16 bit: 1/12 of a squared step. Nothing is added to that.
      const double rounding = 10 * std::log10(signal / (static_cast<double>(sound.size()) * 0.6) * 12) + 90.3;
      CHECK(10 * std::log10(signal / noise) > std::min(88.0, rounding - 1.0));
    }
  }
}

TEST_CASE("conversion: a stream that goes on is one stream, however it comes and goes") {
  std::mt19937 random(7);
  for (const int from_hz : kPcmRates_hz) {
    const std::vector<std::int16_t> samples = samples_of_wave(from_hz, 0.5);
    for (const int to_hz : {44100, 48000, 16000}) {
      CAPTURE(from_hz);
      CAPTURE(to_hz);
      const std::vector<float> whole = at_once(samples, from_hz, to_hz);
      SampleQueue queue(1, FilterBank::between(from_hz, to_hz));
      std::vector<float> sound;
      std::size_t pushed = 0;
      while (pushed < samples.size()) {
        const std::size_t chunk = std::min<std::size_t>(1 + random() % 700, samples.size() - pushed);
        queue.append(samples.data() + pushed, chunk);
        pushed += chunk;
        // Now and then to the last frame, else as it comes.
        if (random() % 3 != 0) {
          for (const float frame : read_all(queue, 1 + random() % 300)) sound.push_back(frame);
        }
        CHECK(queue.consumed() == static_cast<std::int64_t>(sound.size()));
      }
      queue.close();
      for (const float frame : read_all(queue, 64)) sound.push_back(frame);
      REQUIRE(sound.size() == whole.size());
      CHECK(sound == whole);
    }
  }
}

TEST_CASE("conversion: what it holds back is heard when it runs dry, once, and nothing is lost") {
  std::mt19937 random(11);
  for (const auto& rates : {std::pair{16000, 48000}, {44100, 48000}, {48000, 16000}, {8000, 44100}}) {
    const auto from_hz = rates.first;
    const auto to_hz = rates.second;
    CAPTURE(from_hz);
    CAPTURE(to_hz);
    const std::vector<std::int16_t> samples = samples_of_wave(from_hz, 1.0);
    const std::vector<float> whole = at_once(samples, from_hz, to_hz);
    SampleQueue queue(1, FilterBank::between(from_hz, to_hz));
    const auto look_ahead = static_cast<std::size_t>(queue.look_ahead());
    std::vector<float> sound;
    std::vector<bool> near_gap(whole.size() + 1, false);
    std::size_t pushed = 0;
    while (pushed < samples.size()) {
      const std::size_t chunk = std::min<std::size_t>(1 + random() % 2000, samples.size() - pushed);
      queue.append(samples.data() + pushed, chunk);
      pushed += chunk;
      for (const float frame : read_all(queue, 100)) sound.push_back(frame);
      CHECK(queue.readable() == 0);
      if (random() % 4 != 0) continue;
      CHECK(queue.run_out() >= 0);
      for (const float frame : read_all(queue, 37)) sound.push_back(frame);
      CHECK(queue.consumed() == queue.pushed());
      // Only what was heard without knowing what follows may be other than it.
      const std::size_t first = sound.size() > look_ahead + 1 ? sound.size() - look_ahead - 1 : 0;
      std::fill(near_gap.begin() + static_cast<std::ptrdiff_t>(first),
                near_gap.begin() + static_cast<std::ptrdiff_t>(sound.size()), true);
    }
    queue.close();
    for (const float frame : read_all(queue, 64)) sound.push_back(frame);
    REQUIRE(sound.size() == whole.size());
    std::size_t compared = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (near_gap[i]) continue;
      ++compared;
      REQUIRE(sound[i] == whole[i]);
    }
    CHECK(compared > whole.size() / 2);
  }
}

TEST_CASE("conversion: nothing beyond full scale, and silence stays silence") {
  std::vector<std::int16_t> square(4000);
  for (std::size_t i = 0; i < square.size(); ++i) square[i] = i / 20 % 2 == 0 ? 32767 : -32768;
  for (const float frame : at_once(square, 16000, 48000)) CHECK(std::abs(frame) <= 1.0F);
  const std::vector<std::int16_t> silence(4000, 0);
  for (const float frame : at_once(silence, 22050, 48000)) CHECK(frame == 0.0F);
}

TEST_CASE("conversion: what comes while it runs out is heard after it, in its place") {
  const std::vector<std::int16_t> samples = samples_of_wave(16000, 0.5);
  const std::vector<float> whole = at_once(samples, 16000, 48000);
  SampleQueue queue(1, FilterBank::between(16000, 48000));
  queue.append(samples.data(), 4000);
  std::vector<float> sound = read_all(queue, 100);
  const auto held_back = static_cast<std::size_t>(queue.run_out());
  CHECK(held_back == 12000 - sound.size());
  std::vector<float> alone(held_back);
  CHECK(queue.read(alone.data(), 50) == 50);
  queue.append(samples.data() + 4000, 4000);
  queue.close();
  CHECK(queue.runs_out());
  // In one breath to its end, as if nothing had come.
  CHECK(queue.read(alone.data() + 50, 1000) == held_back - 50);
  CHECK_FALSE(queue.runs_out());
  const std::vector<std::int16_t> first(samples.begin(), samples.begin() + 4000);
  const std::vector<float> first_alone = at_once(first, 16000, 48000);
  CHECK(std::equal(alone.begin(), alone.end(), first_alone.end() - static_cast<std::ptrdiff_t>(held_back)));
  sound.insert(sound.end(), alone.begin(), alone.end());
  for (const float frame : read_all(queue, 64)) sound.push_back(frame);
  REQUIRE(sound.size() == whole.size());
  CHECK(std::equal(sound.begin() + 12000, sound.end(), whole.begin() + 12000));
}
