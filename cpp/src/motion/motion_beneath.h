// What moves while a deviation fades.
#pragma once

#include <array>

#include "hostmode/keyframe.h"
#include "motion/ordinary_motion.h"
#include "motion/timeline.h"
#include "motion/transition_times.h"

namespace hostmode {

// The motion that a deviation is added to.
struct MotionBeneath {
  using Values = std::array<float, kKeyframeFloats>;

  const OrdinaryMotion* motion;  // null: idle, which hardly moves
  double pace;                   // how much faster than 25 keyframes a second it may be shown
  double transition_s;           // what a transition takes
  double fastest_transition_s;   // what the shortest of all takes
  Values ahead{};                // the highest speed of each value on its curve to come, a keyframe interval
  Values besides{};              // a second: how fast each may move by more than its keyframes
};

// Of a conversation whose face shows `face_s` of its motion (null: idle): as far ahead as most deviations
// last. Thread-safe: as Timeline::sample. Realtime-safe: yes.
[[nodiscard]] MotionBeneath motion_beneath(const Timeline* timeline, double face_s, double transition_s,
                                           const TransitionTimes& times, bool layers) noexcept;

}  // namespace hostmode
