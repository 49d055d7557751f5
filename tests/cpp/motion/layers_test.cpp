#include "motion/layers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "motion/pose_blend.h"

namespace hostmode {
namespace {

constexpr double kPicture_s = 1.0 / 120;

TransitionTimes times(double speech_s, double idle_s) {
  PlayerConfig config;
  config.speech_transition_s = speech_s;
  config.idle_transition_s = idle_s;
  return TransitionTimes(config);
}

// Lids that rest for a quarter of a second and then swing by `amplitude`, by `rate` radians a keyframe.
std::vector<Keyframe> swinging(double amplitude, double rate) {
  std::vector<Keyframe> keyframes(100);
  for (std::size_t i = 6; i < keyframes.size(); ++i) {
    const auto swung = static_cast<float>(amplitude * std::sin(rate * (static_cast<double>(i) - 6.0)));
    keyframes[i].eye_lid[0] = keyframes[i].eye_lid[1] = swung;
  }
  return keyframes;
}

struct Seen {
  double fastest = 0.0;  // but for what idle motion moves meanwhile, a second
  double lowest = 0.0;
  double highest = 0.0;
};

// Of a lid whose own takes over from wherever a blink is.
Seen seen(const Timeline& timeline, const TransitionTimes& transitions) {
  const double face_s = timeline.activity().eyelids_from_s;
  const IdleMotion idle(11);
  Seen seen;
  for (double began_s = 0.0; began_s < 12.0; began_s += 0.015) {
    Keyframe last{};
    Keyframe last_idle{};
    for (double since_s = -0.1; since_s < 1.5; since_s += kPicture_s) {
      Keyframe pose;
      Keyframe now_idle;
      timeline.sample(face_s + since_s, pose.data());
      add_layers(idle, timeline, transitions, face_s + since_s, began_s + since_s, pose.data());
      idle.sample(began_s + since_s, now_idle.data());
      seen.lowest = std::min<double>(seen.lowest, pose.eye_lid[0]);
      seen.highest = std::max<double>(seen.highest, pose.eye_lid[0]);
      if (since_s > -0.1) {
        const double step = std::abs(pose.eye_lid[0] - last.eye_lid[0]);
        const double blinks = std::abs(now_idle.eye_lid[0] - last_idle.eye_lid[0]);
        seen.fastest = std::max(seen.fastest, (step - blinks) / kPicture_s);
      }
      last = pose;
      last_idle = now_idle;
    }
  }
  return seen;
}

}  // namespace

TEST_CASE("lids that swing fast take over from a blink no faster than they swing") {
  for (const double rate : {0.5, 0.7}) {
    for (const double amplitude : {0.35, 0.6}) {
      CAPTURE(rate);
      CAPTURE(amplitude);
      Timeline timeline;
      const std::vector<Keyframe> keyframes = swinging(amplitude, rate);
      timeline.commit(*timeline.prepare(keyframes.data(), keyframes.size(), 0, -1.0), -1.0);
      const double own = amplitude * rate * kKeyframeRateHz;
      const Seen lids = seen(timeline, times(0.32, 0.8));
      CHECK(lids.fastest < 1.1 * own);
      CHECK(lids.fastest > 0.9 * own);
      CHECK(lids.highest < 1.0 + 1e-6);  // between both and rest
      CHECK(lids.lowest > -1.05 * amplitude);
    }
  }
}

TEST_CASE("lids that hardly move take over from a blink no faster than a transition goes") {
  for (const auto& [speech_s, idle_s] : {std::pair{0.6, 0.9}, std::pair{0.0, 0.5}, std::pair{0.7, 0.7}}) {
    CAPTURE(speech_s);
    CAPTURE(idle_s);
    Timeline timeline;
    const std::vector<Keyframe> keyframes = swinging(-0.2, 0.03);
    timeline.commit(*timeline.prepare(keyframes.data(), keyframes.size(), 0, -1.0), -1.0);
    const TransitionTimes transitions = times(speech_s, idle_s);
    CHECK(seen(timeline, transitions).fastest < kEaseSpeed * 1.2 / transitions.fastest_s());
  }
}

}  // namespace hostmode
