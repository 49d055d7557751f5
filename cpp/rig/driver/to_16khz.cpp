#include "driver/to_16khz.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kOut_hz = 16000.0;
constexpr std::size_t kPhases = 64;
constexpr double kZeroCrossings = 12.0;
constexpr double kPassband = 0.9;

}  // namespace

To16kHz::To16kHz(double rate_hz)
    : step_(rate_hz / kOut_hz),
      radius_(static_cast<std::size_t>(std::ceil(kZeroCrossings * std::max(1.0, step_)))),
      kernel_(kPhases * 2 * radius_),
      input_(radius_, 0.0F),
      input_start_(-static_cast<std::int64_t>(radius_)) {
  const double cutoff = kPassband / std::max(1.0, step_);  // of half the input's rate
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    float* taps = kernel_.data() + phase * 2 * radius_;
    double sum = 0.0;
    for (std::size_t i = 0; i < 2 * radius_; ++i) {
      const double at = static_cast<double>(i) - static_cast<double>(radius_) + 1.0 -
                        static_cast<double>(phase) / static_cast<double>(kPhases);
      const double window = 0.5 + 0.5 * std::cos(kPi * at / static_cast<double>(radius_));
      const double x = kPi * cutoff * at;
      const double tap = window * (std::abs(x) < 1e-9 ? 1.0 : std::sin(x) / x);
      taps[i] = static_cast<float>(tap);
      sum += tap;
    }
    for (std::size_t i = 0; i < 2 * radius_; ++i)
      taps[i] = static_cast<float>(static_cast<double>(taps[i]) / sum);
  }
}

void To16kHz::push(const std::int16_t* samples, std::size_t count, std::vector<float>& out) {
  constexpr float kScale = 1.0F / 32768.0F;
  samples_in_ += count;
  if (step_ == 1.0) {
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<float>(samples[i]) * kScale);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) input_.push_back(static_cast<float>(samples[i]) * kScale);
  convert(out);
}

void To16kHz::finish(std::vector<float>& out) {
  if (step_ == 1.0) return;
  const auto wanted = static_cast<std::size_t>(static_cast<double>(samples_in_) / step_);
  const std::size_t before = out.size();
  const auto made = static_cast<std::size_t>(next_output_);
  input_.insert(input_.end(), 2 * radius_, 0.0F);
  convert(out);
  out.resize(before + (wanted > made ? std::min(wanted - made, out.size() - before) : 0));
}

void To16kHz::convert(std::vector<float>& out) {
  for (;; ++next_output_) {
    const double at = static_cast<double>(next_output_) * step_;
    const auto whole = static_cast<std::int64_t>(at);
    const auto phase =
        static_cast<std::size_t>((at - static_cast<double>(whole)) * static_cast<double>(kPhases));
    const std::int64_t first = whole - static_cast<std::int64_t>(radius_) + 1 - input_start_;
    if (first + static_cast<std::int64_t>(2 * radius_) > static_cast<std::int64_t>(input_.size())) {
      input_.erase(input_.begin(), input_.begin() + first);
      input_start_ += first;
      return;
    }
    const float* taps = kernel_.data() + phase * 2 * radius_;
    const float* from = input_.data() + first;
    float sum = 0.0F;
    for (std::size_t i = 0; i < 2 * radius_; ++i) sum += taps[i] * from[i];
    out.push_back(sum);
  }
}

}  // namespace hostmode
