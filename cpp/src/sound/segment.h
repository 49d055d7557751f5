// What the audio thread handed to the device, in device frames.
#pragma once

#include <cstdint>

namespace hostmode {

enum class SegmentCause : std::uint8_t {
  kSilence,   // no conversation
  kWaiting,   // a conversation is open, its sound has not started
  kPlaying,   // its samples
  kTail,      // zeros after its last sample that count as media time (motion outlasts the audio)
  kUnderrun,  // zeros: its audio is late
  kStall,     // zeros: its motion is late and playback is strict
  kRest,      // zeros in a pause of its speech: it waits for its face
  kPaused,
};

// From `device_frame` on, until the next segment, device frame f carries media sample media_sample + (f -
// device_frame) * (1 + drift) of the conversation where `cause` is kPlaying or kTail, and media_sample stands
// still otherwise.
struct Segment {
  std::int64_t device_frame = 0;
  std::uint64_t generation = 0;  // 0: no conversation
  std::int64_t media_sample = 0;
  SegmentCause cause = SegmentCause::kSilence;
  std::int64_t rested = 0;  // frames for which the conversation's sound has waited for its face before
  double drift = 0.0;  // its sender's clock runs so much faster than the device's, as far as it is followed

  [[nodiscard]] bool media_advances() const noexcept {
    return cause == SegmentCause::kPlaying || cause == SegmentCause::kTail;
  }
  // The media sample at a device frame of this segment, both fractional.
  [[nodiscard]] double media_at(double frame) const noexcept {
    const double since = media_advances() ? frame - static_cast<double>(device_frame) : 0.0;
    return static_cast<double>(media_sample) + since * (1.0 + drift);
  }
  // The frames for which it has waited by a device frame of this segment.
  [[nodiscard]] double rested_at(double frame) const noexcept {
    const double since = cause == SegmentCause::kRest ? frame - static_cast<double>(device_frame) : 0.0;
    return static_cast<double>(rested) + since;
  }
  // The conversation has been heard, or is being heard.
  [[nodiscard]] bool speaking() const noexcept {
    return cause != SegmentCause::kSilence && cause != SegmentCause::kWaiting;
  }
};

}  // namespace hostmode
