// What is usual in the motion of one conversation: what the driver measures a pose against.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

#include "driver/expression_axes.h"
#include "driver/sound_track.h"
#include "hostmode/keyframe.h"

namespace hostmode {

// All at one keyframe. The middles follow the motion with a time constant of 6 s, the spreads with 4 s.
struct MotionUsual {
  float opening_middle = 0.0F;
  float opening_spread = 1.0F;
  float rounding_middle = 0.0F;
  float rounding_spread = 1.0F;
  float jaw_middle = 0.0F;
  float jaw_spread = 1.0F;
  float jaw_share = 0.0F;       // how much of the opening is read from the jaw in place of the axis, 0 to 1
  std::array<float, 3> neck{};  // the avatar's own bearing, rotation vector in radians
  float brows = 0.0F;           // how lively the upper face is, 0 to 1.1
  float lag_s = 0.0F;           // by how much the motion runs ahead of the sound it belongs to
};

// Computed when motion is pushed. Serialised by the caller. Not realtime-safe, except at().
class MotionTrack {
 public:
  // `keyframes`: `count` times 120 floats, the next ones of the conversation. `sound` is that of the same
  // conversation as far as it is known.
  void push(const float* keyframes, std::size_t count, const SoundTrack& sound);

  // Whether all of it is hostmode's own: then nothing is learned from it.
  [[nodiscard]] bool own() const noexcept { return own_; }

  [[nodiscard]] bool empty() const noexcept { return usual_.empty(); }
  [[nodiscard]] double last_keyframe_s() const noexcept;

  // Between keyframes linearly; the first and the last hold outside.
  [[nodiscard]] MotionUsual at(double media_s) const noexcept;

  // The middle of each of the 120 values, kept once a second; between those linearly.
  [[nodiscard]] std::array<float, kKeyframeFloats> middle_at(double media_s) const noexcept;

 private:
  void begin(const float* keyframes, std::size_t count);
  void follow(const float* keyframe);
  [[nodiscard]] float liveliness(const float* keyframe);
  void learn(const SoundTrack& sound, bool unseen);

  bool own_ = false;
  MotionUsual now_;
  float opening_variance_ = 0.0F;
  float rounding_variance_ = 0.0F;
  float jaw_variance_ = 0.0F;
  float brows_slewed_ = 0.0F;
  float speed_ = 0.0F;
  std::array<float, kMovingExpressions> before_{};
  std::deque<float> speeds_;  // of the last 6 s
  bool learned_ = false;
  std::vector<float> openings_;
  std::vector<float> jaws_;
  std::vector<MotionUsual> usual_;
  std::array<float, kKeyframeFloats> middle_{};
  std::vector<std::array<float, kKeyframeFloats>> middles_;
};

}  // namespace hostmode
