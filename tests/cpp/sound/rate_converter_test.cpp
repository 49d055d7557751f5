#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sound/rate_converter.h"

namespace {

constexpr double kPi = 3.14159265358979323846;

// The conversion of a tone, asked for in blocks of changing size, beside the tone at the times the converter
// promises.
struct Converted {
  std::vector<double> actual;
  std::vector<double> expected;
};

Converted convert_tone(double tone_hz, int input_rate_hz, int output_rate_hz) {
  constexpr std::size_t kFrames = 20000;
  hostmode::RateConverter converter(hostmode::FilterBank::between(input_rate_hz, output_rate_hz), 1024);
  Converted result;
  std::size_t consumed = 0;
  std::vector<float> block(1024);
  std::size_t produced = 0;
  for (std::size_t size = 1; produced < kFrames; size = size % 1021 + 97) {
    size = std::min<std::size_t>(size, 1024);
    const std::size_t needed = converter.input_needed(size);
    const double first_output = static_cast<double>(consumed) - converter.input_delay_frames();
    for (std::size_t i = 0; i < needed; ++i) {
      converter.input()[i] = static_cast<float>(
          std::sin(2.0 * kPi * tone_hz * static_cast<double>(consumed + i) / input_rate_hz));
    }
    converter.convert(block.data(), size);
    for (std::size_t i = 0; i < size; ++i) {
      const double position = first_output + static_cast<double>(i) * input_rate_hz / output_rate_hz;
      if (position < 1000.0) continue;  // the filter still holds silence from before the tone
      result.actual.push_back(static_cast<double>(block[i]));
      result.expected.push_back(std::sin(2.0 * kPi * tone_hz * position / input_rate_hz));
    }
    consumed += needed;
    produced += size;
  }
  return result;
}

double error_db(const Converted& converted) {
  double noise = 0.0;
  double signal = 0.0;
  for (std::size_t i = 0; i < converted.actual.size(); ++i) {
    noise += std::pow(converted.actual[i] - converted.expected[i], 2);
    signal += std::pow(converted.expected[i], 2);
  }
  return 10.0 * std::log10(noise / signal);
}

double level_db(const Converted& converted) {
  double power = 0.0;
  for (const double sample : converted.actual) power += sample * sample;
  return 10.0 * std::log10(2.0 * power / static_cast<double>(converted.actual.size()));
}

}  // namespace

TEST_CASE("rate_converter: a tone keeps its shape, level and place in time at every pair of rates") {
  for (const auto& rates : {std::pair{48000, 44100},
                            {44100, 48000},
                            {48000, 96000},
                            {96000, 48000},
                            {48000, 16000},
                            {22050, 48000},
                            {16000, 48000}}) {
    // CAPTURE makes a lambda, and in C++17 no lambda may capture a structured binding.
    const auto input = rates.first;
    const auto output = rates.second;
    CAPTURE(input);
    CAPTURE(output);
    CHECK(error_db(convert_tone(1000.0, input, output)) < -90.0);
    CHECK(error_db(convert_tone(0.4 * std::min(input, output), input, output)) < -90.0);
  }
}

TEST_CASE("rate_converter: a tone above the lower rate's band does not come back as an alias") {
  CHECK(level_db(convert_tone(23500.0, 48000, 44100)) < -90.0);
  CHECK(level_db(convert_tone(9000.0, 48000, 16000)) < -90.0);
}
