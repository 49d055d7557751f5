// Converts a stream between two sample rates on the audio thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sound/filter_bank.h"

namespace hostmode {

// Frames are pulled: ask how much input a block of output needs, then convert exactly that much. A stream
// begins after silence; what is fed to a new converter with prime() makes its first output frame fall on its
// first input frame, without that it falls input_delay_frames() before it.
class RateConverter {
 public:
  // Allocates for blocks of up to `max_output_frames`.
  RateConverter(std::shared_ptr<const FilterBank> bank, std::size_t max_output_frames);

  // From now on the ratio may vary: `bank` is FilterBank::varying of the one it was made with, which somebody
  // else must hold as well. Once. Thread-safe: no (audio thread only). Realtime-safe: yes.
  void vary(std::shared_ptr<const FilterBank> bank) noexcept;

  // An output frame lasts 1 + `drift` of what it would at the fixed ratio; at most a thousandth more or less,
  // and 0 where the ratio does not vary. Thread-safe: no (audio thread only). Realtime-safe: yes.
  void set_drift(double drift) noexcept;

  // How many output frames at the fixed ratio end while the next `output_frames` are heard.
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] std::int64_t fixed_frames(std::size_t output_frames) const noexcept;

  // How far ahead of the next output frame input must be known, in input frames.
  [[nodiscard]] static std::size_t look_ahead(const FilterBank& bank) noexcept { return bank.taps() / 2 + 1; }

  // Where to write the first look_ahead() frames of a stream before anything else; the taps() / 2 - 1 frames
  // before them may be written there too. Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] float* prime() noexcept { return buffer_.data() + bank_->taps() / 2 - 1; }

  // How many input frames the next `output_frames` (at most `max_output_frames`) need.
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] std::size_t input_needed(std::size_t output_frames) const noexcept;

  // How long, in input frames, after the first output frame of the next block the first input frame of that
  // block is heard: the filter's delay and the fraction of a frame between the two grids. Thread-safe: no
  // (audio thread only). Realtime-safe: yes.
  [[nodiscard]] double input_delay_frames() const noexcept;

  // Where to write the `input_needed(output_frames)` input frames before `convert(output_frames)`.
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] float* input() noexcept { return buffer_.data() + bank_->taps(); }

  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  void convert(float* output, std::size_t output_frames) noexcept;

 private:
  // Phases are counted in 2^-32 of the bank's.
  [[nodiscard]] std::uint64_t period() const noexcept;
  [[nodiscard]] std::uint64_t fixed_step() const noexcept;

  std::shared_ptr<const FilterBank> bank_;
  std::uint64_t phase_ = 0;    // of the next output frame, of an input frame
  std::uint64_t step_;         // from one output frame to the next
  std::int64_t fraction_ = 0;  // how far beyond a frame of the fixed ratio the next one is, less than a step
  std::vector<float> buffer_;  // as many past input frames as there are taps, then the input of this block
};

}  // namespace hostmode
