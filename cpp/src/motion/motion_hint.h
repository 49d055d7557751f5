// Remembers where a player's last sample found its motion, so that the next one's memory can be asked for
// before its turn comes.
#pragma once

#include <atomic>
#include <cstddef>

#include "motion/timeline.h"
#include "threads/prefetch.h"

namespace hostmode {

// The addresses are hints that are never followed: they may lead nowhere by the time they are used, and a mix
// of two samples' does no harm. Thread-safe: yes.
class MotionHint {
 public:
  void remember(const Timeline& timeline, double media_s) noexcept {
    const Timeline::Footprint footprint = timeline.footprint_at(media_s);
    timeline_.store(&timeline, std::memory_order_relaxed);
    page_table_entry_.store(footprint.page_table_entry, std::memory_order_relaxed);
    keyframe_.store(static_cast<const char*>(footprint.keyframe), std::memory_order_relaxed);
    bytes_.store(footprint.bytes, std::memory_order_relaxed);
  }

  void prefetch() const noexcept {
    const char* const keyframe = keyframe_.load(std::memory_order_relaxed);
    if (keyframe == nullptr) return;
    const std::size_t bytes = bytes_.load(std::memory_order_relaxed);
    prefetch_memory(timeline_.load(std::memory_order_relaxed), Timeline::kOwnBytes);
    prefetch_memory(page_table_entry_.load(std::memory_order_relaxed), 1);
    prefetch_memory(keyframe, bytes);
    prefetch_memory(keyframe + Timeline::Footprint::kStride, bytes);
  }

 private:
  std::atomic<const void*> timeline_{nullptr};
  std::atomic<const void*> page_table_entry_{nullptr};
  std::atomic<const char*> keyframe_{nullptr};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace hostmode
