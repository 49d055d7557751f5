// Judges the times a host reports and says when a block is heard.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "clock/audio_clock.h"

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
class DacTimes {
 public:
  DacTimes(double rate_hz, double latency_s) noexcept : rate_hz_(rate_hz), latency_s_(latency_s) {}

  [[nodiscard]] HeardTime judge(const AudioObservation& observation) noexcept;

  // The instant that follows from the entry alone; NaN where that is unknown.
  [[nodiscard]] double from_callback(const AudioObservation& observation) const noexcept {
    return observation.entry_s + latency_s_;
  }

  [[nodiscard]] std::uint32_t faults() const noexcept { return faults_; }
  [[nodiscard]] bool quantised() const noexcept { return grid_s_ > 0; }

 private:
  // The extremes of a value over the last one to two periods.
  class RecentRange {
   public:
    explicit RecentRange(double period_s) noexcept : period_s_(period_s) {}
    void add(double value, double now_s) noexcept;
    [[nodiscard]] double low() const noexcept { return std::min(low_, previous_low_); }
    [[nodiscard]] double high() const noexcept { return std::max(high_, previous_high_); }

   private:
    double period_s_;
    double since_s_ = -std::numeric_limits<double>::infinity();
    double low_ = std::numeric_limits<double>::infinity();
    double high_ = -std::numeric_limits<double>::infinity();
    double previous_low_ = low_;
    double previous_high_ = high_;
  };
  // The evidence that a series of times has a coarse grid.
  struct GridEvidence {
    double grid_s;
    double log_chance = 0;  // of the steps seen so far falling on the grid by accident
    bool uneven = false;
  };

  [[nodiscard]] ClockFault plausibility(const AudioObservation& observation) const noexcept;
  [[nodiscard]] HeardTime from_host(const AudioObservation& observation) noexcept;
  [[nodiscard]] double between_ticks(const AudioObservation& observation) const noexcept;
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
  double grid_s_ = 0;                // of the host's times; 0 where they have none
  std::int64_t dac_changed_at_ = 0;  // the frame since which the DAC time has been what it is
  RecentRange dispatch_{1.0};        // entry less host's now
  RecentRange tick_{8.0};            // the same, for finding where the host's clock ticks
  GridEvidence grids_[2] = {{1e-3, 0, false}, {1.0 / 1024, 0, false}};
};

}  // namespace hostmode
