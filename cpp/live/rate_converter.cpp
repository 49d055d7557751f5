#include "rate_converter.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numeric>

namespace hostmode {
namespace {

constexpr double kPi = 3.14159265358979323846;
// Kaiser window for 96 dB (Kaiser 1974: beta = 0.1102 (A - 8.7)) over a transition of a tenth of the lower
// band on either side of 0.95 of it: (A - 8) / (2.285 * 0.1 * pi) taps at equal rates.
constexpr double kStopbandDb = 96.0;
constexpr double kKaiserBeta = 0.1102 * (kStopbandDb - 8.7);
constexpr double kCutoff = 0.95;
constexpr std::size_t kTapsAtEqualRates = 124;

double bessel_i0(double x) noexcept {
  double term = 1.0;
  double sum = 1.0;
  for (int k = 1; term > 1e-12 * sum; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

}  // namespace

RateConverter::RateConverter(int input_rate_hz, int output_rate_hz, std::size_t max_output_frames) {
  assert(input_rate_hz > 0 && output_rate_hz > 0);
  const int divisor = std::gcd(input_rate_hz, output_rate_hz);
  up_ = static_cast<std::size_t>(output_rate_hz / divisor);
  down_ = static_cast<std::size_t>(input_rate_hz / divisor);

  const double narrowing = std::min(1.0, static_cast<double>(up_) / static_cast<double>(down_));
  taps_ = static_cast<std::size_t>(std::ceil(static_cast<double>(kTapsAtEqualRates) / narrowing / 2.0)) * 2;
  history_frames_ = taps_;
  buffer_.assign(history_frames_ + max_output_frames * down_ / up_ + 2, 0.0F);

  filter_.resize(up_ * taps_);
  const double half = static_cast<double>(taps_) / 2.0;
  const double cutoff = kCutoff * narrowing;
  for (std::size_t phase = 0; phase < up_; ++phase) {
    float* row = filter_.data() + phase * taps_;
    double sum = 0.0;
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      const double x =
          static_cast<double>(tap) - (half - 1.0) - static_cast<double>(phase) / static_cast<double>(up_);
      const double edge = x / half;
      const double window =
          bessel_i0(kKaiserBeta * std::sqrt(std::max(0.0, 1.0 - edge * edge))) / bessel_i0(kKaiserBeta);
      const double sinc = x == 0.0 ? 1.0 : std::sin(kPi * cutoff * x) / (kPi * cutoff * x);
      row[tap] = static_cast<float>(cutoff * sinc * window);
      sum += row[tap];
    }
    // Equal gain at every phase, or a constant would carry a ripple of the phase's period.
    for (std::size_t tap = 0; tap < taps_; ++tap) row[tap] = static_cast<float>(row[tap] / sum);
  }
}

std::size_t RateConverter::input_needed(std::size_t output_frames) const noexcept {
  return (phase_ + output_frames * down_) / up_;
}

double RateConverter::input_delay_frames() const noexcept {
  // The next output frame lies at taps_ / 2 - 1 and its phase in the buffer, the next input frame at taps_.
  return static_cast<double>(taps_ / 2 + 1) - static_cast<double>(phase_) / static_cast<double>(up_);
}

void RateConverter::convert(float* output, std::size_t output_frames) noexcept {
  const std::size_t input_frames = input_needed(output_frames);
  assert(history_frames_ + input_frames <= buffer_.size());
  const float* window = buffer_.data();
  for (std::size_t i = 0; i < output_frames; ++i) {
    const float* row = filter_.data() + phase_ * taps_;
    float sum = 0.0F;
    for (std::size_t tap = 0; tap < taps_; ++tap) sum += row[tap] * window[tap];
    output[i] = sum;
    phase_ += down_;
    window += phase_ / up_;
    phase_ %= up_;
  }
  std::memmove(buffer_.data(), buffer_.data() + input_frames, history_frames_ * sizeof(float));
}

}  // namespace hostmode
