#include "motion/motion_beneath.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "motion/idle_motion.h"
#include "motion/layers.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

constexpr double kPicture_s = 1.0 / 120;
constexpr std::size_t kLid = kEyeLidOffset;

// Lids that stay open for half a second, and then sink to `lowest` within a second and stay there.
std::vector<Keyframe> lids(float lowest) {
  std::vector<Keyframe> keyframes(63);
  for (std::size_t i = 0; i < keyframes.size(); ++i) {
    const float sunk = std::min(std::max(static_cast<float>(i) - 12.0F, 0.0F) / 25.0F, 1.0F);
    keyframes[i].eye_lid[0] = keyframes[i].eye_lid[1] = sunk * lowest;
  }
  return keyframes;
}

TransitionTimes times(double speech_s, double idle_s) {
  PlayerConfig config;
  config.speech_transition_s = speech_s;
  config.idle_transition_s = idle_s;
  return TransitionTimes(config);
}

// How fast those lids go, but for what idle motion moves meanwhile, from `from_s` to `until_s` after their
// own take over from wherever a blink is, a second.
double fastest_lid(const Timeline& timeline, const TransitionTimes& transitions, double from_s,
                   double until_s) {
  const double face_s = timeline.activity().eyelids_from_s;
  const IdleMotion idle(5);
  double fastest = 0.0;
  for (double began_s = 0.0; began_s < 8.0; began_s += 0.02) {  // in some of which it blinks
    Keyframe last{};
    Keyframe last_idle{};
    for (double since_s = from_s; since_s < until_s; since_s += kPicture_s) {
      Keyframe pose;
      timeline.sample(face_s + since_s, pose.data());
      add_layers(idle, timeline, transitions, face_s + since_s, began_s + since_s, pose.data());
      Keyframe now_idle;
      idle.sample(began_s + since_s, now_idle.data());
      if (since_s > from_s) {
        const double step = std::abs(pose.eye_lid[0] - last.eye_lid[0]);
        const double blinks = std::abs(now_idle.eye_lid[0] - last_idle.eye_lid[0]);
        fastest = std::max(fastest, (step - blinks) / kPicture_s);
      }
      last = pose;
      last_idle = now_idle;
    }
  }
  return fastest;
}

TEST_CASE("a blink that a stream's own lids take over from leaves less to a deviation") {
  for (const double transition_s : {0.2, 0.5}) {
    for (const float lowest : {-0.2F, -0.45F}) {
      CAPTURE(transition_s);
      CAPTURE(lowest);
      Timeline timeline;
      const std::vector<Keyframe> keyframes = lids(lowest);
      timeline.commit(*timeline.prepare(keyframes.data(), keyframes.size(), 0, -1.0), -1.0);
      const TransitionTimes transitions = times(transition_s, 0.8);
      const double face_s = timeline.activity().eyelids_from_s;
      const double fade_s = transitions.layer_s();
      const MotionBeneath first = motion_beneath(&timeline, face_s, 0.32, transitions, true);
      const double fastest = fastest_lid(timeline, transitions, 0.0, fade_s);
      CHECK(fastest < first.besides[kLid] + first.ahead[kLid] * kKeyframeRateHz);
      CHECK(fastest > 0.6 * first.besides[kLid]);
      // When the blink is gone, there is only its own that is still coming.
      const MotionBeneath then = motion_beneath(&timeline, face_s + fade_s, 0.32, transitions, true);
      const double slower = fastest_lid(timeline, transitions, fade_s, kOwnFade * fade_s);
      CHECK(slower < then.besides[kLid] + then.ahead[kLid] * kKeyframeRateHz);
      CHECK(then.besides[kLid] < 0.3 * first.besides[kLid]);
      const double shown_s = face_s + kOwnFade * fade_s;
      CHECK(motion_beneath(&timeline, shown_s, 0.32, transitions, true).besides[kLid] == 0.0F);
    }
  }
}

TEST_CASE("motion that runs out goes to idle wherever that may be, by as much a second") {
  Timeline timeline;
  const std::vector<Keyframe> keyframes = lids(-0.3F);
  timeline.commit(*timeline.prepare(keyframes.data(), keyframes.size(), 0, -1.0), -1.0);
  const MotionBeneath beneath = motion_beneath(&timeline, 2.5, 0.32, times(0.32, 0.6), false);
  CHECK(beneath.pace == 0.0);
  CHECK(beneath.besides[kLid] == doctest::Approx(kEaseSpeed * 1.3 / 0.6));
  CHECK(beneath.besides[kEyePoseOffset + 1] ==
        doctest::Approx(kEaseSpeed * IdleMotion::kFarthestGaze_rad / 0.6));
  CHECK(beneath.besides[kExpressionOffset] == 0.0F);
  CHECK(motion_beneath(&timeline, 1.0, 0.32, times(0.32, 0.6), false).besides[kLid] == 0.0F);
}

}  // namespace
}  // namespace hostmode
