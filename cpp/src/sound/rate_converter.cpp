#include "sound/rate_converter.h"

#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace hostmode {
namespace {

// Eight sums side by side: in one, each addition would wait for the one before it.
float dot(const float* a, const float* b, std::size_t count) noexcept {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i < count; i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

RateConverter::RateConverter(std::shared_ptr<const FilterBank> bank, std::size_t max_output_frames)
    : bank_(std::move(bank)),
      buffer_(bank_->taps() + max_output_frames * bank_->down() / bank_->up() + 2, 0.0F) {}

std::size_t RateConverter::input_needed(std::size_t output_frames) const noexcept {
  return (phase_ + output_frames * bank_->down()) / bank_->up();
}

double RateConverter::input_delay_frames() const noexcept {
  // The next output frame lies at taps / 2 - 1 and its phase in the buffer, the next input frame at taps.
  return static_cast<double>(look_ahead(*bank_)) -
         static_cast<double>(phase_) / static_cast<double>(bank_->up());
}

void RateConverter::convert(float* output, std::size_t output_frames) noexcept {
  const std::size_t taps = bank_->taps();
  const std::size_t input_frames = input_needed(output_frames);
  assert(taps + input_frames <= buffer_.size());
  const float* window = buffer_.data();
  for (std::size_t i = 0; i < output_frames; ++i) {
    output[i] = dot(bank_->row(phase_), window, taps);
    phase_ += bank_->down();
    window += phase_ / bank_->up();
    phase_ %= bank_->up();
  }
  std::memmove(buffer_.data(), buffer_.data() + input_frames, taps * sizeof(float));
}

}  // namespace hostmode
