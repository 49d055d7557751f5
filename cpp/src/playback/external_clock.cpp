#include "playback/external_clock.h"

#include <cmath>

namespace hostmode {
namespace {

constexpr double kJump_s = 0.15;
constexpr double kSettling_s = 0.5;       // the line does, from its first report on
constexpr double kMostPosition_s = 1e12;  // in frames it is an integer still

// Positions that repeat for longer than twice their steps, and what a report may be late by, stand.
constexpr double kStepsToStand = 2;
constexpr double kLateness_s = 0.01;
constexpr double kFading = 0.05;  // of the longest step, with each one

}  // namespace

void ExternalClock::report(double position_s, double time_s) noexcept {
  position_s = std::clamp(position_s, -kMostPosition_s, kMostPosition_s);
  const std::int64_t frame = std::llround(position_s * kFrames_hz);
  if (!started()) {
    restart(position_s, time_s);
    return;
  }
  if (frame < frame_) {
    // One that another has overtaken says nothing; a sound that goes back does.
    const double late_s = time_s - line_.time_of(static_cast<double>(frame));
    if (std::abs(late_s) >= kJump_s) restart(position_s, time_s);
    return;
  }
  const double passed_s = std::max(0.0, time_s - changed_s_);
  if (frame == frame_) {
    if (moves_ && passed_s <= kStepsToStand * step_s_ + kLateness_s) return;
    base_s_ = position_s;
    pace_ = error_s_ = 0;
    latest_s_ = std::max(latest_s_, time_s);
    stands_ = true;
    return;
  }
  moves_ = true;
  if (stands_) {
    restart(position_s, time_s);
    return;
  }
  step_s_ = std::max(std::min(passed_s, kMostStep_s), (1 - kFading) * step_s_);
  frame_ = frame;
  changed_s_ = time_s;
  line_.add(frame, time_s);
  base_s_ = at(std::max(latest_s_, time_s));
  latest_s_ = std::max(latest_s_, time_s);
  follow_line();
}

void ExternalClock::restart(double position_s, double time_s) noexcept {
  frame_ = std::llround(position_s * kFrames_hz);
  line_.restart(frame_, time_s);
  latest_s_ = changed_s_ = begun_s_ = time_s;
  base_s_ = position_s;
  pace_ = 1;
  error_s_ = 0;
  stands_ = false;
}

void ExternalClock::follow_line() noexcept {
  pace_ = line_.true_rate_hz() / kFrames_hz;
  error_s_ = pace_ * (latest_s_ - line_.time_of(0)) - base_s_;
  if (std::abs(error_s_) < kJump_s && latest_s_ - begun_s_ > kSettling_s) return;
  base_s_ += error_s_;
  error_s_ = 0;
}

}  // namespace hostmode
