#include "sound/sample_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hostmode {
namespace {

// Small pushes share a block; a large push gets one block of its own size.
constexpr std::size_t kMinBlockSamples = 4096;
constexpr float kInt16ToFloat = 1.0F / 32768.0F;
// Frames that are converted at once.
constexpr std::size_t kConvertedFrames = 256;

}  // namespace

struct SampleQueue::Block {
  explicit Block(std::size_t capacity) : samples(new std::int16_t[capacity]), size(capacity) {}

  std::unique_ptr<std::int16_t[]> samples;
  const std::size_t size;
  std::atomic<std::size_t> filled{0};
  std::atomic<Block*> next{nullptr};
};

SampleQueue::SampleQueue(std::uint64_t generation, std::shared_ptr<const FilterBank> conversion)
    : generation_(generation), conversion_(std::move(conversion)) {
  if (conversion_ != nullptr) converter_ = std::make_unique<RateConverter>(conversion_, kConvertedFrames);
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
  appended_.store(appended_.load(std::memory_order_relaxed) + static_cast<std::int64_t>(count),
                  std::memory_order_release);
  free_played_blocks();
}

void SampleQueue::free_played_blocks() noexcept {
  // The audio thread stays in a block until it needs a sample of the next one, so only a block whose
  // successor has been read from is free.
  const std::int64_t taken = taken_.load(std::memory_order_acquire);
  while (oldest_ != newest_ && taken > oldest_start_ + static_cast<std::int64_t>(oldest_->size)) {
    Block* next = oldest_->next.load(std::memory_order_relaxed);
    oldest_start_ += static_cast<std::int64_t>(oldest_->size);
    delete oldest_;
    oldest_ = next;
  }
}

std::int64_t SampleQueue::ready_to() const noexcept {
  // In this order: once it is seen closed, the number appended is final.
  const bool whole = closed();
  const std::int64_t appended = appended_.load(std::memory_order_acquire);
  const FilterBank* const bank = this->bank();
  if (bank == nullptr || whole) return frames_of(appended);
  const auto up = static_cast<std::int64_t>(bank->up());
  const auto down = static_cast<std::int64_t>(bank->down());
  const std::int64_t known = appended - static_cast<std::int64_t>(RateConverter::look_ahead(*bank));
  // A frame that is read may lie up to one beyond the stream's.
  const std::int64_t beyond = varies_.load(std::memory_order_relaxed) ? 1 : 0;
  const std::int64_t ready = known < 0 ? 0 : (known * up + up - 1) / down - beyond;
  return std::max(ready, run_out_to_.load(std::memory_order_relaxed));
}

std::int64_t SampleQueue::run_out() noexcept {
  const std::int64_t end = pushed();
  const std::int64_t left = end - consumed();
  runs_out_ = bank() != nullptr && left > 0;
  if (runs_out_) run_out_to_.store(end, std::memory_order_relaxed);
  return left;
}

std::int64_t SampleQueue::look_ahead() const noexcept {
  const FilterBank* const bank = this->bank();
  return bank == nullptr ? 0 : frames_of(static_cast<std::int64_t>(RateConverter::look_ahead(*bank)));
}

std::int64_t SampleQueue::cut() noexcept {
  const std::uint64_t claim = claim_.fetch_or(kCut, std::memory_order_acq_rel);
  const auto claimed = static_cast<std::int64_t>(claim >> kClaimedShift);
  const std::uint64_t fade = (claim & ((std::uint64_t{1} << kClaimedShift) - 1)) >> kFadeShift;
  return std::max(claimed, std::min(claimed + static_cast<std::int64_t>(fade), ready_to()));
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

void SampleQueue::follow(double drift) {
  if (varying_ == nullptr) {
    if (drift == 0.0) return;
    std::shared_ptr<const FilterBank> bank = FilterBank::varying(conversion_);
    if (conversion_ == nullptr) offered_ = std::make_unique<RateConverter>(bank, kConvertedFrames);
    varying_ = std::move(bank);
    may_vary_.store(true, std::memory_order_release);
  }
  wanted_drift_.store(drift, std::memory_order_relaxed);
}

std::int64_t SampleQueue::pace(std::size_t count, std::int64_t room) noexcept {
  const auto frames = static_cast<std::int64_t>(count);
  if (!varies_.load(std::memory_order_relaxed)) return frames;
  const bool plenty = !runs_out_ && room > frames + frames / 512 + 1;
  drift_ = plenty ? wanted_drift_.load(std::memory_order_relaxed) : 0.0;
  converter_->set_drift(drift_);
  return converter_->fixed_frames(count);
}

// After `count` frames were read: as soon as the converter knows what was heard before the next one.
void SampleQueue::begin_varying(const float* read, std::size_t count) noexcept {
  const std::int64_t waiting =
      appended_.load(std::memory_order_acquire) - taken_.load(std::memory_order_relaxed);
  const bool plenty = waiting >= 2 * static_cast<std::int64_t>(varying_->taps());
  if (conversion_ != nullptr) {
    if (!plenty) return;
    converter_->vary(varying_);
  } else {
    const std::size_t known = varying_->taps() / 2 - 1;
    const std::size_t fresh = std::min(count, known);
    float* const before = offered_->prime() - known;
    std::memmove(before, before + fresh, (known - fresh) * sizeof(float));
    std::memcpy(before + known - fresh, read + count - fresh, fresh * sizeof(float));
    remembered_ += fresh;
    if (remembered_ < known || !plenty) return;
    converter_ = std::move(offered_);
  }
  varies_.store(true, std::memory_order_release);
}

std::size_t SampleQueue::read(float* out, std::size_t count) noexcept {
  std::size_t done = 0;
  std::int64_t passed = 0;
  if (converter_ == nullptr) {
    done = take(out, count);
    passed = static_cast<std::int64_t>(done);
  } else {
    const std::int64_t there = runs_out_ ? left_to_run_out() : readable();
    const std::size_t wanted = std::min(count, static_cast<std::size_t>(there));
    while (done < wanted) {
      const std::size_t run = std::min(wanted - done, kConvertedFrames);
      passed += converter_->fixed_frames(run);
      convert(out + done, run);
      done += run;
    }
    runs_out_ = runs_out_ && wanted < static_cast<std::size_t>(there);
  }
  consumed_.store(consumed_.load(std::memory_order_relaxed) + passed, std::memory_order_release);
  if (may_vary_.load(std::memory_order_acquire) && !varies_.load(std::memory_order_relaxed)) {
    begin_varying(out, done);
  }
  return done;
}

void SampleQueue::convert(float* out, std::size_t count) noexcept {
  if (!primed_) {
    primed_ = true;
    feed(converter_->prime(), RateConverter::look_ahead(*bank()));
  }
  // What came since takes the place of what stood in for it.
  if (!runs_out_) unfed_ -= take(converter_->input() - unfed_, unfed_);
  feed(converter_->input(), converter_->input_needed(count));
  converter_->convert(out, count);
  // Between samples at full scale the sound may go beyond it.
  for (std::size_t i = 0; i < count; ++i) out[i] = std::min(std::max(out[i], -1.0F), 1.0F);
}

void SampleQueue::feed(float* input, std::size_t count) noexcept {
  const std::size_t fed = unfed_ > 0 || runs_out_ ? 0 : take(input, count);
  // As if the last sample went on: a step down to silence would ring before it came.
  std::fill(input + fed, input + count, *(input + fed - 1));
  unfed_ += count - fed;
}

std::size_t SampleQueue::take(float* out, std::size_t count) noexcept {
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
    taken_.store(taken_.load(std::memory_order_relaxed) + static_cast<std::int64_t>(done),
                 std::memory_order_release);
  }
  return done;
}

}  // namespace hostmode
