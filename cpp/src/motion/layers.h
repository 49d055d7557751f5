// Blinks and gaze over speech whose own eyes and eyelids do not move.
#pragma once

#include "motion/idle_motion.h"
#include "motion/timeline.h"

namespace hostmode {

// Lays idle motion's eyes and eyelids at `t_s` over the pose that `timeline` has at `face_s`, until its own
// take over. Thread-safe: as Timeline::sample. Realtime-safe: yes.
void add_layers(const IdleMotion& idle, const Timeline& timeline, double face_s, double t_s,
                float* pose) noexcept;

}  // namespace hostmode
