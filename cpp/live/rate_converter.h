// Converts a stream between two fixed sample rates on the audio thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hostmode {

// A polyphase windowed-sinc filter: flat to 90 % of the lower rate's band, images and aliases below -90 dB.
// Needed only where a device that was lost comes back and refuses the rate at which the player runs.
//
// Frames are pulled: ask how much input a block of output needs, then convert exactly that much.
class RateConverter {
 public:
  // Allocates for blocks of up to `max_output_frames`. Both rates must be positive.
  RateConverter(int input_rate_hz, int output_rate_hz, std::size_t max_output_frames);

  // How many input frames the next `output_frames` (at most `max_output_frames`) need.
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] std::size_t input_needed(std::size_t output_frames) const noexcept;

  // How long, in input frames, after the first output frame of the next block the first input frame of that
  // block is heard: the filter's delay and the fraction of a frame between the two grids. Thread-safe: no
  // (audio thread only). Realtime-safe: yes.
  [[nodiscard]] double input_delay_frames() const noexcept;

  // Where to write the `input_needed(output_frames)` input frames before `convert(output_frames)`.
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] float* input() noexcept { return buffer_.data() + history_frames_; }

  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  void convert(float* output, std::size_t output_frames) noexcept;

 private:
  std::size_t up_;  // output_rate : input_rate, reduced, is up_ : down_
  std::size_t down_;
  std::size_t taps_;       // of one phase
  std::size_t phase_ = 0;  // of the next output frame, in 1/up_ of an input frame
  std::size_t history_frames_;
  std::vector<float> filter_;  // up_ phases of taps_
  std::vector<float> buffer_;  // history_frames_ past input frames, then the input of this block
};

}  // namespace hostmode
