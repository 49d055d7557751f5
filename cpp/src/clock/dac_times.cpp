#include "clock/dac_times.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hostmode {
namespace {

// No device buffers more.
constexpr double kMaxLead_s = 2.0;
// A time this far behind the callback is of another clock rather than late.
constexpr double kMaxBehind_s = 0.5;
// No block can be heard sooner; below it, the host has reported "now".
constexpr double kMinLead_s = 20e-6;

constexpr int kPlausibleAgain = 3;

// Doubles hold times since the epoch to 0.3 us.
constexpr double kSameTime_s = 1e-6;
constexpr double kUneven_s = 50e-6;
constexpr double kBrief_s = 0.0025;
// One false alarm in so many callbacks (e^23) would be one in years.
constexpr double kProofOfGrid = -23;

constexpr int kMeasuredMemory = 256;  // callbacks

}  // namespace

void DacTimes::RecentRange::add(double value, double now_s) noexcept {
  if (now_s - since_s_ >= period_s_) {
    previous_low_ = low_;
    previous_high_ = high_;
    low_ = high_ = value;
    since_s_ = now_s;
  }
  low_ = std::min(low_, value);
  high_ = std::max(high_, value);
}

// Whether this block belongs to the same host buffer as the one before it, going by when it was asked for.
bool DacTimes::within_burst(const AudioObservation& observation) const noexcept {
  if (std::isfinite(observation.host_current_s) && observation.host_current_s != previous_.host_current_s)
    return false;
  if (!std::isfinite(observation.entry_s)) return std::isfinite(observation.host_current_s);
  const double block_s = static_cast<double>(previous_.frame_count) / rate_hz_;
  return observation.entry_s - previous_.entry_s < 0.5 * block_s;
}

// How far ahead the host says the block is, NaN where there is nothing to compare with.
double DacTimes::lead_of(const AudioObservation& observation) const noexcept {
  return observation.dac_s -
         (std::isfinite(observation.host_current_s) ? observation.host_current_s : observation.entry_s);
}

ClockFault DacTimes::plausibility(const AudioObservation& observation) const noexcept {
  const double lead_s = lead_of(observation);
  const bool alone = std::isnan(lead_s);
  if (!std::isfinite(observation.dac_s) || (observation.dac_s == 0 && !alone)) return ClockFault::kNoDacTime;
  if (has_previous_) {
    if (observation.dac_s == previous_.dac_s) {
      if (observation.dac_s == 0) return ClockFault::kNoDacTime;
      // Between two ticks of a coarse clock, time stands still for everybody.
      const double still_s = static_cast<double>(observation.first_frame - dac_changed_at_) / rate_hz_;
      if (still_s < 1.5 * grid_s_) return ClockFault::kNone;
      return within_burst(observation) ? ClockFault::kSplitBlocks : ClockFault::kFrozenDacTime;
    }
    if (observation.host_current_s == previous_.host_current_s && !within_burst(observation)) {
      return ClockFault::kFrozenDacTime;
    }
    if (alone && observation.dac_s < previous_.dac_s) return ClockFault::kWrongEpoch;
  }
  if (lead_s > kMaxLead_s || lead_s < -kMaxBehind_s) return ClockFault::kWrongEpoch;
  if (lead_s < kMinLead_s) return ClockFault::kMissingLatency;
  return ClockFault::kNone;
}

void DacTimes::weigh(GridEvidence& grid, double step_s, double resolution_s) noexcept {
  const double off_s = std::abs(step_s - std::round(step_s / grid.grid_s) * grid.grid_s);
  if (off_s > resolution_s) {
    grid.log_chance = 0;
    grid.uneven = false;
  } else if (std::abs(step_s) > resolution_s) {
    grid.log_chance += std::log(2 * resolution_s / grid.grid_s);
  }
}

void DacTimes::look_for_grid(const AudioObservation& observation) noexcept {
  const double dac_step_s = observation.dac_s - previous_.dac_s;
  const double current_step_s = observation.host_current_s - previous_.host_current_s;
  const double entry_step_s = observation.entry_s - previous_.entry_s;
  const double block_s = static_cast<double>(observation.first_frame - previous_.first_frame) / rate_hz_;
  const double resolution_s = 1e-9 + 4 * std::numeric_limits<double>::epsilon() * std::abs(observation.dac_s);
  // With a constant lead, the two series are one piece of evidence rather than two.
  const bool independent = std::abs(dac_step_s - current_step_s) > resolution_s;
  for (GridEvidence& grid : grids_) {
    weigh(grid, dac_step_s, resolution_s);
    if (independent) weigh(grid, current_step_s, resolution_s);
    // Steps of whole milliseconds are no fault where blocks last whole milliseconds.
    grid.uneven |=
        std::abs(dac_step_s - block_s) > kUneven_s || std::abs(current_step_s - entry_step_s) > kUneven_s;
    if (grid.log_chance < kProofOfGrid && grid.uneven) {
      grid_s_ = grid.grid_s;
      note(ClockFault::kQuantised);
    }
  }
}

// The instant that a coarse clock leaves open, at the middle of what it leaves. Current and DAC time are cut,
// or rounded, alike; where the host's clock ticks, the fine clock of the entries tells: of all differences
// between the two, the smallest belongs to a callback right after a tick. Unless all callbacks come at one
// phase of the ticks: then the tick is somewhere in the part of the grid in which none came.
double DacTimes::between_ticks(const AudioObservation& observation) const noexcept {
  const double unseen_s = std::max(0.0, grid_s_ - (tick_.high() - tick_.low()));
  return observation.dac_s + tick_.low() - 0.5 * unseen_s + 0.5 * grid_s_;
}

HeardTime DacTimes::judge(const AudioObservation& observation) noexcept {
  const ClockFault fault = plausibility(observation);
  if (!has_previous_ || observation.dac_s != previous_.dac_s) dac_changed_at_ = observation.first_frame;
  const bool plausible = fault == ClockFault::kNone;
  // Too short a standstill to be told from a coarse clock that has not been recognised yet.
  const bool brief = fault == ClockFault::kFrozenDacTime &&
                     static_cast<double>(observation.first_frame - dac_changed_at_) < kBrief_s * rate_hz_;
  if (plausible && has_previous_ && last_fault_ == ClockFault::kNone) look_for_grid(observation);

  HeardTime result;
  if (plausible) {
    ++plausible_in_a_row_;
    if (source_ != ClockSource::kCallback || plausible_in_a_row_ >= kPlausibleAgain) {
      source_ = ClockSource::kDacTime;
    }
    result = from_host(observation);
  } else if (fault == ClockFault::kSplitBlocks) {
    note(fault);
  } else if (!brief) {
    plausible_in_a_row_ = 0;
    const bool again = fault == last_fault_;
    if (again) note(fault);
    if (source_ == ClockSource::kNone || again) source_ = ClockSource::kCallback;
  }
  if (source_ == ClockSource::kCallback) {
    result = HeardTime{};
    result.heard_s = from_callback(observation);
  }
  const bool blind = source_ == ClockSource::kCallback && std::isnan(observation.entry_s);
  result.source = blind ? ClockSource::kFreeRun : source_;

  if (fault != ClockFault::kSplitBlocks) last_fault_ = fault;
  has_previous_ = true;
  previous_ = observation;
  return result;
}

HeardTime DacTimes::from_host(const AudioObservation& observation) noexcept {
  HeardTime result;
  const double lead_s = lead_of(observation);
  if (has_previous_ && observation.host_current_s == previous_.host_current_s) {
    if (!quantised()) note(ClockFault::kSplitBlocks);
  } else {
    const double tolerance_s = std::max(1.5 * grid_s_, 2 * kSameTime_s);
    since_lead_changed_ = std::abs(lead_s - last_lead_s_) > tolerance_s ? 0 : since_lead_changed_ + 1;
    last_lead_s_ = lead_s;
  }
  result.measured = since_lead_changed_ < kMeasuredMemory;
  if (!std::isfinite(observation.entry_s) || !std::isfinite(observation.host_current_s)) {
    result.heard_s = observation.dac_s;
    return result;
  }
  const double dispatch_s = observation.entry_s - observation.host_current_s;
  dispatch_.add(dispatch_s, observation.entry_s);
  tick_.add(dispatch_s, observation.entry_s);
  result.dispatch_delay_s = dispatch_s - dispatch_.low();
  result.heard_s = quantised() ? between_ticks(observation) : observation.entry_s + lead_s;
  return result;
}

}  // namespace hostmode
