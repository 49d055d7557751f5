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

Spectrum::Spectrum()
    : hann_{},
      roots_{std::vector<float>(kPadded), std::vector<float>(kPadded)},
      reversed_(kPadded),
      work_{std::vector<float>(kPadded), std::vector<float>(kPadded)} {
  for (std::size_t i = 0; i < kWindow; ++i) {
    const double weight = 0.5 - 0.5 * std::cos(kTau * static_cast<double>(i) / (kWindow - 1));
    hann_[i] = static_cast<float>(weight);
    hann_power_ += weight * weight;
  }
  for (std::size_t half = 1; half < kPadded; half *= 2) {
    for (std::size_t k = 0; k < half; ++k) {
      const double angle = -0.5 * kTau * static_cast<double>(k) / static_cast<double>(half);
      roots_.real[half + k] = static_cast<float>(std::cos(angle));
      roots_.imaginary[half + k] = static_cast<float>(std::sin(angle));
    }
  }
  for (std::size_t i = 1; i < kPadded; ++i) reversed_[i] = reversed_[i / 2] / 2 + (i % 2) * (kPadded / 2);
}

// Radix 2, decimation in time, in place.
void Spectrum::transform() noexcept {
  float* const real = work_.real.data();
  float* const imaginary = work_.imaginary.data();
  for (std::size_t i = 0; i < kPadded; ++i) {
    if (i >= reversed_[i]) continue;
    std::swap(real[i], real[reversed_[i]]);
    std::swap(imaginary[i], imaginary[reversed_[i]]);
  }
  for (std::size_t half = 1; half < kPadded; half *= 2) {
    const float* const root_real = roots_.real.data() + half;
    const float* const root_imaginary = roots_.imaginary.data() + half;
    for (std::size_t start = 0; start < kPadded; start += 2 * half) {
      float* const low_real = real + start;
      float* const low_imaginary = imaginary + start;
      float* const high_real = low_real + half;
      float* const high_imaginary = low_imaginary + half;
      for (std::size_t k = 0; k < half; ++k) {
        const float turned_real = high_real[k] * root_real[k] - high_imaginary[k] * root_imaginary[k];
        const float turned_imaginary = high_real[k] * root_imaginary[k] + high_imaginary[k] * root_real[k];
        high_real[k] = low_real[k] - turned_real;
        high_imaginary[k] = low_imaginary[k] - turned_imaginary;
        low_real[k] += turned_real;
        low_imaginary[k] += turned_imaginary;
      }
    }
  }
}

void Spectrum::analyse(const float* samples) noexcept {
  float mean = 0.0F;
  for (std::size_t i = 0; i < kWindow; ++i) mean += samples[i];
  mean /= static_cast<float>(kWindow);
  // Two transforms of real numbers in one: the windowed samples, and the samples less their mean, both padded
  // to twice the length. Of the first, every second value is the spectrum of the window alone.
  for (std::size_t i = 0; i < kWindow; ++i) {
    work_.real[i] = samples[i] * hann_[i];
    work_.imaginary[i] = samples[i] - mean;
  }
  std::fill(work_.real.begin() + kWindow, work_.real.end(), 0.0F);
  std::fill(work_.imaginary.begin() + kWindow, work_.imaginary.end(), 0.0F);
  transform();
  const auto scale = static_cast<float>(0.25 / (hann_power_ * kWindow));
  for (std::size_t k = 0; k <= kPadded / 2; ++k) {
    const std::size_t mirrored = (kPadded - k) % kPadded;
    const float real_sum = work_.real[k] + work_.real[mirrored];
    const float real_difference = work_.real[k] - work_.real[mirrored];
    const float imaginary_sum = work_.imaginary[k] + work_.imaginary[mirrored];
    const float imaginary_difference = work_.imaginary[k] - work_.imaginary[mirrored];
    if (k % 2 == 0) {
      power_[k / 2] = (real_sum * real_sum + imaginary_difference * imaginary_difference) * scale;
    }
    work_.real[k] = work_.real[mirrored] =
        0.25F * (imaginary_sum * imaginary_sum + real_difference * real_difference);
  }
  std::fill(work_.imaginary.begin(), work_.imaginary.end(), 0.0F);
  transform();
  float peak = 0.0F;
  for (std::size_t lag = kShortestPitch; lag <= kLongestPitch; ++lag) peak = std::max(peak, work_.real[lag]);
  // Of silence nothing is periodic.
  voicing_ = peak / (static_cast<double>(work_.real[0]) + 1e-8 * kPadded);
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
