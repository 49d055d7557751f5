#include "sound/rate_converter.h"

#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <utility>

namespace hostmode {
namespace {

constexpr unsigned kPhaseBits = 32;
constexpr float kPhaseUnit = 1.0F / 4294967296.0F;

// How much more than at the fixed ratio a block may need.
std::size_t most_input(std::size_t fixed) noexcept {
  return fixed + fixed / 512 + 3;
}

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
      step_(fixed_step()),
      buffer_(bank_->taps() + most_input(max_output_frames * bank_->down() / bank_->up()), 0.0F) {}

std::uint64_t RateConverter::period() const noexcept {
  return static_cast<std::uint64_t>(bank_->up()) << kPhaseBits;
}

std::uint64_t RateConverter::fixed_step() const noexcept {
  return static_cast<std::uint64_t>(bank_->down()) << kPhaseBits;
}

void RateConverter::vary(std::shared_ptr<const FilterBank> bank) noexcept {
  assert(bank->taps() == bank_->taps() && bank->up() % bank_->up() == 0);
  phase_ *= bank->up() / bank_->up();
  bank_ = std::move(bank);
  step_ = fixed_step();
}

void RateConverter::set_drift(double drift) noexcept {
  step_ = fixed_step() + static_cast<std::uint64_t>(std::llround(drift * static_cast<double>(fixed_step())));
}

std::int64_t RateConverter::fixed_frames(std::size_t output_frames) const noexcept {
  const auto frame = static_cast<std::int64_t>(fixed_step());
  const auto frames = static_cast<std::int64_t>(output_frames);
  const std::int64_t beyond = fraction_ + frames * (static_cast<std::int64_t>(step_) - frame);
  return frames + (beyond < 0 ? (beyond - frame + 1) / frame : beyond / frame);
}

std::size_t RateConverter::input_needed(std::size_t output_frames) const noexcept {
  return static_cast<std::size_t>((phase_ + output_frames * step_) / period());
}

double RateConverter::input_delay_frames() const noexcept {
  // The next output frame lies at taps / 2 - 1 and its phase in the buffer, the next input frame at taps.
  return static_cast<double>(look_ahead(*bank_)) -
         static_cast<double>(phase_) / static_cast<double>(period());
}

void RateConverter::convert(float* output, std::size_t output_frames) noexcept {
  const std::size_t taps = bank_->taps();
  const std::size_t input_frames = input_needed(output_frames);
  assert(taps + input_frames <= buffer_.size());
  const std::int64_t passed = fixed_frames(output_frames) - static_cast<std::int64_t>(output_frames);
  fraction_ += static_cast<std::int64_t>(output_frames) * static_cast<std::int64_t>(step_ - fixed_step()) -
               passed * static_cast<std::int64_t>(fixed_step());
  const std::uint64_t period = this->period();
  const float* window = buffer_.data();
  for (std::size_t i = 0; i < output_frames; ++i) {
    const auto row = static_cast<std::size_t>(phase_ >> kPhaseBits);
    output[i] = dot(bank_->row(row), window, taps);
    if (const auto between = static_cast<std::uint32_t>(phase_); between != 0) {
      const float next = dot(bank_->row(row + 1), window, taps);
      output[i] += static_cast<float>(between) * kPhaseUnit * (next - output[i]);
    }
    phase_ += step_;
    window += phase_ / period;
    phase_ %= period;
  }
  std::memmove(buffer_.data(), buffer_.data() + input_frames, taps * sizeof(float));
}

}  // namespace hostmode
