// A wait-free exchange of the latest value between one writer thread and one reader thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "threads/prefetch.h"

namespace hostmode {

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 4324)  // the padding between the two sides is the purpose of alignas here
#endif

// The writer owns one slot, the reader another, and the third changes hands by one atomic exchange; neither
// side ever waits, retries or sees a value half written. Values between two reads are skipped. Exactly one
// thread writes and exactly one reads at a time; several readers must be serialised by the caller.
template <typename T>
class TripleBuffer {
  static_assert(std::is_trivially_copyable_v<T>, "slots are overwritten without running destructors");

 public:
  // The reader sees `initial` until the first write.
  explicit TripleBuffer(const T& initial = T{}) noexcept
      : slots_{Slot{initial}, Slot{initial}, Slot{initial}} {}
  TripleBuffer(const TripleBuffer&) = delete;
  TripleBuffer& operator=(const TripleBuffer&) = delete;

  // Publishes a copy of `value`.
  // Thread-safe: one writer, beside one reader. Realtime-safe: yes, wait-free.
  void write(const T& value) noexcept {
    slots_[written_].value = value;
    const std::uint8_t before =
        shared_.exchange(static_cast<std::uint8_t>(written_ | kFresh), std::memory_order_acq_rel);
    written_ = static_cast<std::uint8_t>(before & kIndex);
  }

  // Takes the newest value published.
  // Thread-safe: one reader, beside one writer. Realtime-safe: yes, wait-free.
  void look() noexcept {
    // A load first: while nothing is new, readers that poll leave the writer's cache line alone.
    if ((shared_.load(std::memory_order_relaxed) & kFresh) == 0) return;
    const std::uint8_t mine = read_.load(std::memory_order_relaxed);
    read_.store(static_cast<std::uint8_t>(shared_.exchange(mine, std::memory_order_acq_rel) & kIndex),
                std::memory_order_relaxed);
  }

  // The value that look() took last: the same one, valid and unchanged, until it is called again.
  // Thread-safe: the reader. Realtime-safe: yes, wait-free.
  [[nodiscard]] const T& seen() const noexcept { return slots_[read_.load(std::memory_order_relaxed)].value; }

  // Ask for the memory of the next look() and seen(): first for what says where the newest value is, later
  // for the value. Thread-safe: yes. Realtime-safe: yes.
  void prefetch_index() const noexcept {
    prefetch_memory(&shared_, 1);
    prefetch_memory(&read_, 1);
  }
  void prefetch_value() const noexcept {
    const std::uint8_t shared = shared_.load(std::memory_order_relaxed);
    const bool fresh = (shared & kFresh) != 0;
    prefetch_memory(&slots_[fresh ? shared & kIndex : read_.load(std::memory_order_relaxed)], sizeof(T));
  }

 private:
  static constexpr std::uint8_t kIndex = 3;
  static constexpr std::uint8_t kFresh =
      4;  // set by the writer, cleared by the reader: the shared slot is unread
  static constexpr std::size_t kSeparation = 128;  // common processors fetch cache lines of 64 bytes in pairs

  struct alignas(kSeparation) Slot {
    T value;
  };

  Slot slots_[3];
  alignas(kSeparation) std::uint8_t written_ = 0;
  alignas(kSeparation) std::atomic<std::uint8_t> shared_{1};
  // Only the reader changes it; atomic for prefetch_value.
  alignas(kSeparation) std::atomic<std::uint8_t> read_{2};
};

#if defined(_MSC_VER)
#pragma warning(pop)
#endif

}  // namespace hostmode
