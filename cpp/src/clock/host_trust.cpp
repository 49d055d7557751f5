#include "clock/host_trust.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

// With the window's length, a minute: it outlasts errors of eight seconds, several of them
// included.
constexpr double kSpacing_s = 0.5;
// What scatters by less is one latency.
constexpr double kTogether_s = 0.001;
// So many make a latency known.
constexpr std::size_t kKnown = 4;

// What a host may be off by before it is doubted.
constexpr double kTolerance_s = 0.0015;
constexpr double kOutlier = 8;          // in units of the scatter
constexpr double kScatterMemory = 256;  // callbacks
constexpr double kLeastScatter_s = 5e-6;

// The largest error of a PulseAudio server between 48 busy processes on two cores was 58 ms; another device
// (Bluetooth: 150 to 200 ms) is further away.
constexpr double kLargestError_s = 0.08;
constexpr double kFarConfirmation_s = 1.0;

// Callbacks are late when the machine is busy, but never early: to be early by so much, the device has asked
// for more. Late by as much all together, it has let frames wait.
constexpr double kPaceStep_s = 0.004;
constexpr double kPaceLook_s = 0.5;
constexpr int kPaceLookCallbacks = 8;
constexpr double kPaceMemory_s = 3.0;
constexpr double kNearConfirmation_s = 0.5;

// After a hole the buffer fills, and then the line of the callbacks settles: it begins at a callback that
// may be late, and falls back to where the latency that is known holds.
constexpr double kRefill_s = 0.5;
constexpr double kSettled_s = 3.0;
constexpr double kUnsettledTolerance_s = 0.005;
// A line that bends by less is being fitted.
constexpr double kRebase_s = 0.001;

constexpr double kFollowing = 0.25;  // seconds of latency a second: the face goes a quarter faster or slower

}  // namespace

bool HostTrust::knows_latency() const noexcept {
  return count_ >= kKnown;
}

void HostTrust::after_hole(double entry_s) noexcept {
  last_entry_s_ = entry_s;
  hole_s_ = entry_s;
  candidate_.active = false;
  look_ = PaceLook{};
}

void HostTrust::rebase(double due_moved_s) noexcept {
  const bool settling = last_entry_s_ < hole_s_ + kSettled_s;
  if (std::abs(due_moved_s) < kRebase_s || settling) return;
  for (double& latency_s : latencies_s_) latency_s -= due_moved_s;
  for (double& latency_s : ascending_s_) latency_s -= due_moved_s;
  for (double* latency_s : {&usual_s_, &level_s_, &candidate_.latency_s}) {
    *latency_s -= due_moved_s;
  }
}

void HostTrust::measure_scatter(double latency_s) noexcept {
  const double step_s = std::abs(latency_s - last_latency_s_);
  last_latency_s_ = latency_s;
  scatter_s_ += (std::min(step_s, kOutlier * scatter_s_) - scatter_s_) / kScatterMemory;
  scatter_s_ = std::max(scatter_s_, kLeastScatter_s);
}

void HostTrust::watch_pace(double entry_s, double late_s) noexcept {
  if (late_s < -kPaceStep_s) pace_stepped_s_ = entry_s;
  if (entry_s - look_.since_s >= kPaceLook_s) {
    const bool together = look_.count >= kPaceLookCallbacks && 2 * look_.near_least > look_.count;
    if (together && look_.least_late_s > kPaceStep_s) pace_stepped_s_ = entry_s;
    look_ = PaceLook{entry_s, late_s, 0, 0};
  }
  if (late_s < look_.least_late_s - kTogether_s) look_.near_least = 0;
  look_.least_late_s = std::min(look_.least_late_s, late_s);
  ++look_.count;
  if (late_s < look_.least_late_s + kTogether_s) ++look_.near_least;
}

void HostTrust::remember(double latency_s) noexcept {
  double* const begin = ascending_s_.data();
  if (count_ == kWindow) {
    double* const oldest = std::lower_bound(begin, begin + count_, latencies_s_[next_]);
    std::move(oldest + 1, begin + count_, oldest);
    --count_;
  }
  double* const place = std::upper_bound(begin, begin + count_, latency_s);
  std::move_backward(place, begin + count_, begin + count_ + 1);
  *place = latency_s;
  ++count_;
  latencies_s_[next_] = latency_s;
  next_ = (next_ + 1) % kWindow;
}

void HostTrust::gather(double entry_s, double latency_s) noexcept {
  if (entry_s - taken_s_ < kSpacing_s) return;
  taken_s_ = entry_s;
  remember(latency_s);

  std::size_t most = 0;
  for (std::size_t first = 0, end = 0; first < count_; ++first) {
    while (end < count_ && ascending_s_[end] - ascending_s_[first] <= kTogether_s) ++end;
    if (end - first <= most) continue;
    most = end - first;
    usual_s_ = ascending_s_[first + most / 2];
  }
  if (count_ <= kKnown) level_s_ = usual_s_;
}

void HostTrust::settle_on(double latency_s) noexcept {
  latencies_s_.fill(latency_s);
  ascending_s_.fill(latency_s);
  count_ = kWindow / 2;
  next_ = kWindow / 2;
  usual_s_ = latency_s;
  candidate_.active = false;
}

bool HostTrust::is_real_change(double entry_s, double limit_s) const noexcept {
  const double lasted_s = entry_s - candidate_.since_s;
  const double far_s = std::abs(candidate_.latency_s - usual_s_);
  if (far_s > kLargestError_s && lasted_s >= kFarConfirmation_s) return true;
  return far_s > limit_s && lasted_s >= kNearConfirmation_s && entry_s - pace_stepped_s_ < kPaceMemory_s;
}

HostTrust::Verdict HostTrust::judge(const Block& block) noexcept {
  Verdict verdict{true, block.heard_s, false};
  const double passed_s = std::max(0.0, block.entry_s - last_entry_s_);
  last_entry_s_ = block.entry_s;
  const double since_hole_s = block.entry_s - hole_s_;
  const bool settled = since_hole_s >= kSettled_s;
  const double latency_s = block.heard_s - block.due_s;
  measure_scatter(latency_s);
  const double limit_s = std::max(settled ? kTolerance_s : kUnsettledTolerance_s, kOutlier * scatter_s_);
  if (since_hole_s < kRefill_s) {
    if (knows_latency() && std::abs(block.heard_s - block.expected_s) > limit_s) {
      // The line of the callbacks is too late until the buffer is full, never too early.
      verdict = {false, std::min(block.expected_s, block.due_s + level_s_), false};
    }
    return verdict;
  }

  if (settled) watch_pace(block.entry_s, block.entry_s - block.due_s);
  gather(block.entry_s, latency_s);
  if (!knows_latency()) return verdict;

  if (std::abs(latency_s - usual_s_) > limit_s) {
    const bool same = candidate_.active && std::abs(latency_s - candidate_.latency_s) <= limit_s;
    if (!same) candidate_ = {true, block.entry_s, latency_s};
    if (is_real_change(block.entry_s, limit_s)) settle_on(latency_s);
  } else {
    candidate_.active = false;
  }

  const double step_s = kFollowing * passed_s;
  const double away_s = usual_s_ - level_s_;
  verdict.is_moved = std::abs(away_s) > limit_s;
  level_s_ += std::clamp(away_s, -step_s, step_s);
  verdict.believed = std::abs(latency_s - level_s_) <= limit_s && !verdict.is_moved;
  if (!verdict.believed) verdict.heard_s = block.due_s + level_s_;
  return verdict;
}

}  // namespace hostmode
