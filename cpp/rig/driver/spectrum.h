// The power spectrum and the periodicity of 32 ms of sound at 16 kHz.
#pragma once

#include <array>
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
  // Complex numbers, real and imaginary parts apart: compilers make vectors of that.
  struct Numbers {
    std::vector<float> real;
    std::vector<float> imaginary;
  };

  void transform() noexcept;

  std::array<float, kWindow> hann_;
  double hann_power_ = 0.0;
  std::array<float, kWindow / 2 + 1> power_{};
  double voicing_ = 0.0;
  Numbers roots_;  // of unity: those of each stage one after the other, from stage size on
  std::vector<std::size_t> reversed_;  // the indices of the transform with their bits in reverse
  Numbers work_;
};

}  // namespace hostmode
