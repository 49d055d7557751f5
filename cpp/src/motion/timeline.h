// The motion of one conversation: keyframes at their times and the smooth curve through them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "hostmode/keyframe.h"
#include "motion/keyframe_times.h"
#include "motion/ordinary_motion.h"
#include "motion/seam_easer.h"

namespace hostmode {

enum class Sides;

// From which media second on a stream's own channels count, because they move: minus infinity where they do
// from the start, infinity where they have not moved so far.
struct ChannelActivity {
  static constexpr double kNever_s = std::numeric_limits<double>::infinity();
  double eyelids_from_s = kNever_s;
  double eyes_from_s = kNever_s;
};

// A C1 cubic Hermite curve. Slopes are computed when keyframes are appended: those of a cubic spline, cut to
// five keyframes, two of them ahead, so that an interval uses up to three future keyframes (tangents.h).
// Where a keyframe comes only while the interval before it is on screen, the next interval turns from the
// slope that was shown to the better one. Rotation vectors are brought to the equivalent nearest to the
// keyframe before and then interpolated like the rest: at 25 keyframes a second successive rotations lie so
// close that the log map around the previous one gives the same curve.
//
// Keyframes are appended in two steps, so that samplers are held up for no more than a pointer exchange:
// `prepare` does the work and may run while other threads sample; `commit` publishes it. The caller
// serialises prepare and commit with each other, and commit, by a short lock, with everything else.
class Timeline {
 public:
  class Batch;

  Timeline();
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  // Readies `count` keyframes for index `first_index` on (at least keyframe_count(); a larger one leaves a
  // hole, which is bridged). `playhead_s` is the media position now being heard (negative before the start):
  // the curve up to the next keyframe after it is being shown and does not change any more, and what lies
  // further back than kHistory_s is let go. Seams are eased (SeamEaser). `begins_s`: the first of them begins
  // a sentence there (KeyframeTimes). A batch that is not committed is void once the next one is prepared.
  // Thread-safe: with `sample`. Realtime-safe: no (allocates).
  [[nodiscard]] std::unique_ptr<Batch> prepare(const Keyframe* keyframes, std::size_t count,
                                               std::size_t first_index, double playhead_s,
                                               std::optional<double> begins_s = std::nullopt);

  // Publishes a batch. O(1): a pointer exchange and the few slopes that the new look-ahead improves. The
  // batch takes what was replaced; destroy it outside the lock. `shown_s` is as in prepare, of this moment.
  // Thread-safe: no. Realtime-safe: yes.
  void commit(Batch& batch, double shown_s) noexcept;

  // The pose at `media_s`, held at the first keyframe that is kept before it and at the last one after it;
  // NaN counts as 0. `out` has 120 floats: zeros where the timeline is empty. Thread-safe: with `prepare` and
  // other samplers. Realtime-safe: yes.
  void sample(double media_s, float* out) const noexcept;

  // How much is kept of what has been shown: the second that may be asked for, twice.
  static constexpr double kHistory_s = 2.0;

  // Keyframes so far, holes and those let go included.
  [[nodiscard]] std::size_t keyframe_count() const noexcept { return count_; }

  // Media time of the last keyframe; 0 where the timeline is empty.
  [[nodiscard]] double last_keyframe_s() const noexcept {
    return count_ == 0 ? 0.0 : times_.time_of(static_cast<double>(count_ - 1));
  }

  // Which keyframe belongs to `media_s`, fractions included; negative before the start.
  [[nodiscard]] double position_at(double media_s) const noexcept { return times_.position_at(media_s); }

  // From which media position on the motion has run out, as far as is known: where it keeps coming too late,
  // since the latest came.
  [[nodiscard]] double runs_out_s() const noexcept { return std::max(last_keyframe_s(), latest_came_s_); }

  // How fast and how far its values move, and by how much keyframes after `media_s` come faster than usual.
  [[nodiscard]] const OrdinaryMotion& ordinary_motion() const noexcept { return motion_; }
  [[nodiscard]] double fastest_pace(double media_s) const noexcept {
    return times_.fastest_pace(times_.position_at(media_s));
  }

  // Leaves in `speeds` the highest of each value, a keyframe interval, on its curve from `media_s` on, for so
  // long at most. 120 floats.
  void speeds_from(double media_s, double duration_s, float* speeds) const noexcept;

  [[nodiscard]] const ChannelActivity& activity() const noexcept { return activity_; }

  // Where a sample at `media_s` finds what it needs, for prefetching. Thread-safe: as `sample`.
  // Realtime-safe: yes.
  struct Footprint {
    const void* page_table_entry = nullptr;  // null where the timeline is empty
    const void* keyframe = nullptr;          // its moving part; the next one's follows after kStride bytes
    std::size_t bytes = 0;
    static constexpr std::size_t kStride = 2 * sizeof(Keyframe);
  };
  [[nodiscard]] Footprint footprint_at(double media_s) const noexcept;
  static constexpr std::size_t kOwnBytes = 128;  // of the timeline itself

 private:
  struct Node;
  struct Page;
  struct Place {
    std::size_t index;  // of the keyframe before
    float since;        // in keyframe intervals
  };

  [[nodiscard]] Place place_of(double media_s) const noexcept;  // of a timeline that is not empty
  [[nodiscard]] Node& node(std::size_t index) const noexcept;
  [[nodiscard]] static Node& staged_node(Batch& batch, std::size_t index) noexcept;
  void let_go(Batch& batch, double playhead_s) const;
  [[nodiscard]] std::vector<Keyframe> bridged(Batch& batch, const Keyframe* keyframes, std::size_t count,
                                              std::size_t hole) const;
  void stage(Batch& batch, const std::vector<Keyframe>& added, double playhead_s) const;
  void stage_slopes(Batch& batch, std::size_t first_free) const;
  [[nodiscard]] static Keyframe staged_slopes(Batch& batch, std::size_t index, Sides sides);
  void correct_late(Batch& batch) noexcept;
  [[nodiscard]] const float* late_correction(std::size_t index) const noexcept;

  // What sampling touches lies together, first.
  std::size_t count_ = 0;
  std::size_t first_page_ = 0;  // those before have been let go
  std::vector<std::shared_ptr<Page>> pages_;
  KeyframeTimes times_;
  std::uint32_t active_blocks_ = 0;  // those blocks of channels that have differed from the first keyframe's
  std::uint32_t constant_blocks_ = 0;  // those that have not, and are not zero
  ChannelActivity activity_;
  double latest_came_s_ = 0.0;
  bool has_late_ = false;
  Keyframe first_{};

  SeamEaser seams_;
  OrdinaryMotion motion_;
};

class Timeline::Batch {
 public:
  [[nodiscard]] std::size_t keyframe_count() const noexcept { return end_ - begin_; }

 private:
  friend class Timeline;
  struct Patch {
    std::size_t index;
    Keyframe slopes;
  };

  std::vector<std::shared_ptr<Page>> pages_;  // the page table with room for the batch
  std::size_t first_page_ = 0;
  KeyframeTimes times_;
  SeamEaser seams_;
  OrdinaryMotion motion_;
  std::vector<Patch> patches_;        // of published keyframes that are not yet in view
  bool corrects_late_ = false;        // the last published keyframe is in view, but not what follows it
  Keyframe late_slopes_;              // of that keyframe
  std::unique_ptr<Keyframe[]> late_;  // its page's room for corrections, where that has none
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint32_t active_blocks_ = 0;
  ChannelActivity activity_;
};

}  // namespace hostmode
