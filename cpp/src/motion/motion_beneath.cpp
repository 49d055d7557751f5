#include "motion/motion_beneath.h"

#include "motion/layers.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

// For so long what moves beneath a deviation is looked at: most decay within it.
constexpr double kForesight_s = 1.0;

}  // namespace

MotionBeneath motion_beneath(const Timeline* timeline, double face_s, double transition_s,
                             const TransitionTimes& times, bool layers) noexcept {
  MotionBeneath beneath{nullptr, 1.0, transition_s, times.fastest_s()};
  if (timeline == nullptr || timeline->keyframe_count() == 0) return beneath;
  beneath.motion = &timeline->ordinary_motion();
  timeline->speeds_from(face_s, kForesight_s, beneath.ahead.data());
  // Beyond its last keyframe it goes to idle.
  const bool runs_out = face_s >= timeline->last_keyframe_s();
  beneath.pace = runs_out ? 0.0 : timeline->fastest_pace(face_s);
  if (runs_out) {
    for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
      const double distance = beneath.motion->distance(i, IdleMotion::lowest(i), IdleMotion::highest(i));
      beneath.besides[i] = static_cast<float>(kEaseSpeed * distance / times.run_out_s());
    }
  }
  if (layers) add_layer_speeds(*timeline, times, face_s, kForesight_s, beneath.besides.data());
  return beneath;
}

}  // namespace hostmode
