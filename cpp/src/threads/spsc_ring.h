// A wait-free ring between one producer thread and one consumer thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace hostmode {

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 4324)  // the padding between the two sides is the purpose of alignas here
#endif

// First in, first out, with a capacity fixed at construction. Exactly one thread pushes and exactly one pops;
// each role may move to another thread only through a synchronisation of the caller's. Values are copied in
// and out, so that neither side ever runs a destructor or frees what the other one owns.
template <typename T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>, "values are copied while the other side may be running");
  static_assert(std::is_default_constructible_v<T>, "slots exist before the first push");

 public:
  // Holds at least `min_capacity` values: the capacity is the next power of two, at least 1. Allocates;
  // throws std::bad_alloc.
  explicit SpscRing(std::size_t min_capacity) : slots_(round_up(min_capacity)), mask_(slots_.size() - 1) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  // False, and nothing changed, where the ring is full.
  // Thread-safe: one producer, beside one consumer. Realtime-safe: yes, wait-free.
  [[nodiscard]] bool try_push(const T& value) noexcept {
    const std::size_t tail = producer_.tail.load(std::memory_order_relaxed);
    if (tail - producer_.seen_head == slots_.size()) {
      producer_.seen_head = consumer_.head.load(std::memory_order_acquire);
      if (tail - producer_.seen_head == slots_.size()) return false;
    }
    slots_[tail & mask_] = value;
    producer_.tail.store(tail + 1, std::memory_order_release);
    return true;
  }

  // False, and `value` untouched, where the ring is empty.
  // Thread-safe: one consumer, beside one producer. Realtime-safe: yes, wait-free.
  [[nodiscard]] bool try_pop(T& value) noexcept {
    const std::size_t head = consumer_.head.load(std::memory_order_relaxed);
    if (head == consumer_.seen_tail) {
      consumer_.seen_tail = producer_.tail.load(std::memory_order_acquire);
      if (head == consumer_.seen_tail) return false;
    }
    value = slots_[head & mask_];
    consumer_.head.store(head + 1, std::memory_order_release);
    return true;
  }

  // Values waiting. Exact for what the calling side did itself: the producer sees at least as many as there
  // are, the consumer at most; any other thread sees a number that was about right a moment ago. Thread-safe:
  // yes. Realtime-safe: yes, wait-free.
  [[nodiscard]] std::size_t size() const noexcept {
    // The head first: read the other way round, it could overtake the tail that was read.
    const std::size_t head = consumer_.head.load(std::memory_order_acquire);
    const std::size_t waiting = producer_.tail.load(std::memory_order_acquire) - head;
    return waiting < slots_.size() ? waiting : slots_.size();
  }

  // Thread-safe: yes. Realtime-safe: yes.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  // Thread-safe: yes. Realtime-safe: yes.
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

 private:
  // Twice the usual 64 bytes: common processors fetch lines in pairs, and some have lines of 128 bytes.
  static constexpr std::size_t kSeparation = 128;

  static std::size_t round_up(std::size_t min_capacity) noexcept {
    std::size_t capacity = 1;
    while (capacity < min_capacity) capacity *= 2;
    return capacity;
  }

  // Counters run on for ever and wrap around; only their differences and their low bits are used. Each side
  // keeps the last value it saw of the other's counter, so that the shared line moves only when that is used
  // up.
  struct alignas(kSeparation) Producer {
    std::atomic<std::size_t> tail{0};
    std::size_t seen_head = 0;
  };
  struct alignas(kSeparation) Consumer {
    std::atomic<std::size_t> head{0};
    std::size_t seen_tail = 0;
  };

  std::vector<T> slots_;
  const std::size_t mask_;
  Producer producer_;
  Consumer consumer_;
};

#if defined(_MSC_VER)
#pragma warning(pop)
#endif

}  // namespace hostmode
