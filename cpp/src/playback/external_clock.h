// The clock of sound that somebody else plays: positions, and when they were heard.
#pragma once

#include <algorithm>
#include <cmath>

namespace hostmode {

// Reports may be late, early and quantised: the line through them follows by a filter, so that the position
// moves evenly. A jump of the sound is followed at once, and where it stands still the position does.
class ExternalClock {
 public:
  // `position_s` of the sound was heard at `time_s`.
  void report(double position_s, double time_s) noexcept {
    const double error_s = started_ ? position_s - at(time_s) : 0.0;
    const bool jumps = !started_ || std::abs(error_s) > kJump_s || time_s < latest_s_;
    const bool stands = started_ && position_s == reported_s_;
    if (jumps || (stands && time_s > latest_s_)) {
      base_s_ = position_s;
      speed_ = stands ? 0.0 : 1.0;
      count_ = 0;
    } else {
      ++count_;
      const double gain = std::max(1.0 / (count_ + 1.0), 1 - std::exp2(-(time_s - latest_s_) / kHalfLife_s));
      base_s_ = at(time_s) + gain * error_s;
      speed_ = 1.0;
    }
    latest_s_ = time_s;
    reported_s_ = position_s;
    started_ = true;
  }

  [[nodiscard]] bool started() const noexcept { return started_; }
  [[nodiscard]] double latest_s() const noexcept { return latest_s_; }
  // Goes on for kTrust_s after the latest report.
  [[nodiscard]] double at(double t_s) const noexcept {
    return base_s_ + speed_ * std::min(t_s - latest_s_, kTrust_s);
  }

 private:
  static constexpr double kJump_s = 0.15;
  static constexpr double kHalfLife_s = 0.5;
  static constexpr double kTrust_s = 1.0;

  bool started_ = false;
  double latest_s_ = 0;
  double base_s_ = 0;  // the position at latest_s_
  double speed_ = 1;
  double reported_s_ = 0;
  double count_ = 0;  // reports since the last jump
};

}  // namespace hostmode
