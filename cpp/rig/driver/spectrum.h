// The power spectrum and the periodicity of 32 ms of sound at 16 kHz.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <vector>

namespace hostmode {

class Spectrum {
 public:
  static constexpr std::size_t kWindow = 512;
  static constexpr double kRate_hz = 16000.0;
  static constexpr double kBin_hz = kRate_hz / kWindow;

  Spectrum();

  // `samples`: kWindow of them, -1 to 1. Thread-safe: no (scratch memory). Realtime-safe: yes.
  void analyse(const float* samples) noexcept;

  // Of a Hann window: the power between two frequencies, and the frequency at its centre of gravity.
  [[nodiscard]] double power(double from_hz, double to_hz) const noexcept;
  [[nodiscard]] double centroid_hz(double from_hz, double to_hz) const noexcept;

  // The highest peak of the normalised autocorrelation for pitches of 70 to 350 Hz: near 1 for a vowel.
  [[nodiscard]] double voicing() const noexcept { return voicing_; }

 private:
  using Complex = std::complex<float>;

  void transform(std::vector<Complex>& values) const noexcept;

  std::array<float, kWindow> hann_;
  double hann_power_ = 0.0;
  std::array<float, kWindow / 2 + 1> power_{};
  double voicing_ = 0.0;
  std::vector<Complex> roots_;  // of unity, of the longest transform
  std::vector<Complex> work_;
};

}  // namespace hostmode
