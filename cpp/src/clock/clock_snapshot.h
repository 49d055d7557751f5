// What is known at one moment about when device frames are heard.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hostmode {

// Ways in which hosts misreport the time at which a block is heard, as bits. Each is noticed within three
// callbacks of its beginning and then stays set.
enum class ClockFault : std::uint32_t {
  kNone = 0,
  kNoDacTime = 1,       // zero or not finite
  kFrozenDacTime = 2,   // does not advance although frames do
  kWrongEpoch = 4,      // long past when the callback runs, or more than 2 s ahead
  kMissingLatency = 8,  // not ahead of the callback: the device's latency is left out
  kQuantised = 16,      // steps of a millisecond or coarser
  kSplitBlocks = 32,    // one host buffer delivered as several blocks that repeat its time
};

// Where the times come from that the clock follows.
enum class ClockSource : std::uint32_t {
  kNone,      // nothing is known yet
  kDacTime,   // the host's DAC times
  kCallback,  // the callback's entry and the assumed latency
  kFreeRun,   // the last known times and the count of frames
};

// A continuous, piecewise linear map between the caller's clock and device frames: strictly increasing while
// frames remain, level where the device ran dry. For instants before the newest observation it gives what
// earlier snapshots gave (some callbacks back, far longer than a reader can be late), so that a reader who
// asks for the present never sees time stand still or go back, whichever snapshots it gets to see.
//
// Trivially copyable. All queries are O(1).
// Thread-safe: yes, as a value. Realtime-safe: yes.
class ClockSnapshot {
 public:
  // Whether any observation carried a time. Until then `frame_at` is 0 and `time_of` NaN.
  [[nodiscard]] bool started() const noexcept { return knot_count_ > 0; }

  // The device frame that begins to be heard at `t_s`, fractional; within 0 and `rendered_frames`.
  [[nodiscard]] double frame_at(double t_s) const noexcept;

  // When device frame `frame` is, was or would be heard. Extrapolates beyond the frames rendered.
  [[nodiscard]] double time_of(double frame) const noexcept;

  // Frames handed to the device so far.
  [[nodiscard]] std::int64_t rendered_frames() const noexcept { return rendered_frames_; }

  // The device's true rate against the caller's clock, as estimated.
  [[nodiscard]] double rate_hz() const noexcept { return rate_after_; }

  [[nodiscard]] ClockSource source() const noexcept { return source_; }

  // Every fault noticed so far, as bits of ClockFault.
  [[nodiscard]] std::uint32_t faults() const noexcept { return faults_; }
  [[nodiscard]] bool has(ClockFault fault) const noexcept {
    return (faults_ & static_cast<std::uint32_t>(fault)) != 0;
  }

 private:
  friend class AudioClock;

  struct Knot {
    double t_s;
    double frame;
  };
  static constexpr std::size_t kMaxKnots = 12;

  // Bends the map from `from_s` on so that it comes to follow the line on which frame `line_frame` is heard
  // at `line_s` and frames pass at `line_rate_hz`; never backwards.
  void steer(double from_s, double line_s, double line_frame, double line_rate_hz) noexcept;
  void forget_after(double t_s) noexcept;
  void append(double t_s, double frame) noexcept;
  [[nodiscard]] double curve_at(double t_s) const noexcept;
  [[nodiscard]] double curve_inverse(double frame) const noexcept;
  [[nodiscard]] double slope_at(double t_s) const noexcept;

  std::array<Knot, kMaxKnots> knots_{};
  std::uint32_t knot_count_ = 0;
  std::uint32_t faults_ = 0;
  double rate_before_ = 0;  // frames per second before the first knot and after the last one
  double rate_after_ = 0;
  std::int64_t rendered_frames_ = 0;
  ClockSource source_ = ClockSource::kNone;
};

}  // namespace hostmode
