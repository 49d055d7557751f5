// Motion for the tests of a timeline, and how it is appended and looked at.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "hostmode/keyframe.h"
#include "motion/timeline.h"

namespace hostmode::testing {

inline constexpr double kBeforeStart_s = -1.0;
inline constexpr std::size_t kJaw = kJawPoseOffset;
inline constexpr std::size_t kMouth = kExpressionOffset;

inline double instant(std::size_t index) {
  return static_cast<double>(index) * kKeyframeInterval_s;
}

inline void append(Timeline& timeline, const std::vector<Keyframe>& keyframes, std::size_t first_index,
                   double playhead_s = kBeforeStart_s) {
  const auto batch = timeline.prepare(keyframes.data(), keyframes.size(), first_index, playhead_s);
  timeline.commit(*batch, playhead_s);
}

// Each while the interval that ends with the one before is on screen.
inline void append_just_in_time(Timeline& timeline, const std::vector<Keyframe>& keyframes) {
  for (std::size_t i = 0; i < keyframes.size(); ++i) {
    append(timeline, {keyframes[i]}, i, (static_cast<double>(i) - 1.5) * kKeyframeInterval_s);
  }
}

inline std::vector<float> pose_at(const Timeline& timeline, double media_s) {
  std::vector<float> pose(kKeyframeFloats);
  timeline.sample(media_s, pose.data());
  return pose;
}

inline float largest_difference(const float* a, const float* b) {
  float largest = 0;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Band-limited motion of jaw, neck and mouth, as speech has it.
inline Keyframe speech_like(double index) {
  Keyframe keyframe{};
  keyframe.jaw_pose[0] = static_cast<float>(0.1 + 0.08 * std::sin(0.9 * index));
  keyframe.neck_pose[1] = static_cast<float>(0.2 + 0.05 * std::sin(0.3 * index));
  for (std::size_t i = 0; i < 50; ++i) {
    const double rate = 0.2 + 0.02 * static_cast<double>(i);
    keyframe.expression[i] = static_cast<float>(std::sin(rate * index + static_cast<double>(i)));
  }
  return keyframe;
}

inline std::vector<Keyframe> speech_like(std::size_t first, std::size_t count) {
  std::vector<Keyframe> keyframes;
  for (std::size_t i = first; i < first + count; ++i) {
    keyframes.push_back(speech_like(static_cast<double>(i)));
  }
  return keyframes;
}

inline std::vector<Keyframe> random_jaw(std::mt19937& random, std::size_t count) {
  std::uniform_real_distribution<float> value(-1.0F, 1.0F);
  std::vector<Keyframe> keyframes(count);
  for (Keyframe& keyframe : keyframes) {
    keyframe.jaw_pose[0] = value(random);
    keyframe.eye_lid[0] = value(random);
  }
  return keyframes;
}

}  // namespace hostmode::testing
