#include "sound/filter_bank.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace hostmode;

constexpr double kPi = 3.14159265358979323846;

// What a bank makes of a tone at `share` of the input's band, over all its phases at once: they are the
// samples of one filter, `up` of them an input frame.
double gain_dB(const FilterBank& bank, double share) {
  std::complex<double> sum = 0;
  for (std::size_t phase = 0; phase < bank.up(); ++phase) {
    for (std::size_t tap = 0; tap < bank.taps(); ++tap) {
      const double at =
          static_cast<double>(tap) - static_cast<double>(phase) / static_cast<double>(bank.up());
      sum += static_cast<double>(bank.row(phase)[tap]) * std::polar(1.0, kPi * share * at);
    }
  }
  return 20 * std::log10(std::abs(sum) / static_cast<double>(bank.up()));
}

double sum_of(const FilterBank& bank, std::size_t phase) {
  return std::accumulate(bank.row(phase), bank.row(phase) + bank.taps(), 0.0);
}

}  // namespace

TEST_CASE("filter bank: a ratio is reduced, and there is none between equal rates") {
  CHECK(FilterBank::between(24000, 24000) == nullptr);
  const auto bank = FilterBank::between(44100, 16000);
  CHECK(bank->up() == 160);
  CHECK(bank->down() == 441);
  CHECK(bank->output_frames(441) == 160);
  CHECK(bank->output_frames(442) == 161);
  CHECK(bank->output_frames(0) == 0);
}

TEST_CASE("filter bank: who converts between the same two rates shares one, for as long as anybody does") {
  const auto bank = FilterBank::between(32000, 48000);
  CHECK(FilterBank::between(16000, 24000) == bank);
  CHECK(FilterBank::between(48000, 32000) != bank);
  const auto varying = FilterBank::varying(bank);
  CHECK(FilterBank::varying(bank) == varying);
}

TEST_CASE("filter bank: to 90 % of the lower rate's band it is flat, and beyond that band is nothing") {
  for (const auto& rates : {std::pair{22050, 48000}, {48000, 32000}, {48000, 8000}, {8000, 44100}}) {
    const auto bank = FilterBank::between(rates.first, rates.second);
    const double band = std::min(1.0, static_cast<double>(rates.second) / rates.first);
    CAPTURE(rates.first);
    CAPTURE(rates.second);
    CHECK(bank->taps() % 8 == 0);
    CHECK(bank->taps() >= 124 / band);
    CHECK(bank->taps() < 124 / band + 8);
    double least_dB = 0, most_dB = 0, beyond_dB = -200;
    for (double share = 0; share < 0.9; share += 0.01) {
      least_dB = std::min(least_dB, gain_dB(*bank, share * band));
      most_dB = std::max(most_dB, gain_dB(*bank, share * band));
    }
    for (double share = 1.0; share < 2.0; share += 0.013) {
      beyond_dB = std::max(beyond_dB, gain_dB(*bank, share * band));
    }
    CHECK(least_dB > -0.001);
    CHECK(most_dB < 0.001);
    CHECK(beyond_dB < -90);
    // The edge lies in the middle of the transition.
    CHECK(gain_dB(*bank, 0.95 * band) == doctest::Approx(-6.02).epsilon(0.01));
  }
}

TEST_CASE("filter bank: every phase lets a constant pass as it is, and the last is the first a frame later") {
  const auto bank = FilterBank::between(48000, 44100);
  double off = 0, apart = 0;
  for (std::size_t phase = 0; phase <= bank->up(); ++phase) {
    off = std::max(off, std::abs(sum_of(*bank, phase) - 1));
  }
  for (std::size_t tap = 1; tap < bank->taps(); ++tap) {
    apart = std::max<double>(apart, std::abs(bank->row(bank->up())[tap] - bank->row(0)[tap - 1]));
  }
  CHECK(off < 1e-6);
  CHECK(apart < 1e-6);
}

TEST_CASE("filter bank: one for a ratio that varies has 256 phases or more, around 1 as around any other") {
  const auto around_1 = FilterBank::varying(nullptr);
  CHECK(around_1->up() == 256);
  CHECK(around_1->down() == 256);
  // A frame that meets an input frame is that frame.
  for (std::size_t tap = 0; tap < around_1->taps(); ++tap) {
    CHECK(around_1->row(0)[tap] == doctest::Approx(tap == around_1->taps() / 2 - 1 ? 1.0 : 0.0));
  }
  const auto fine = FilterBank::varying(FilterBank::between(44100, 48000));
  CHECK(fine->up() == 320);
  CHECK(fine->down() == 294);
  const auto finest = FilterBank::between(48000, 44100);
  CHECK(FilterBank::varying(finest)->up() == 294);
  const auto enough = FilterBank::between(22050, 48000);
  CHECK(enough->up() == 320);
  CHECK(FilterBank::varying(enough) == enough);
}
