#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "listening/loudness_field.h"
#include "listening/loudness_meter.h"
#include "listening/made_speech.h"

using namespace hostmode;
using hostmode::testing::made_speech;

namespace {

using Bytes = std::vector<std::uint8_t>;

ByteView view(const Bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

std::vector<Loudness> measured(int rate_hz, const std::vector<std::int16_t>& sound) {
  LoudnessMeter meter(rate_hz);
  std::vector<Loudness> loudness;
  meter.add(sound.data(), sound.size(), loudness);
  return loudness;
}

std::vector<std::int16_t> tone(int rate_hz, double hz, double amplitude) {
  std::vector<std::int16_t> sound(static_cast<std::size_t>(rate_hz));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    sound[i] = static_cast<std::int16_t>(
        amplitude * std::sin(2 * 3.14159265358979 * hz * static_cast<double>(i) / rate_hz));
  }
  return sound;
}

FrameLoudness numbered() {
  FrameLoudness loudness;
  for (std::size_t i = 0; i < loudness.size(); ++i) {
    loudness[i] = {static_cast<std::uint8_t>(10 + i), static_cast<std::uint8_t>(200 - i)};
  }
  return loudness;
}

}  // namespace

TEST_CASE("loudness meter: half decibels above -96 dB of full scale, between silence and full scale") {
  for (const Loudness& one : measured(16000, std::vector<std::int16_t>(1600, 0))) CHECK(one.whole == 0);
  for (const Loudness& one : measured(16000, std::vector<std::int16_t>(1600, -32768)))
    CHECK(one.whole == 192);
  for (const Loudness& one : measured(16000, std::vector<std::int16_t>(1600, 3277))) CHECK(one.whole == 152);
  for (const Loudness& one : measured(16000, std::vector<std::int16_t>(1600, 1))) CHECK(one.whole == 11);
}

TEST_CASE("loudness meter: above 2 kHz is what a Butterworth filter of the second order lets pass") {
  for (const int rate_hz : {16000, 48000}) {
    for (const double hz : {800.0, 2000.0, 4000.0}) {
      const auto warped = [&](double of_hz) { return std::tan(3.14159265358979 * of_hz / rate_hz); };
      const double passes_dB = -10 * std::log10(1 + std::pow(warped(2000) / warped(hz), 4));
      const Loudness last = measured(rate_hz, tone(rate_hz, hz, 10000)).back();
      CHECK(last.whole == doctest::Approx(2 * (96 + 20 * std::log10(10000 / 32768.0) - 3.01)).epsilon(0.004));
      CHECK(std::abs((last.high - last.whole) / 2.0 - passes_dB) < 0.5);
    }
  }
}

TEST_CASE("loudness meter: a measurement ends at the sample nearest to its end, at every rate") {
  for (const int rate_hz : {8000, 16000, 22050, 44100, 48000}) {
    LoudnessMeter meter(rate_hz);
    std::vector<Loudness> loudness;
    const std::int16_t sample = 1000;
    for (int i = 1; i <= rate_hz; ++i) {
      meter.add(&sample, 1, loudness);
      const int ended = (2 * 400 * i + rate_hz) / (2 * rate_hz);
      const int at = static_cast<int>(std::floor(static_cast<double>(ended) * rate_hz / 400 + 0.5));
      CHECK(static_cast<int>(loudness.size()) == (at <= i ? ended : ended - 1));
    }
    CHECK(loudness.size() == 400);
    CHECK(
        std::all_of(loudness.begin(), loudness.end(), [](const Loudness& one) { return one.whole == 131; }));
  }
}

TEST_CASE("loudness meter: whatever pieces sound comes in, it is as loud") {
  const std::vector<std::int16_t> sound = made_speech(1, 1.0);
  const std::vector<Loudness> whole = measured(16000, sound);
  LoudnessMeter meter(16000);
  std::vector<Loudness> pieces;
  for (std::size_t at = 0, piece = 1; at < sound.size(); at += piece, piece = piece * 7 % 101) {
    piece = std::min(piece, sound.size() - at);
    meter.add(sound.data() + at, piece, pieces);
  }
  REQUIRE(pieces.size() == whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(pieces[i].whole == whole[i].whole);
    CHECK(pieces[i].high == whole[i].high);
  }
}

TEST_CASE("loudness field: a message says how loud it is behind all else it says") {
  Bytes message = {0x08, 0x05};
  append_loudness(numbered(), message);
  CHECK(message.size() == 2 + 3 + 32);
  const auto loudness = read_loudness(view(message));
  REQUIRE(loudness);
  for (std::size_t i = 0; i < kLoudnessPerFrame; ++i) {
    CHECK((*loudness)[i].whole == 10 + i);
    CHECK((*loudness)[i].high == 200 - i);
  }
}

TEST_CASE("loudness field: what is shorter, cut off, or another field says nothing") {
  CHECK_FALSE(read_loudness(view({0x08, 0x05})));
  CHECK_FALSE(read_loudness({}));
  Bytes message;
  append_loudness(numbered(), message);
  for (std::size_t size = 1; size < message.size(); ++size) {
    CHECK_FALSE(read_loudness({message.data(), size}));
  }
  Bytes shorter = message;
  shorter[2] = 31;
  shorter.pop_back();
  CHECK_FALSE(read_loudness(view(shorter)));
  Bytes other = message;
  other[1] ^= 1;
  CHECK_FALSE(read_loudness(view(other)));
  Bytes broken = message;
  broken.push_back(0x08);
  CHECK_FALSE(read_loudness(view(broken)));
}
