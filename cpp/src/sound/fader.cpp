#include "sound/fader.h"

#include <algorithm>
#include <cmath>

namespace hostmode {

std::size_t Fader::left_after(std::size_t count, bool rising) const noexcept {
  return rising ? std::min(gain_frames_ + count, ramp_frames_) : gain_frames_ - count;
}

void Fader::apply(float* out, std::size_t count, bool rising, float volume) noexcept {
  const float gain_step = 1.0F / static_cast<float>(ramp_frames_);
  if (rising && gain_frames_ == ramp_frames_ && volume_ == volume) {
    if (volume != 1.0F) {
      for (std::size_t i = 0; i < count; ++i) out[i] *= volume;
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      if (rising) {
        gain_frames_ = std::min(gain_frames_ + 1, ramp_frames_);
      } else {
        --gain_frames_;
      }
      const float towards = volume - volume_;
      volume_ = std::abs(towards) <= gain_step ? volume : volume_ + std::copysign(gain_step, towards);
      const float gain = gain_frames_ == ramp_frames_ ? 1.0F : static_cast<float>(gain_frames_) * gain_step;
      out[i] *= gain * volume_;
    }
  }
  last_sample_ = count > 0 ? out[count - 1] : 0.0F;
}

void Fader::stop() noexcept {
  // Sound that stops for want of samples cannot be faded out any more; what was last heard decays instead,
  // and in mid-fade for no longer than the fade would have lasted.
  if (last_sample_ != 0.0F && gain_frames_ > 0) {
    const float before = decay_step_ * static_cast<float>(decay_left_);  // of a decay that has not ended yet
    decay_left_ = std::max(decay_left_, gain_frames_);
    decay_step_ = (last_sample_ + before) / static_cast<float>(decay_left_);
    last_sample_ = 0.0F;
  }
  gain_frames_ = 0;
}

void Fader::add_decay(float* out, std::size_t count) noexcept {
  const std::size_t run = std::min(count, decay_left_);
  for (std::size_t i = 0; i < run; ++i) out[i] += decay_step_ * static_cast<float>(--decay_left_);
}

void Fader::forget() noexcept {
  gain_frames_ = 0;
  last_sample_ = 0.0F;
}

}  // namespace hostmode
