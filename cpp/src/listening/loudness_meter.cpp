#include "listening/loudness_meter.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

constexpr double kHighHz = 2000.0;
constexpr double kPi = 3.14159265358979323846;
constexpr double kSilence_dB = -96.0;
constexpr double kStepsPer_dB = 2.0;

std::uint8_t steps(double power) noexcept {
  const double level_dB = 10.0 * std::log10(std::max(power, 1e-20));
  return static_cast<std::uint8_t>(
      std::lround(kStepsPer_dB * std::clamp(level_dB - kSilence_dB, 0.0, -kSilence_dB)));
}

}  // namespace

LoudnessMeter::LoudnessMeter(int rate_hz) noexcept : rate_hz_(rate_hz), end_(0) {
  const double warped = std::tan(kPi * kHighHz / rate_hz);
  const double scale = 1.0 / (1.0 + std::sqrt(2.0) * warped + warped * warped);
  b0_ = scale;
  a1_ = 2.0 * scale * (warped * warped - 1.0);
  a2_ = scale * (1.0 - std::sqrt(2.0) * warped + warped * warped);
  end_ = end_of(0);
}

void LoudnessMeter::add(const std::int16_t* samples, std::size_t count, std::vector<Loudness>& out) {
  for (std::size_t i = 0; i < count; ++i) {
    const double sample = samples[i] / 32768.0;
    const double high = b0_ * sample + state1_;
    state1_ = -2.0 * b0_ * sample - a1_ * high + state2_;
    state2_ = b0_ * sample - a2_ * high;
    whole_power_ += sample * sample;
    high_power_ += high * high;
    if (++samples_ < end_) continue;
    const double length = static_cast<double>(end_ - begin_);
    out.push_back({steps(whole_power_ / length), steps(high_power_ / length)});
    whole_power_ = high_power_ = 0;
    begin_ = end_;
    end_ = end_of(++measured_);
  }
}

std::uint64_t LoudnessMeter::end_of(std::uint64_t measurement) const noexcept {
  const auto rate = static_cast<std::uint64_t>(rate_hz_);
  return ((measurement + 1) * rate + kLoudnessRateHz / 2) / kLoudnessRateHz;
}

}  // namespace hostmode
