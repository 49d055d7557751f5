// The sound of one conversation, handed from the producers to the audio thread without a lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "sound/filter_bank.h"
#include "sound/rate_converter.h"

namespace hostmode {

static_assert(std::atomic<double>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "the audio thread would lock: this processor has no atomic numbers of 64 bits");

// A chain of sample blocks that grows at one end while the audio thread reads at the other. Blocks are
// allocated and freed by the producer side only. The producer also decides here, in atomics, when the sound
// may start and where it must hold; the audio thread evaluates those decisions against its own clock.
//
// Samples go in at the rate of the conversation and come out as frames at the rate of the player, converted
// as they are played: one stream from the first sample to the last, however it was cut, paused or late.
// Positions, limits and counts are in frames but where they say samples. Where the device's clock and the
// sender's drift apart, a frame that is read may last a little more or less than one of the stream.
//
// One producer at a time (the caller serialises them) beside one audio thread. The audio thread may use the
// stream from the moment it is handed over until it hands it back.
class SampleQueue {
 public:
  // `conversion` from the rate of the samples to that of the frames; null where they are the same.
  explicit SampleQueue(std::uint64_t generation, std::shared_ptr<const FilterBank> conversion = nullptr);
  ~SampleQueue();
  SampleQueue(const SampleQueue&) = delete;
  SampleQueue& operator=(const SampleQueue&) = delete;

  // The number of the conversation: 1, 2, 3 ... in the order of opening.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

  // ---- producer side. Realtime-safe: no, where it allocates or frees.

  // Appends samples and frees the blocks that were played. Strong guarantee: throws std::bad_alloc before
  // anything has changed.
  void append(const std::int16_t* samples, std::size_t count);

  // While there is plenty of sound, it is played faster by `drift`, a thousandth at most, from soon on.
  // Strong guarantee: throws std::bad_alloc, the first time, before anything has changed.
  void follow(double drift);

  // No more audio follows.
  void close() noexcept { closed_.store(true, std::memory_order_release); }

  // The stream is to fade out and be handed back, whatever it still holds. Returns how many of its samples
  // will have been played once it is silent.
  std::int64_t cut() noexcept;

  // Sound may start once this many frames wait (or the stream is closed), and motion is ready.
  void set_prebuffer(std::int64_t frames) noexcept { prebuffer_.store(frames, std::memory_order_relaxed); }
  void set_motion_ready(bool ready = true) noexcept { motion_ready_.store(ready, std::memory_order_release); }

  // Sound starts without motion from `start_s` on, and without the full prebuffer from `latest_s` on.
  void set_start_by(double start_s, double latest_s) noexcept {
    start_by_s_.store(start_s, std::memory_order_relaxed);
    start_latest_s_.store(latest_s, std::memory_order_relaxed);
  }

  // Sound holds before this frame until the limit is moved (strict_sync).
  void set_hold_at(std::int64_t frame) noexcept { hold_at_.store(frame, std::memory_order_release); }

  // Sound waits before frame `at`, in silence, until it has waited for `until` frames in all. Takes effect
  // where the audio thread has not passed that frame.
  void set_rest(std::int64_t at, std::int64_t until) noexcept {
    rest_until_.store(until, std::memory_order_release);
    rest_at_.store(at, std::memory_order_release);
  }

  // Media time goes on in silence up to this frame once the stream is closed and drained.
  void set_motion_end(std::int64_t frame) noexcept { motion_end_.store(frame, std::memory_order_release); }

  // ---- either side. Thread-safe: yes. Realtime-safe: yes.

  // How many frames the given number of samples makes.
  [[nodiscard]] std::int64_t frames_of(std::int64_t samples) const noexcept {
    return conversion_ == nullptr ? samples : conversion_->output_frames(samples);
  }
  [[nodiscard]] std::int64_t pushed() const noexcept {
    return frames_of(appended_.load(std::memory_order_acquire));
  }
  // How many frames can be read now. While more may come the last look_ahead() of them cannot.
  [[nodiscard]] std::int64_t readable() const noexcept { return ready_to() - consumed(); }
  [[nodiscard]] std::int64_t look_ahead() const noexcept;
  [[nodiscard]] std::int64_t consumed() const noexcept { return consumed_.load(std::memory_order_acquire); }
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_cut() const noexcept { return (claim_.load(std::memory_order_acquire) & kCut) != 0; }
  [[nodiscard]] std::int64_t hold_at() const noexcept { return hold_at_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t rest_at() const noexcept { return rest_at_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t rest_until() const noexcept {
    return rest_until_.load(std::memory_order_acquire);
  }
  // Frames for which it has waited so far, and those for which it is to wait before the next one is read.
  [[nodiscard]] std::int64_t rested() const noexcept { return rested_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t rest_left() const noexcept {
    return rest_at() == consumed() ? std::max<std::int64_t>(0, rest_until() - rested()) : 0;
  }
  // How far it has been handed to the device, or is just being.
  [[nodiscard]] std::int64_t claimed() const noexcept {
    return static_cast<std::int64_t>(claim_.load(std::memory_order_acquire) >> kClaimedShift);
  }
  [[nodiscard]] std::int64_t motion_end() const noexcept {
    return motion_end_.load(std::memory_order_acquire);
  }

  // ---- audio side. Thread-safe: audio thread only. Realtime-safe: yes.

  // True where the sound may start at `now_s`, or go on after an underrun.
  [[nodiscard]] bool may_start(double now_s) const noexcept;

  // Sound has run dry: what is held back for want of the samples after it is to be read as if nothing
  // followed, whatever comes meanwhile. Returns how many frames there are; until they are read, or
  // stop_running_out(), read() gives no others. What follows them joins on to what would have been, so there
  // must be silence in between.
  std::int64_t run_out() noexcept;
  [[nodiscard]] bool runs_out() const noexcept { return runs_out_; }
  [[nodiscard]] std::int64_t left_to_run_out() const noexcept {
    return run_out_to_.load(std::memory_order_relaxed) - consumed();
  }
  void stop_running_out() noexcept { runs_out_ = false; }

  // Announces that the next `count` frames will be played, after which a fade would take `fade` more. False
  // where the stream has been cut: then it must fade from here. Wait-free.
  [[nodiscard]] bool claim(std::size_t count, std::size_t fade) noexcept;

  // Settles how fast the next `count` frames are read: other than one for one only where `room` frames of the
  // stream are plenty for it. Returns how many of the stream's they will be.
  [[nodiscard]] std::int64_t pace(std::size_t count, std::int64_t room) noexcept;
  [[nodiscard]] double drift() const noexcept { return drift_; }

  // How many frames may be read before it waits.
  [[nodiscard]] std::int64_t before_rest() const noexcept {
    const std::int64_t before = rest_at() - consumed();
    const bool rests = before > 0 && rest_until() > rested();
    return rests ? before : std::numeric_limits<std::int64_t>::max();
  }
  void add_rest(std::int64_t frames) noexcept {
    rested_.store(rested_.load(std::memory_order_relaxed) + frames, std::memory_order_release);
  }

  // Writes up to `count` frames, within -1 .. 1, and counts them as consumed.
  std::size_t read(float* out, std::size_t count) noexcept;

 private:
  struct Block;

  [[nodiscard]] std::int64_t ready_to() const noexcept;
  [[nodiscard]] bool is_prebuffered() const noexcept;
  void free_played_blocks() noexcept;
  std::size_t take(float* out, std::size_t count) noexcept;
  void feed(float* input, std::size_t count) noexcept;
  void convert(float* out, std::size_t count) noexcept;
  void begin_varying(const float* read, std::size_t count) noexcept;
  // What is converted with; null where nothing is.
  [[nodiscard]] const FilterBank* bank() const noexcept {
    if (conversion_ != nullptr) return conversion_.get();
    return varies_.load(std::memory_order_acquire) ? varying_.get() : nullptr;
  }

  const std::uint64_t generation_;
  const std::shared_ptr<const FilterBank> conversion_;
  std::atomic<std::int64_t> appended_{0};  // samples
  std::atomic<std::int64_t> taken_{0};     // samples, by the audio thread
  std::atomic<std::int64_t> consumed_{0};
  std::atomic<std::int64_t> run_out_to_{0};  // a position
  std::atomic<bool> closed_{false};
  // In one word, so that who cuts knows what the audio thread has decided: the samples claimed, how many a
  // fade would take after them, and whether the stream is cut.
  static constexpr std::uint64_t kCut = 1;
  static constexpr unsigned kFadeShift = 1;
  static constexpr unsigned kClaimedShift = 17;
  std::atomic<std::uint64_t> claim_{0};
  std::atomic<bool> motion_ready_{false};
  std::atomic<std::int64_t> prebuffer_{0};
  std::atomic<double> start_by_s_{std::numeric_limits<double>::infinity()};
  std::atomic<double> start_latest_s_{std::numeric_limits<double>::infinity()};
  std::atomic<std::int64_t> hold_at_{std::numeric_limits<std::int64_t>::max()};
  std::atomic<std::int64_t> motion_end_{0};
  std::atomic<std::int64_t> rest_at_{0};
  std::atomic<std::int64_t> rest_until_{0};
  std::atomic<std::int64_t> rested_{0};

  // What it takes to vary the ratio: the producer's until it is offered, the audio thread's from then on.
  std::shared_ptr<const FilterBank> varying_;
  std::unique_ptr<RateConverter> offered_;  // where there is no conversion
  std::atomic<bool> may_vary_{false};       // it is offered
  std::atomic<bool> varies_{false};         // it is taken
  std::atomic<double> wanted_drift_{0.0};

  Block* oldest_;  // producer: everything before the audio thread's block is free to go
  Block* newest_;  // producer: where samples are appended
  std::int64_t oldest_start_ = 0;
  Block* reading_;  // audio thread, from here on
  std::size_t read_offset_ = 0;
  std::unique_ptr<RateConverter> converter_;  // where there is a conversion, or once the ratio varies
  double drift_ = 0.0;                        // of what is read next
  std::size_t remembered_ = 0;                // frames before the next one that offered_ knows
  bool primed_ = false;
  bool runs_out_ = false;
  std::size_t unfed_ = 0;  // of the converter's latest input: stands in for samples that had not come
};

}  // namespace hostmode
