#include "listening/loudness_meter.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace hostmode {
namespace {

// Of the bands; what lies above the last one a telephone line does not carry.
constexpr double kEdges_hz[] = {500.0, 1000.0, 2000.0, 4000.0};
constexpr double kPi = 3.14159265358979323846;
constexpr double kSilence_dB = -96.0;
constexpr double kStepsPer_dB = 2.0;

std::uint8_t steps(double power) noexcept {
  const double level_dB = 10.0 * std::log10(std::max(power, 1e-20));
  return static_cast<std::uint8_t>(
      std::lround(kStepsPer_dB * std::clamp(level_dB - kSilence_dB, 0.0, -kSilence_dB)));
}

}  // namespace

LoudnessMeter::LoudnessMeter(int rate_hz, std::size_t phases) noexcept
    : rate_hz_(rate_hz), phases_(phases), end_(0) {
  assert(phases >= 1 && phases <= kLoudnessPhases);
  for (std::size_t i = 0; i < kLoudnessBands; ++i) {
    if (i > 0) bands_[i].above = filter(kEdges_hz[i - 1], rate_hz, true);
    if (2 * kEdges_hz[i] < rate_hz) bands_[i].below = filter(kEdges_hz[i], rate_hz, false);
  }
  end_ = end_of(0);
}

LoudnessMeter::Filter LoudnessMeter::filter(double edge_hz, int rate_hz, bool passes_above) noexcept {
  const double warped = std::tan(kPi * edge_hz / rate_hz);
  const double scale = 1.0 / (1.0 + std::sqrt(2.0) * warped + warped * warped);
  Filter made;
  made.b0 = made.b2 = passes_above ? scale : scale * warped * warped;
  made.b1 = passes_above ? -2.0 * made.b0 : 2.0 * made.b0;
  made.a1 = 2.0 * scale * (warped * warped - 1.0);
  made.a2 = scale * (1.0 - std::sqrt(2.0) * warped + warped * warped);
  return made;
}

void LoudnessMeter::add(const std::int16_t* samples, std::size_t count, std::vector<Loudness>& out) {
  for (std::size_t i = 0; i < count; ++i) {
    const double sample = samples[i] / 32768.0;
    const std::size_t part = parts_ % phases_;
    for (Band& band : bands_) {
      const double passed = band.below(band.above(sample));
      band.powers[part] += passed * passed;
    }
    if (++samples_ < end_) continue;
    const std::size_t oldest = (part + 1) % phases_;
    const double length = static_cast<double>(end_ - begins_[parts_ + 1 < phases_ ? 0 : oldest]);
    Loudness& measured = out.emplace_back();
    for (std::size_t b = 0; b < kLoudnessBands; ++b) {
      double power = 0;
      for (std::size_t p = 0; p < phases_; ++p) power += bands_[b].powers[p];
      measured[b] = steps(power / length);
      bands_[b].powers[oldest] = 0;
    }
    begins_[oldest] = end_;
    end_ = end_of(++parts_);
  }
}

std::uint64_t LoudnessMeter::end_of(std::uint64_t part) const noexcept {
  const std::uint64_t parts_a_second = kLoudnessRateHz * phases_;
  return ((part + 1) * static_cast<std::uint64_t>(rate_hz_) + parts_a_second / 2) / parts_a_second;
}

}  // namespace hostmode
