// The sound of one conversation, handed from the producers to the audio thread without a lock or a copy.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace hostmode {

static_assert(std::atomic<double>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "the audio thread would lock: this processor has no atomic numbers of 64 bits");

// A chain of sample blocks that grows at one end while the audio thread reads at the other. Blocks are
// allocated and freed by the producer side only. The producer also decides here, in atomics, when the sound
// may start and where it must hold; the audio thread evaluates those decisions against its own clock.
//
// One producer at a time (the caller serialises them) beside one audio thread. The audio thread may use the
// stream from the moment it is handed over until it hands it back.
class SampleQueue {
 public:
  explicit SampleQueue(std::uint64_t generation);
  ~SampleQueue();
  SampleQueue(const SampleQueue&) = delete;
  SampleQueue& operator=(const SampleQueue&) = delete;

  // The number of the conversation: 1, 2, 3 ... in the order of opening.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

  // ---- producer side. Realtime-safe: no, where it allocates or frees.

  // Appends samples and frees the blocks that were played. Strong guarantee: throws std::bad_alloc before
  // anything has changed.
  void append(const std::int16_t* samples, std::size_t count);

  // No more audio follows.
  void close() noexcept { closed_.store(true, std::memory_order_release); }

  // The stream is to fade out and be handed back, whatever it still holds. Returns how many of its samples
  // will have been played once it is silent.
  std::int64_t cut() noexcept;

  // Sound may start once this many samples wait (or the stream is closed), and motion is ready.
  void set_prebuffer(std::int64_t samples) noexcept { prebuffer_.store(samples, std::memory_order_relaxed); }
  void set_motion_ready() noexcept { motion_ready_.store(true, std::memory_order_release); }

  // Sound starts without motion from `start_s` on, and without the full prebuffer from `latest_s` on.
  void set_start_by(double start_s, double latest_s) noexcept {
    start_by_s_.store(start_s, std::memory_order_relaxed);
    start_latest_s_.store(latest_s, std::memory_order_relaxed);
  }

  // Sound holds before this sample until the limit is moved (strict_sync).
  void set_hold_at(std::int64_t sample) noexcept { hold_at_.store(sample, std::memory_order_release); }

  // Media time goes on in silence up to this sample once the stream is closed and drained.
  void set_motion_end(std::int64_t sample) noexcept { motion_end_.store(sample, std::memory_order_release); }

  // ---- either side. Thread-safe: yes. Realtime-safe: yes.

  [[nodiscard]] std::int64_t pushed() const noexcept { return pushed_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t consumed() const noexcept { return consumed_.load(std::memory_order_acquire); }
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_cut() const noexcept { return (claim_.load(std::memory_order_acquire) & kCut) != 0; }
  [[nodiscard]] std::int64_t hold_at() const noexcept { return hold_at_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t motion_end() const noexcept {
    return motion_end_.load(std::memory_order_acquire);
  }

  // ---- audio side. Thread-safe: audio thread only. Realtime-safe: yes.

  // True where the sound may start at `now_s`.
  [[nodiscard]] bool may_start(double now_s) const noexcept;

  // True where enough waits to go on after an underrun.
  [[nodiscard]] bool is_prebuffered() const noexcept;

  // Announces that the next `count` samples will be played, after which a fade would take `fade` more. False
  // where the stream has been cut: then it must fade from here. Wait-free.
  [[nodiscard]] bool claim(std::size_t count, std::size_t fade) noexcept;

  // Copies up to `count` samples, scaled to -1 .. 1, and counts them as consumed.
  std::size_t read(float* out, std::size_t count) noexcept;

 private:
  struct Block;

  void free_played_blocks() noexcept;

  const std::uint64_t generation_;
  std::atomic<std::int64_t> pushed_{0};
  std::atomic<std::int64_t> consumed_{0};
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

  Block* oldest_;  // producer: everything before the audio thread's block is free to go
  Block* newest_;  // producer: where samples are appended
  std::int64_t oldest_start_ = 0;
  Block* reading_;  // audio thread
  std::size_t read_offset_ = 0;
};

}  // namespace hostmode
