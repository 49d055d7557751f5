// Judges the times a host reports and says when a block is heard.
#pragma once

#include <cstdint>

#include "hostmode/audio_clock.h"

namespace hostmode {

// What one callback says about its first frame.
struct HeardTime {
  double heard_s = AudioObservation::kUnknown;  // NaN: this callback says nothing
  ClockSource source = ClockSource::kNone;
  // The host measures its device's position, so that a late callback does not look like a late block.
  bool measured = false;
  // How much of a late `heard_s` is explained by time lost between the host's stamp and the entry.
  double dispatch_delay_s = 0;
};

// Passes the host's times where they are plausible, and falls back to the callback's entry where a fault has
// been seen twice in a row, until three plausible times in a row.
class DacTimeSource {
 public:
  DacTimeSource(double rate_hz, double latency_s) noexcept : rate_hz_(rate_hz), latency_s_(latency_s) {}

  [[nodiscard]] HeardTime judge(const AudioObservation& observation) noexcept;

  // The instant that follows from the entry alone; NaN where that is unknown.
  [[nodiscard]] double from_callback(const AudioObservation& observation) const noexcept {
    return observation.entry_s + latency_s_;
  }

  [[nodiscard]] std::uint32_t faults() const noexcept { return faults_; }
  [[nodiscard]] bool quantised() const noexcept {
    return (faults_ & static_cast<std::uint32_t>(ClockFault::kQuantised)) != 0;
  }

 private:
  // The smallest of the last one to two seconds.
  struct RecentMinimum {
    double current = 0;
    double previous = 0;
    double since_s = -1;
    double update(double value, double now_s) noexcept;
  };
  // The evidence that a series of times has a coarse grid.
  struct GridEvidence {
    double grid_s;
    double log_chance = 0;  // of the steps seen so far falling on the grid by accident
    bool uneven = false;
  };

  [[nodiscard]] ClockFault plausibility(const AudioObservation& observation) const noexcept;
  [[nodiscard]] bool within_burst(const AudioObservation& observation) const noexcept;
  [[nodiscard]] double lead_of(const AudioObservation& observation) const noexcept;
  void look_for_grid(const AudioObservation& observation) noexcept;
  void weigh(GridEvidence& grid, double step_s, double resolution_s) noexcept;
  void note(ClockFault fault) noexcept { faults_ |= static_cast<std::uint32_t>(fault); }

  double rate_hz_;
  double latency_s_;
  ClockSource source_ = ClockSource::kNone;
  std::uint32_t faults_ = 0;
  bool has_previous_ = false;
  AudioObservation previous_;
  ClockFault last_fault_ = ClockFault::kNone;
  int plausible_in_a_row_ = 0;
  int since_lead_changed_ = 1 << 20;
  double last_lead_s_ = AudioObservation::kUnknown;
  RecentMinimum dispatch_;
  GridEvidence grids_[2] = {{1e-3, 0, false}, {1.0 / 1024, 0, false}};
};

}  // namespace hostmode
