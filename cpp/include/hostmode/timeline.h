// The motion of one conversation: keyframes at i / 25 s and the smooth curve through them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "hostmode/keyframe.h"

namespace hostmode {

// Which of a stream's channels have moved so far.
struct ChannelActivity {
  bool eyelids = false;
  bool eyes = false;
};

// Keyframes are appended in two steps so that samplers are held up for no more than a pointer exchange:
// `prepare` does the work (copy, tangents, seam easing) and may run while other threads sample;
// `commit` publishes it and must be serialised with `sample` by the caller's short lock.
// Calls of prepare and commit must be serialised with each other by the caller.
class Timeline {
 public:
  class Batch;

  Timeline();
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  // Readies `count` keyframes for index `first_index` on (at least keyframe_count(); a larger one leaves a hole,
  // which is bridged). `playhead_s` is the media position now being heard (negative before the start): the curve
  // up to the next keyframe after it is already being shown and does not change any more.
  // Thread-safe: with `sample`. Realtime-safe: no (allocates).
  [[nodiscard]] std::unique_ptr<Batch> prepare(const Keyframe* keyframes, std::size_t count,
                                               std::size_t first_index, double playhead_s) const;

  // Publishes a batch. O(1) but for the few tangents that the new look-ahead improves. The emptied batch keeps
  // what was replaced, so that its destructor, outside the lock, does the freeing.
  // Thread-safe: no. Realtime-safe: yes.
  void commit(Batch& batch) noexcept;

  // The pose at `media_s`, held at the first keyframe before it and at the last one after it. `out` has 120
  // floats. All zeros where the timeline is empty. NaN is treated as 0.
  // Thread-safe: with `prepare` and other samplers. Realtime-safe: yes.
  void sample(double media_s, float* out) const noexcept;

  // Keyframes so far, holes included.
  [[nodiscard]] std::size_t keyframe_count() const noexcept;

  // Media time of the last keyframe; 0 where the timeline is empty.
  [[nodiscard]] double last_keyframe_s() const noexcept;

  [[nodiscard]] ChannelActivity activity() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hostmode
