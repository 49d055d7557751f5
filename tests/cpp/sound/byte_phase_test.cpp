#include "sound/byte_phase.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "sound/pcm_joiner.h"

namespace {

using namespace hostmode;

constexpr double kPi = 3.14159265358979323846;

using Sound = std::vector<double>;  // 1 at full scale

std::vector<std::uint8_t> bytes_of(const Sound& sound) {
  std::vector<std::uint8_t> bytes;
  for (const double value : sound) {
    const auto sample = static_cast<std::int16_t>(std::lround(32767 * std::clamp(value, -1.0, 1.0)));
    bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>((sample >> 8) & 0xFF));
  }
  return bytes;
}

// Voiced and unvoiced sounds, pauses between them, as speech has them: a buzz and noise through a resonance.
Sound speech_like(int rate_hz, double seconds, double level, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0.0, 1.0);
  Sound sound;
  double pitch = 0;
  double low = 0;
  double high = 0;
  for (int i = 0; i < seconds * rate_hz; ++i) {
    const double t_s = static_cast<double>(i) / rate_hz;
    const int part = static_cast<int>(t_s / 0.12) % 4;
    pitch += 130.0 / rate_hz * (1 + 0.1 * std::sin(3 * t_s));
    double excitation = 0.02 * noise(random);
    if (part == 0 || part == 2) excitation += std::fmod(pitch, 1.0) < 130.0 / rate_hz ? 12.0 : 0.0;
    if (part == 1) excitation += 0.6 * noise(random);
    if (part == 3) excitation = 0.001 * noise(random);
    const double f = 2 * std::sin(kPi * (part == 1 ? std::min(3500.0, 0.22 * rate_hz) : 700.0) / rate_hz);
    low += f * high;
    high += f * (excitation - low - 0.3 * high);
    sound.push_back(level * 0.3 * (part == 1 ? excitation : low));
  }
  return sound;
}

Sound tone(int rate_hz, double hz, double level) {
  Sound sound;
  for (int i = 0; i < rate_hz; ++i) sound.push_back(level * std::sin(2 * kPi * hz * i / rate_hz + 0.3));
  return sound;
}

Sound white(double level, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> noise(-level, level);
  Sound sound(16000);
  for (double& value : sound) value = noise(random);
  return sound;
}

std::size_t first_shift(const std::vector<std::uint8_t>& bytes) {
  BytePhase phase;
  return phase.look(nullptr, bytes.data(), bytes.size());
}

// What a joiner makes of bytes in chunks, and how often it realigned.
struct Joined {
  std::vector<std::int16_t> samples;
  int realigned = 0;
};

Joined join(const std::vector<std::uint8_t>& bytes, std::size_t chunk) {
  Joined joined;
  PcmJoiner joiner;
  std::vector<std::int16_t> scratch;
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    const std::size_t size = std::min(chunk, bytes.size() - at);
    const PcmJoiner::Samples samples = joiner.join(bytes.data() + at, size, scratch);
    joined.samples.insert(joined.samples.end(), samples.data, samples.data + samples.count);
    joined.realigned += joiner.realigned() ? 1 : 0;
    joiner.keep_odd_byte(bytes.data() + at, size);
  }
  return joined;
}

}  // namespace

TEST_CASE("byte_phase: no false alarm, whatever the sound and wherever it is cut") {
  std::vector<Sound> sounds;
  for (const int rate_hz : {8000, 16000, 24000, 48000}) {
    for (const double level : {0.001, 0.01, 0.1, 0.5, 1.0, 4.0, 40.0}) {
      sounds.push_back(speech_like(rate_hz, 2.0, level, 5));
    }
    for (const double hz : {50.0, 440.0, 1000.0, 2000.0, 3200.0, 3999.0}) {
      for (const double level : {0.01, 0.2, 0.9, 3.0}) sounds.push_back(tone(rate_hz, hz, level));
    }
  }
  for (const double level : {0.0001, 0.001, 0.01, 0.1, 0.5, 1.0, 1.7, 5.0, 50.0})
    sounds.push_back(white(level, 3));
  sounds.emplace_back(16000, 0.0);
  sounds.emplace_back(16000, 0.25);
  // Of 8 and 12 bits, widened.
  for (const double step : {1.0 / 128, 1.0 / 2048}) {
    for (Sound sound : {white(0.9, 8), speech_like(16000, 2.0, 1.0, 9)}) {
      for (double& value : sound) value = std::floor(value / step) * step * 32768 / 32767;
      sounds.push_back(sound);
    }
  }
  for (std::size_t i = 0; i < sounds.size(); ++i) {
    CAPTURE(i);
    const std::vector<std::uint8_t> bytes = bytes_of(sounds[i]);
    for (const std::size_t from : {0U, 2U, 126U, 1000U}) {
      const std::vector<std::uint8_t> part(bytes.begin() + from, bytes.end());
      CHECK(first_shift(part) == BytePhase::kInPhase);
    }
    for (const std::size_t chunk : {1U, 100U, 641U, 1000U}) CHECK(join(bytes, chunk).realigned == 0);
  }
}

TEST_CASE(
    "byte_phase: speech that has lost a byte is brought into phase before more than a moment is heard") {
  for (const int rate_hz : {8000, 16000, 24000, 48000}) {
    for (const double level : {0.05, 0.3, 0.5}) {
      for (const std::size_t chunk : {64U, 640U, 961U, 4000U, 100000U}) {
        CAPTURE(rate_hz);
        CAPTURE(level);
        CAPTURE(chunk);
        const std::vector<std::uint8_t> bytes = bytes_of(speech_like(rate_hz, 2.0, level, 12));
        const std::vector<std::uint8_t> cut(bytes.begin() + 1, bytes.end());
        const Joined joined = join(cut, chunk);
        CHECK(joined.realigned == 1);
        // In phase at the end, and out of it for no longer than it was judged.
        const Joined truth = join(bytes, 100000);
        std::size_t wrong = 0;
        for (std::size_t i = 1; i <= joined.samples.size(); ++i) {
          const int difference =
              joined.samples[joined.samples.size() - i] - truth.samples[truth.samples.size() - i];
          wrong += std::abs(difference) > 1000 ? 1 : 0;
        }
        CHECK(wrong < static_cast<std::size_t>(rate_hz) / 8);
      }
    }
  }
}

TEST_CASE("byte_phase: a byte lost in mid-stream costs a moment, and what came before stays as it was") {
  const std::vector<std::uint8_t> bytes = bytes_of(speech_like(16000, 3.0, 0.5, 4));
  std::vector<std::uint8_t> cut = bytes;
  cut.erase(cut.begin() + 40001);
  const Joined joined = join(cut, 3200);
  CHECK(joined.realigned == 1);
  const Joined truth = join(bytes, 3200);
  CHECK(std::equal(truth.samples.begin(), truth.samples.begin() + 19000, joined.samples.begin()));
  CHECK(std::equal(truth.samples.rbegin(), truth.samples.rbegin() + 26000, joined.samples.rbegin()));
}

TEST_CASE("byte_phase: after silence, the first sound decides") {
  Sound sound(8000, 0.0);
  const Sound speech = speech_like(16000, 1.0, 0.5, 6);
  sound.insert(sound.end(), speech.begin(), speech.end());
  std::vector<std::uint8_t> bytes = bytes_of(sound);
  bytes.insert(bytes.begin(), 0);
  const Joined joined = join(bytes, 640);
  CHECK(joined.realigned == 1);
  const std::int16_t loudest =
      *std::max_element(joined.samples.begin(), joined.samples.begin() + 8000 + BytePhase::kWindow);
  CHECK(loudest < 16000);
}
