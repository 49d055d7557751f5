#include "sound/filter_bank.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

namespace hostmode {
namespace {

constexpr double kPi = 3.14159265358979323846;
// Kaiser window for 96 dB (Kaiser 1974: beta = 0.1102 (A - 8.7)) over a transition of a tenth of the lower
// band on either side of 0.95 of it: at equal rates (A - 8) / (2.285 * 0.1 * pi) taps or more.
constexpr double kStopbandDb = 96.0;
constexpr double kKaiserBeta = 0.1102 * (kStopbandDb - 8.7);
constexpr double kCutoff = 0.95;
// Between two phases h apart a filter of frequency f is straight to (2 pi f h)^2 / 8: -94 dB at the band's
// edge.
constexpr std::size_t kVaryingPhases = 256;
constexpr double kTapsAtEqualRates = 124.0;

double bessel_i0(double x) noexcept {
  double term = 1.0;
  double sum = 1.0;
  for (int k = 1; term > 1e-12 * sum; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

double narrowing(std::size_t up, std::size_t down) noexcept {
  return std::min(1.0, static_cast<double>(up) / static_cast<double>(down));
}

std::size_t tap_count(std::size_t up, std::size_t down) noexcept {
  return static_cast<std::size_t>(std::ceil(kTapsAtEqualRates / narrowing(up, down) / 8.0)) * 8;
}

}  // namespace

std::shared_ptr<const FilterBank> FilterBank::between(int input_rate_hz, int output_rate_hz) {
  assert(input_rate_hz > 0 && output_rate_hz > 0);
  if (input_rate_hz == output_rate_hz) return nullptr;
  const int divisor = std::gcd(input_rate_hz, output_rate_hz);
  const auto up = static_cast<std::size_t>(output_rate_hz / divisor);
  const auto down = static_cast<std::size_t>(input_rate_hz / divisor);
  return shared(up, down);
}

std::shared_ptr<const FilterBank> FilterBank::varying(std::shared_ptr<const FilterBank> fixed) {
  const std::size_t up = fixed == nullptr ? 1 : fixed->up();
  const std::size_t down = fixed == nullptr ? 1 : fixed->down();
  const std::size_t finer = (kVaryingPhases + up - 1) / up;
  return shared(up * finer, down * finer);
}

std::shared_ptr<const FilterBank> FilterBank::shared(std::size_t up, std::size_t down) {
  // A bank takes milliseconds to make and up to half a megabyte to keep.
  static std::mutex mutex;
  static std::map<std::pair<std::size_t, std::size_t>, std::weak_ptr<const FilterBank>> banks;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const FilterBank>& known = banks[{up, down}];
  std::shared_ptr<const FilterBank> bank = known.lock();
  if (bank == nullptr) {
    bank.reset(new FilterBank(up, down));
    known = bank;
  }
  return bank;
}

FilterBank::FilterBank(std::size_t up, std::size_t down)
    : up_(up), down_(down), taps_(tap_count(up, down)), rows_((up + 1) * taps_) {
  const double half = static_cast<double>(taps_) / 2.0;
  const double cutoff = up == down ? 1.0 : kCutoff * narrowing(up, down);
  const double centre = bessel_i0(kKaiserBeta);
  for (std::size_t phase = 0; phase <= up_; ++phase) {
    float* row = rows_.data() + phase * taps_;
    double sum = 0.0;
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      const double x =
          static_cast<double>(tap) - (half - 1.0) - static_cast<double>(phase) / static_cast<double>(up_);
      const double edge = x / half;
      const double window = bessel_i0(kKaiserBeta * std::sqrt(std::max(0.0, 1.0 - edge * edge))) / centre;
      const double sinc = x == 0.0 ? 1.0 : std::sin(kPi * cutoff * x) / (kPi * cutoff * x);
      row[tap] = static_cast<float>(cutoff * sinc * window);
      sum += row[tap];
    }
    // Equal gain at every phase, or a constant would carry a ripple of the phase's period.
    for (std::size_t tap = 0; tap < taps_; ++tap) row[tap] = static_cast<float>(row[tap] / sum);
  }
}

}  // namespace hostmode
