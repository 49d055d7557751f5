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
    for (std::size_t band = 0; band < kLoudnessBands; ++band) {
      loudness[i][band] = static_cast<std::uint8_t>(10 + 40 * band + i);
    }
  }
  return loudness;
}

}  // namespace

TEST_CASE("loudness meter: half decibels above -96 dB of full scale, between silence and full scale") {
  const auto lowest = [](std::int16_t value) {
    // Once the filter has settled.
    return measured(16000, std::vector<std::int16_t>(1600, value)).back()[0];
  };
  CHECK(lowest(0) == 0);
  CHECK(lowest(-32768) == 192);
  CHECK(lowest(3277) == 152);
  CHECK(lowest(1) == 11);
}

TEST_CASE("loudness meter: a band is what Butterworth filters of the second order let pass") {
  constexpr double kEdges_hz[] = {500, 1000, 2000, 4000};
  for (const int rate_hz : {16000, 48000}) {
    const auto warped = [&](double of_hz) { return std::tan(3.14159265358979 * of_hz / rate_hz); };
    // Above an edge, and below it.
    const auto above = [&](double edge_hz, double hz) {
      return 1 / (1 + std::pow(warped(edge_hz) / warped(hz), 4));
    };
    const auto below = [&](double edge_hz, double hz) {
      return 1 / (1 + std::pow(warped(hz) / warped(edge_hz), 4));
    };
    for (const double hz : {400.0, 800.0, 1600.0, 3000.0}) {
      const Loudness last = measured(rate_hz, tone(rate_hz, hz, 10000)).back();
      for (std::size_t band = 0; band < kLoudnessBands; ++band) {
        const double passes = (band > 0 ? above(kEdges_hz[band - 1], hz) : 1) * below(kEdges_hz[band], hz);
        const double level_dB = 20 * std::log10(10000 / 32768.0) - 3.01 + 10 * std::log10(passes);
        CHECK(std::abs(last[band] / 2.0 - (96 + level_dB)) < 0.5);
      }
    }
  }
}

TEST_CASE("loudness meter: at 8 kHz the last band ends where the sound does") {
  const Loudness last = measured(8000, tone(8000, 3900, 10000)).back();
  CHECK(std::abs(last[3] / 2.0 - (96 + 20 * std::log10(10000 / 32768.0) - 3.01)) < 0.5);
}

TEST_CASE("loudness meter: a measurement ends at the sample nearest to its end, at every rate") {
  for (const int rate_hz : {8000, 16000, 22050, 44100, 48000}) {
    LoudnessMeter meter(rate_hz);
    std::vector<Loudness> loudness;
    const std::int16_t sample = 1000;
    for (int i = 1; i <= rate_hz; ++i) {
      meter.add(&sample, 1, loudness);
      const int ended = (2 * 200 * i + rate_hz) / (2 * rate_hz);
      const int at = static_cast<int>(std::floor(static_cast<double>(ended) * rate_hz / 200 + 0.5));
      CHECK(static_cast<int>(loudness.size()) == (at <= i ? ended : ended - 1));
    }
    CHECK(loudness.size() == 200);
    // The filter has settled after a tenth of a second.
    CHECK(std::all_of(loudness.begin() + 20, loudness.end(),
                      [](const Loudness& one) { return one[0] == 131; }));
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
  CHECK(pieces == whole);
}

TEST_CASE("loudness meter: in phases every fourth measurement is what one that is not in phases tells") {
  for (const int rate_hz : {16000, 22050}) {
    const std::vector<std::int16_t> sound = made_speech(31, 1.0);
    LoudnessMeter meter(rate_hz, kLoudnessPhases);
    std::vector<Loudness> phases;
    meter.add(sound.data(), sound.size(), phases);
    const std::vector<Loudness> whole = measured(rate_hz, sound);
    REQUIRE(phases.size() / kLoudnessPhases == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(phases[kLoudnessPhases * i + 3] == whole[i]);
  }
}

TEST_CASE("loudness meter: a measurement in phases is of the 5 ms before its end") {
  std::vector<std::int16_t> sound(1600, 0);
  for (std::size_t i = 800; i < 820; ++i) sound[i] = i % 2 == 0 ? 20000 : -20000;
  LoudnessMeter meter(16000, kLoudnessPhases);
  std::vector<Loudness> phases;
  meter.add(sound.data(), sound.size(), phases);
  for (std::size_t i = 30; i < 44; ++i) CHECK((phases[i][3] > 100) == (i >= 40));
}

TEST_CASE("loudness field: a message says how loud it is behind all else it says") {
  Bytes message = {0x08, 0x05};
  append_loudness(numbered(), message);
  CHECK(message.size() == 2 + 3 + 32);
  const auto loudness = read_loudness(view(message));
  REQUIRE(loudness);
  CHECK(*loudness == numbered());
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
