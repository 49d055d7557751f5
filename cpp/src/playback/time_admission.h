// Which times a player takes from its callers.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace hostmode {

// A wrong time (another clock, milliseconds) must not move what cannot be moved back. Callers that move
// things may go kMostAhead_s beyond the latest time known and kMostBehind_s before the present. Callers that
// only look may ask for any time; they show how late it is where theirs is plausible. What the audio side
// reports are facts. In all of these `present_s` is the latest moment that is over, minus infinity before the
// first, and `rendered_s` the time of the audio side, NaN where it has none. Serialised by the caller.
class TimeAdmission {
 public:
  static constexpr double kMostAhead_s = 60.0;
  static constexpr double kMostBehind_s = 1.0;

  [[nodiscard]] double latest_s(double present_s, double rendered_s) const noexcept {
    return std::max({present_s, seen_s_, std::isfinite(rendered_s) ? rendered_s : present_s});
  }

  [[nodiscard]] bool may_move_to(double now_s, double present_s, double rendered_s) const noexcept {
    if (!std::isfinite(present_s)) return true;
    return now_s <= latest_s(present_s, rendered_s) + kMostAhead_s && now_s >= present_s - kMostBehind_s;
  }

  // Somebody looks at `now_s`. Returns up to when things may move for that: never beyond what the audio side
  // has come to.
  [[nodiscard]] double look_at(double now_s, double present_s, double rendered_s) noexcept {
    if (std::isfinite(present_s) && now_s <= latest_s(present_s, rendered_s) + kMostAhead_s) {
      seen_s_ = std::max(seen_s_, now_s);
    }
    return std::isfinite(rendered_s) ? std::min(now_s, std::max(present_s, rendered_s)) : present_s;
  }

 private:
  double seen_s_ = -std::numeric_limits<double>::infinity();
};

}  // namespace hostmode
