// How long transitions and blends take, as they are set.
#pragma once

#include <algorithm>

#include "hostmode/keyframe.h"
#include "hostmode/player_config.h"

namespace hostmode {

// A transition that is set to take no time is the application's wish to jump; any other takes at least a
// keyframe interval. What nobody wished for, a blend, does so in any case. A value.
class TransitionTimes {
 public:
  explicit TransitionTimes(const PlayerConfig& config) noexcept
      : speech_s_(seen(config.speech_transition_s)), idle_s_(seen(config.idle_transition_s)) {}

  [[nodiscard]] double speech_s() const noexcept { return speech_s_; }
  [[nodiscard]] double idle_s() const noexcept { return idle_s_; }
  // Of motion that has run out, to idle.
  [[nodiscard]] double run_out_s() const noexcept { return std::max(idle_s_, kKeyframeInterval_s); }
  // What it takes to leave a gap of `gap_s` in a conversation's motion.
  [[nodiscard]] double blend_s(double gap_s) const noexcept {
    return std::max(std::min(gap_s, speech_s_), kKeyframeInterval_s);
  }
  // The faster of the transitions that take any time.
  [[nodiscard]] double fastest_s() const noexcept {
    const auto [least_s, most_s] = std::minmax(speech_s_, idle_s_);
    return std::max(least_s > 0 ? least_s : most_s, kKeyframeInterval_s);
  }
  // Of blinks and gaze that leave a face whose own eyes begin to move: as fast as they are laid over it, and
  // no faster than all else that goes from one to another.
  [[nodiscard]] double layer_s() const noexcept { return std::max(kLayerFade_s, fastest_s()); }

 private:
  static constexpr double kLayerFade_s = 8 * kKeyframeInterval_s;

  [[nodiscard]] static double seen(double set_s) noexcept {
    return set_s > 0 ? std::max(set_s, kKeyframeInterval_s) : 0.0;
  }

  double speech_s_;
  double idle_s_;
};

}  // namespace hostmode
