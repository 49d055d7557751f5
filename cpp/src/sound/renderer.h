// The audio thread's side of a player: mixes the streams handed to it into device blocks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "clock/audio_clock.h"
#include "sound/fader.h"
#include "sound/play_cursor.h"
#include "sound/sample_queue.h"
#include "sound/segment.h"
#include "threads/spsc_ring.h"
#include "threads/triple_buffer.h"

namespace hostmode {

// Every start and stop of sound is a ramp of this length: long enough not to click, short enough for
// barge-in.
inline constexpr double kRamp_s = 0.005;

// Conversations that may be on their way to, in, or back from the audio thread.
inline constexpr std::size_t kMaxStreams = 64;

class Renderer {
 public:
  Renderer(double rate_hz, double latency_s);

  // ---- control side: one thread at a time, serialised by the caller. Realtime-safe: yes.

  // Queues a stream behind those already handed over. At most kMaxStreams may be out; the caller keeps each
  // alive until take_back returns it.
  void hand_over(SampleQueue* stream) noexcept;

  // A stream that the audio thread is done with, or null.
  [[nodiscard]] SampleQueue* take_back() noexcept;

  void set_paused(bool paused) noexcept { paused_.store(paused, std::memory_order_release); }
  void set_volume(float volume) noexcept { volume_.store(volume, std::memory_order_relaxed); }

  // Takes what the audio side has published: until the next look, the three below speak of one instant.
  // Look before the segments: every frame that the clock knows of then has its segment.
  void look() noexcept { published_.look(); }

  [[nodiscard]] const ClockSnapshot& clock() const noexcept { return published_.seen().clock; }

  // How many segments and returned streams there had been by that clock: the same number, nothing to take.
  [[nodiscard]] std::uint64_t edges() const noexcept { return published_.seen().edges; }

  // The time of the audio side: when the newest block began; NaN where nothing says so.
  [[nodiscard]] double block_s() const noexcept { return published_.seen().block_s; }

  // Whether a host asks for the blocks, at times of its own.
  [[nodiscard]] bool is_live() const noexcept { return published_.seen().is_live; }

  // Ask for the memory that look() and clock() touch: first for the index, later for the value. Thread-safe:
  // yes.
  void prefetch_index() const noexcept { published_.prefetch_index(); }
  void prefetch_published() const noexcept { published_.prefetch_value(); }

  [[nodiscard]] bool take_segment(Segment& segment) noexcept { return segments_.try_pop(segment); }

  [[nodiscard]] std::uint64_t underruns() const noexcept { return cursor_.underruns(); }

  // Frames for which sound has waited for its face, of all streams.
  [[nodiscard]] std::int64_t rested() const noexcept { return cursor_.rested(); }

  // ---- audio side. Thread-safe: audio thread only. Realtime-safe: yes, allocates and locks nothing.

  // Fills `count` mono samples. `observation` says what the callback knows; its frame numbers are filled in
  // here.
  void render(float* out, std::size_t count, AudioObservation observation) noexcept;
  void render(std::int16_t* out, std::size_t count, AudioObservation observation) noexcept;

 private:
  void begin_block(std::size_t count, AudioObservation observation) noexcept;
  void end_block() noexcept;
  void fill(float* out, std::size_t count) noexcept;
  std::size_t fill_run(float* out, std::size_t count) noexcept;
  std::size_t wait(float* out, const PlayStep& step) noexcept;
  [[nodiscard]] bool next_may_start() noexcept;
  void fill_silence(float* out, std::size_t count, SegmentCause cause) noexcept;
  void retire() noexcept;
  void mark(SegmentCause cause) noexcept;
  void push_segment() noexcept;
  [[nodiscard]] double block_now_s() const noexcept;

  struct Published {
    ClockSnapshot clock;
    std::uint64_t edges = 0;
    double block_s = AudioObservation::kUnknown;  // when the newest block began
    bool is_live = false;                         // the host has said when it asked for it
  };
  TripleBuffer<Published> published_;
  const double rate_hz_;

  SpscRing<SampleQueue*> in_;
  SpscRing<SampleQueue*> out_;
  SpscRing<Segment> segments_;
  AudioClock clock_;
  std::atomic<bool> paused_{false};
  std::atomic<float> volume_{1.0F};

  // Audio thread only, from here on.
  Fader fader_;
  PlayCursor cursor_;
  SampleQueue* next_ = nullptr;   // looked at while motion outlasts its sound
  std::int64_t frame_ = 0;        // next device frame
  std::int64_t block_frame_ = 0;  // first device frame of this block
  double block_s_ = 0.0;
  bool is_live_ = false;
  Segment last_segment_;
  bool segment_pending_ = false;
  std::uint64_t edges_ = 0;
};

}  // namespace hostmode
