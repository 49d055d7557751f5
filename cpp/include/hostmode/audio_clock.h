// Turns what an audio callback knows into the instant at which each device frame is heard.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hostmode {

// What one audio callback knows. Seconds are of the caller's monotonic clock. NaN means "not known".
struct AudioObservation {
  std::int64_t first_frame = 0;  // device frames handed over before this block
  std::int64_t frame_count = 0;
  double entry_s;         // when the callback was entered
  double dac_s;           // when first_frame is heard, as the host says
  double host_current_s;  // the host's idea of "now", in the time base of dac_s before conversion
};

enum class ClockFault : std::uint32_t {
  kNone = 0,
  kNoDacTime = 1,         // zero or not finite
  kFrozenDacTime = 2,     // does not advance although frames do
  kWrongEpoch = 4,        // before the callback's entry, or more than 2 s ahead
  kMissingLatency = 8,    // always equal to the entry: the device's latency is left out
  kQuantised = 16,        // steps of about a millisecond or coarser
  kSplitBlocks = 32,      // one host buffer delivered as several blocks that repeat its time
};

// An immutable picture of the clock: a continuous, strictly increasing, piecewise linear map between the caller's
// clock and device frames. Evaluations for instants before the newest observation give what they gave before it.
class ClockSnapshot {
 public:
  // Device frames heard at `t_s`, fractional; never more than were rendered, never less than 0.
  [[nodiscard]] double frame_at(double t_s) const noexcept;
  // When device frame `frame` is (or was, or would be) heard.
  [[nodiscard]] double time_of(double frame) const noexcept;
  [[nodiscard]] std::int64_t rendered_frames() const noexcept { return rendered_frames_; }
  [[nodiscard]] std::uint32_t faults() const noexcept { return faults_; }

 private:
  friend class AudioClock;
  // ... knots
  std::int64_t rendered_frames_ = 0;
  std::uint32_t faults_ = 0;
};

class AudioClock {
 public:
  // `latency_s` is assumed where the host reports no usable time.
  AudioClock(double rate_hz, double latency_s) noexcept;

  // Thread-safe: no (audio thread only). Realtime-safe: yes, O(1), no system call.
  void observe(const AudioObservation& observation) noexcept;

  // A copy for publication. Trivially copyable.
  [[nodiscard]] const ClockSnapshot& snapshot() const noexcept;
};

}  // namespace hostmode
