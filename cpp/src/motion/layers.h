// Blinks and gaze over speech whose own eyes and eyelids do not move.
#pragma once

#include "motion/idle_motion.h"
#include "motion/timeline.h"
#include "motion/transition_times.h"

namespace hostmode {

// The stream's own takes so many times longer to show in full than a layer takes to go: it moves as fast as
// it likes, and where both took the same time a blink that had shut the lids left no room for that.
inline constexpr double kOwnFade = 2.0;

// Lays idle motion's eyes and eyelids at `t_s` over the pose that `timeline` has at `face_s`, until its own
// take over. Thread-safe: as Timeline::sample. Realtime-safe: yes.
void add_layers(const IdleMotion& idle, const Timeline& timeline, const TransitionTimes& times, double face_s,
                double t_s, float* pose) noexcept;

// The same with a layer's 6 values of the eyes and 2 of the eyelids.
void add_layers(const float* eyes, const float* lids, const Timeline& timeline, const TransitionTimes& times,
                double face_s, float* pose) noexcept;

// Adds to `speeds`, a second, how fast eyes and eyelids may go over to the stream's own where they do within
// `duration_s` from `face_s` on. 120 floats. As add_layers.
void add_layer_speeds(const Timeline& timeline, const TransitionTimes& times, double face_s,
                      double duration_s, float* speeds) noexcept;

}  // namespace hostmode
