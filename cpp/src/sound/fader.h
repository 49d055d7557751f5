// Starts and stops sound without a click.
#pragma once

#include <cstddef>

namespace hostmode {

// A gain that rises and falls by ramps, the volume on its way to where it was set, and, where sound stops for
// want of samples, a decay of what was heard last. Audio thread only. Realtime-safe: yes.
class Fader {
 public:
  explicit Fader(std::size_t ramp_frames) noexcept : ramp_frames_(ramp_frames) {}

  [[nodiscard]] bool is_silent() const noexcept { return gain_frames_ == 0; }
  // Frames until a fall is over.
  [[nodiscard]] std::size_t left() const noexcept { return gain_frames_; }
  // The same once `count` frames have been applied.
  [[nodiscard]] std::size_t left_after(std::size_t count, bool rising) const noexcept;

  // Applies gain and volume to the frames that follow; falling, to no more than left().
  void apply(float* out, std::size_t count, bool rising, float volume) noexcept;

  // No more samples: what was heard last decays from here on, in add_decay, and what follows rises anew.
  void stop() noexcept;
  void add_decay(float* out, std::size_t count) noexcept;

  // Another sound follows.
  void forget() noexcept;

 private:
  const std::size_t ramp_frames_;
  std::size_t gain_frames_ = 0;  // position on the ramp: 0 is silent, ramp_frames_ is full gain
  float volume_ = 1.0F;          // on its way
  float last_sample_ = 0.0F;
  float decay_step_ = 0.0F;
  std::size_t decay_left_ = 0;
};

}  // namespace hostmode
