// What is shown in time with sound that was found.
#pragma once

#include <algorithm>
#include <cmath>

namespace hostmode {

// A line between time and position that corrections bend by at most 10 %; a jump stays one. What was found
// goes on at its own pace for a second, and then as sound does. Serialised by the caller.
class SoundTie {
 public:
  static constexpr double kJump_s = 0.08;

  // `position_s` is heard at `time_s`, and `pace` seconds of the round in a second from then on; `shown_s` is
  // shown at `now_s`. Whether that jumps.
  bool place(double time_s, double position_s, double pace, double now_s, double shown_s) noexcept {
    time_s_ = time_s;
    position_s_ = position_s;
    pace_ = pace;
    now_s_ = now_s;
    error_s_ = line_s(now_s) - shown_s;
    if (std::abs(error_s_) < kJump_s) return false;
    error_s_ = 0;
    return true;
  }

  // What is to be shown.
  [[nodiscard]] double position_s(double t_s) const noexcept {
    const double slewed_s = kSlew * std::max(t_s - now_s_, 0.0);
    return line_s(t_s) - error_s_ + std::clamp(error_s_, -slewed_s, slewed_s);
  }
  // When a position is heard.
  [[nodiscard]] double time_of(double position_s) const noexcept {
    const double after_s = position_s - position_s_;
    const double paced_s = std::clamp(after_s / pace_, -kPaced_s, kPaced_s);
    return time_s_ + paced_s + (after_s - pace_ * paced_s);
  }

 private:
  static constexpr double kSlew = 0.1;
  static constexpr double kPaced_s = 1.0;

  [[nodiscard]] double line_s(double t_s) const noexcept {
    const double since_s = t_s - time_s_;
    const double paced_s = std::clamp(since_s, -kPaced_s, kPaced_s);
    return position_s_ + pace_ * paced_s + (since_s - paced_s);
  }

  double time_s_ = 0;
  double position_s_ = 0;
  double pace_ = 1;
  double now_s_ = 0;
  double error_s_ = 0;
};

}  // namespace hostmode
