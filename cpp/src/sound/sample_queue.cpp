#include "sound/sample_queue.h"

#include <algorithm>
#include <cstring>

namespace hostmode {
namespace {

// Small pushes share a block; a large push gets one block of its own size.
constexpr std::size_t kMinBlockSamples = 4096;
constexpr float kInt16ToFloat = 1.0F / 32768.0F;

}  // namespace

struct SampleQueue::Block {
  explicit Block(std::size_t capacity) : samples(new std::int16_t[capacity]), size(capacity) {}

  std::unique_ptr<std::int16_t[]> samples;
  const std::size_t size;
  std::atomic<std::size_t> filled{0};
  std::atomic<Block*> next{nullptr};
};

SampleQueue::SampleQueue(std::uint64_t generation) : generation_(generation) {
  oldest_ = newest_ = reading_ = new Block(kMinBlockSamples);
}

SampleQueue::~SampleQueue() {
  while (oldest_ != nullptr) {
    Block* next = oldest_->next.load(std::memory_order_relaxed);
    delete oldest_;
    oldest_ = next;
  }
}

void SampleQueue::append(const std::int16_t* samples, std::size_t count) {
  const std::size_t filled = newest_->filled.load(std::memory_order_relaxed);
  const std::size_t into_newest = std::min(count, newest_->size - filled);
  const std::size_t rest = count - into_newest;
  std::unique_ptr<Block> fresh;
  if (rest > 0) {
    fresh = std::make_unique<Block>(std::max(rest, kMinBlockSamples));
    std::memcpy(fresh->samples.get(), samples + into_newest, rest * sizeof(*samples));
    fresh->filled.store(rest, std::memory_order_relaxed);
  }
  if (into_newest > 0) {
    std::memcpy(newest_->samples.get() + filled, samples, into_newest * sizeof(*samples));
    newest_->filled.store(filled + into_newest, std::memory_order_release);
  }
  if (fresh != nullptr) {
    newest_->next.store(fresh.get(), std::memory_order_release);
    newest_ = fresh.release();
  }
  pushed_.store(pushed_.load(std::memory_order_relaxed) + static_cast<std::int64_t>(count),
                std::memory_order_release);
  free_played_blocks();
}

void SampleQueue::free_played_blocks() noexcept {
  // The audio thread stays in a block until it needs a sample of the next one, so only a block whose
  // successor has been read from is free.
  const std::int64_t consumed = consumed_.load(std::memory_order_acquire);
  while (oldest_ != newest_ && consumed > oldest_start_ + static_cast<std::int64_t>(oldest_->size)) {
    Block* next = oldest_->next.load(std::memory_order_relaxed);
    oldest_start_ += static_cast<std::int64_t>(oldest_->size);
    delete oldest_;
    oldest_ = next;
  }
}

std::int64_t SampleQueue::cut() noexcept {
  const std::uint64_t claim = claim_.fetch_or(kCut, std::memory_order_acq_rel);
  const auto claimed = static_cast<std::int64_t>(claim >> kClaimedShift);
  const std::uint64_t fade = (claim & ((std::uint64_t{1} << kClaimedShift) - 1)) >> kFadeShift;
  return std::max(claimed, std::min(claimed + static_cast<std::int64_t>(fade), pushed()));
}

bool SampleQueue::claim(std::size_t count, std::size_t fade) noexcept {
  std::uint64_t before = claim_.load(std::memory_order_acquire);
  if ((before & kCut) != 0) return false;
  const auto claimed = static_cast<std::uint64_t>(consumed()) + count;
  const std::uint64_t after = (claimed << kClaimedShift) | (static_cast<std::uint64_t>(fade) << kFadeShift);
  return claim_.compare_exchange_strong(before, after, std::memory_order_acq_rel);  // fails only for a cut
}

bool SampleQueue::may_start(double now_s) const noexcept {
  if (pushed() == consumed()) return closed();
  if (now_s >= start_latest_s_.load(std::memory_order_relaxed)) return true;
  const bool motion_decided =
      motion_ready_.load(std::memory_order_acquire) || now_s >= start_by_s_.load(std::memory_order_relaxed);
  return motion_decided && is_prebuffered();
}

bool SampleQueue::is_prebuffered() const noexcept {
  return closed() || pushed() - consumed() >= prebuffer_.load(std::memory_order_relaxed);
}

std::size_t SampleQueue::read(float* out, std::size_t count) noexcept {
  std::size_t done = 0;
  while (done < count) {
    const std::size_t filled = reading_->filled.load(std::memory_order_acquire);
    if (read_offset_ == filled) {
      if (filled < reading_->size) break;
      Block* next = reading_->next.load(std::memory_order_acquire);
      if (next == nullptr) break;
      reading_ = next;
      read_offset_ = 0;
      continue;
    }
    const std::size_t run = std::min(count - done, filled - read_offset_);
    const std::int16_t* samples = reading_->samples.get() + read_offset_;
    for (std::size_t i = 0; i < run; ++i) out[done + i] = static_cast<float>(samples[i]) * kInt16ToFloat;
    read_offset_ += run;
    done += run;
  }
  if (done > 0) {
    consumed_.store(consumed_.load(std::memory_order_relaxed) + static_cast<std::int64_t>(done),
                    std::memory_order_release);
  }
  return done;
}

}  // namespace hostmode
