// Where the audio thread is in a stream, and what comes next there.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sound/sample_queue.h"
#include "sound/segment.h"

namespace hostmode {

// What the device gets next of a stream.
struct PlayStep {
  SegmentCause cause = SegmentCause::kSilence;  // kSilence: nothing is left of the stream
  std::size_t frames = 0;                       // 0, and not kSilence: nothing now, look again
  std::int64_t in_hand = 0;                     // kPlaying: frames that can be read
  std::int64_t room = 0;  // kPlaying: of them, those that leave it free how fast it reads
};

// Decides between the sound of a stream and silence for a reason: it may not start yet, waits for its face,
// has run dry, is held for its motion, or is over while its motion is not. Neither fades nor writes.
// Thread-safe: audio thread only, but for the two counts. Realtime-safe: yes.
class PlayCursor {
 public:
  // Silence that more data may end is decided on anew every `step_frames`.
  PlayCursor(double rate_hz, std::size_t step_frames) noexcept
      : rate_hz_(rate_hz), step_frames_(step_frames) {}

  // The stream it is in, or null.
  [[nodiscard]] SampleQueue* stream() const noexcept { return stream_; }
  void enter(SampleQueue* stream) noexcept;
  SampleQueue* leave() noexcept;

  // Of up to `count` frames, the first ones of one kind. `falling`: sound is on its way down to silence,
  // which takes `fade_left` frames more, and none of it waits for anything.
  [[nodiscard]] PlayStep next(std::size_t count, double now_s, bool falling, std::size_t fade_left) noexcept;
  // Paused, and silent by now: what this silence is.
  [[nodiscard]] SegmentCause pause() noexcept;

  // That step's silence went to the device.
  void pass(const PlayStep& step) noexcept;
  // Before that step's sound is read: settles its pace, and lets who cuts the stream know how far it will
  // have been played, and that a fade would take up to `fade` frames more. False where it is cut.
  [[nodiscard]] bool claim(const PlayStep& step, std::size_t fade) noexcept;
  // Nothing is being played.
  void claim_nothing() noexcept { (void)stream_->claim(0, 0); }
  // Reads that step's sound.
  std::size_t read(const PlayStep& step, float* out) noexcept;

  // The media sample that the next frame carries.
  [[nodiscard]] std::int64_t media_sample() const noexcept { return stream_->consumed() + tail_frames_; }

  // Of all streams: how often one ran dry, and the frames for which sound has waited for its face.
  // Thread-safe: yes.
  [[nodiscard]] std::uint64_t underruns() const noexcept {
    return underruns_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t rested() const noexcept { return rested_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] PlayStep before_start(std::size_t count, double now_s) noexcept;
  [[nodiscard]] PlayStep out_of_sound(std::size_t count, bool closed, bool falling) noexcept;
  [[nodiscard]] std::int64_t available_frames(bool ends) noexcept;
  [[nodiscard]] bool waited_enough() const noexcept;

  const double rate_hz_;
  const std::size_t step_frames_;
  std::atomic<std::uint64_t> underruns_{0};
  std::atomic<std::int64_t> rested_{0};

  SampleQueue* stream_ = nullptr;
  bool started_ = false;   // its gate has opened
  bool underrun_ = false;  // it waits for data after having run dry
  bool ran_out_ = false;   // it has just given the last that it held back
  std::int64_t underrun_frames_ = 0;
  std::int64_t lead_frames_ = 0;  // waited since the gate has opened
  std::int64_t tail_frames_ = 0;
};

}  // namespace hostmode
