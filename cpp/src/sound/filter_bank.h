// The filters that bring sound from one sample rate to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace hostmode {

// A windowed sinc, sampled at every phase that two rates can meet in: flat to 90 % of the lower rate's band,
// images and aliases below -90 dB. At equal rates, which need it only where their ratio varies, it is flat to
// 95 % and leaves a frame that meets an input frame what it is. Immutable, and shared by whoever converts
// between the same two rates.
class FilterBank {
 public:
  // Both rates must be positive. Null where they are equal. Thread-safe: yes. Realtime-safe: no.
  [[nodiscard]] static std::shared_ptr<const FilterBank> between(int input_rate_hz, int output_rate_hz);

  // For a ratio that varies around that of `fixed`, or around 1 where that is null: the same filter, or with
  // more phases, so many that between two of them it may be taken as straight. Thread-safe: yes.
  // Realtime-safe: no.
  [[nodiscard]] static std::shared_ptr<const FilterBank> varying(std::shared_ptr<const FilterBank> fixed);

  // output rate : input rate is up : down, reduced where the ratio does not vary.
  [[nodiscard]] std::size_t up() const noexcept { return up_; }
  [[nodiscard]] std::size_t down() const noexcept { return down_; }

  // Input frames that an output frame is made of, a multiple of 8: half of them lie after it.
  [[nodiscard]] std::size_t taps() const noexcept { return taps_; }

  // The filter of an output frame that lies `phase` / up() after an input frame, 0 to up().
  [[nodiscard]] const float* row(std::size_t phase) const noexcept { return rows_.data() + phase * taps_; }

  // How many output frames `input_frames` last, rounded up.
  [[nodiscard]] std::int64_t output_frames(std::int64_t input_frames) const noexcept {
    const auto up = static_cast<std::int64_t>(up_);
    const auto down = static_cast<std::int64_t>(down_);
    return (input_frames * up + down - 1) / down;
  }

 private:
  FilterBank(std::size_t up, std::size_t down);
  [[nodiscard]] static std::shared_ptr<const FilterBank> shared(std::size_t up, std::size_t down);

  const std::size_t up_;
  const std::size_t down_;
  const std::size_t taps_;
  std::vector<float> rows_;
};

}  // namespace hostmode
