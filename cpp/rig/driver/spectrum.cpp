#include "driver/spectrum.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

constexpr double kTau = 6.283185307179586;
constexpr std::size_t kPadded = 2 * Spectrum::kWindow;  // no wrap-around in the autocorrelation
constexpr std::size_t kShortestPitch = 46;              // samples: 348 Hz
constexpr std::size_t kLongestPitch = 228;              // samples: 70 Hz

}  // namespace

Spectrum::Spectrum() : hann_{}, roots_(kPadded / 2), work_(kPadded) {
  for (std::size_t i = 0; i < kWindow; ++i) {
    const double weight = 0.5 - 0.5 * std::cos(kTau * static_cast<double>(i) / (kWindow - 1));
    hann_[i] = static_cast<float>(weight);
    hann_power_ += weight * weight;
  }
  for (std::size_t i = 0; i < roots_.size(); ++i) {
    const double angle = -kTau * static_cast<double>(i) / kPadded;
    roots_[i] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  }
}

// Radix 2, decimation in time, in place.
void Spectrum::transform(std::vector<Complex>& values) const noexcept {
  const std::size_t size = values.size();
  for (std::size_t i = 1, j = 0; i < size; ++i) {
    std::size_t bit = size >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  for (std::size_t half = 1; half < size; half *= 2) {
    const std::size_t step = roots_.size() / half;
    for (std::size_t start = 0; start < size; start += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        const Complex a = values[start + k];
        const Complex w = roots_[k * step];
        const Complex b = values[start + k + half];
        const Complex turned(b.real() * w.real() - b.imag() * w.imag(),
                             b.real() * w.imag() + b.imag() * w.real());
        values[start + k] = a + turned;
        values[start + k + half] = a - turned;
      }
    }
  }
}

void Spectrum::analyse(const float* samples) noexcept {
  // The windowed samples and, as imaginary part, nothing: padded to twice the length, every second value of
  // the transform is the spectrum of the window alone.
  std::fill(work_.begin(), work_.end(), Complex{});
  float mean = 0.0F;
  for (std::size_t i = 0; i < kWindow; ++i) {
    work_[i] = {samples[i] * hann_[i], 0.0F};
    mean += samples[i] / static_cast<float>(kWindow);
  }
  transform(work_);
  const auto scale = static_cast<float>(1.0 / (hann_power_ * kWindow));
  for (std::size_t bin = 0; bin < power_.size(); ++bin) power_[bin] = std::norm(work_[2 * bin]) * scale;

  std::fill(work_.begin(), work_.end(), Complex{});
  for (std::size_t i = 0; i < kWindow; ++i) work_[i] = {samples[i] - mean, 0.0F};
  transform(work_);
  for (Complex& value : work_) value = {std::norm(value), 0.0F};
  transform(work_);
  float peak = 0.0F;
  for (std::size_t lag = kShortestPitch; lag <= kLongestPitch; ++lag)
    peak = std::max(peak, work_[lag].real());
  // Of silence nothing is periodic.
  voicing_ = peak / (static_cast<double>(work_[0].real()) + 1e-8 * kPadded);
}

double Spectrum::power(double from_hz, double to_hz) const noexcept {
  double sum = 0.0;
  const auto first = static_cast<std::size_t>(std::ceil(from_hz / kBin_hz));
  for (std::size_t bin = first; bin < power_.size() && static_cast<double>(bin) * kBin_hz < to_hz; ++bin) {
    sum += static_cast<double>(power_[bin]);
  }
  return sum;
}

double Spectrum::centroid_hz(double from_hz, double to_hz) const noexcept {
  double sum = 1e-12;
  double moment = 0.0;
  const auto first = static_cast<std::size_t>(std::ceil(from_hz / kBin_hz));
  for (std::size_t bin = first; bin < power_.size() && static_cast<double>(bin) * kBin_hz < to_hz; ++bin) {
    sum += static_cast<double>(power_[bin]);
    moment += static_cast<double>(power_[bin]) * static_cast<double>(bin) * kBin_hz;
  }
  return moment / sum;
}

}  // namespace hostmode
