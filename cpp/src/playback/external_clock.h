// The clock of sound that somebody else plays: positions, and when they were heard.
#pragma once

#include <algorithm>
#include <cstdint>

#include "clock/device_line.h"

namespace hostmode {

// Reports are late or right: a stack tells of what has been heard, in steps, and its thread may have to wait.
// So the line through them is that of a device, their lower envelope, and small corrections are slewed in.
// What jumps is followed: forwards at once, backwards where a position says so or reports stay late. Where
// positions repeat for longer than their steps, the sound stands still.
class ExternalClock {
 public:
  // `position_s` of the sound was heard at `time_s`; both finite.
  void report(double position_s, double time_s) noexcept;

  [[nodiscard]] bool started() const noexcept { return line_.started(); }
  [[nodiscard]] double latest_s() const noexcept { return latest_s_; }
  // When a position that was reported, or is near to one, was heard, as the reports have it.
  [[nodiscard]] double time_of(double position_s) const noexcept {
    return line_.time_of(position_s * kFrames_hz);
  }
  // Goes on for kTrust_s after the latest report.
  [[nodiscard]] double at(double t_s) const noexcept {
    const double since_s = std::min(t_s - latest_s_, kTrust_s);
    const double most_s = kSlew * std::max(since_s, 0.0);
    return base_s_ + pace_ * since_s + std::clamp(error_s_, -most_s, most_s);
  }

 private:
  static constexpr double kTrust_s = 1.0;
  static constexpr double kSlew = 0.1;
  static constexpr double kMostStep_s = 0.25;  // browsers tell of a position four times a second

  void restart(double position_s, double time_s) noexcept;
  void follow_line() noexcept;

  // Its frames are microseconds of position.
  static constexpr double kFrames_hz = 1e6;
  DeviceLine line_{kFrames_hz};
  double latest_s_ = 0;
  double base_s_ = 0;   // the position that is shown at latest_s_
  double error_s_ = 0;  // what the line says less that
  double pace_ = 1;
  std::int64_t frame_ = 0;       // the latest
  double changed_s_ = 0;         // when it was told first
  double begun_s_ = 0;           // the line
  double step_s_ = kMostStep_s;  // how long positions stayed the same while sound played
  bool moves_ = false;           // has been seen to
  bool stands_ = false;
};

}  // namespace hostmode
