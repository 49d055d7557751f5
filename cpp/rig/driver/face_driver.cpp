#include "driver/face_driver.h"

#include <algorithm>
#include <cmath>

#include "driver/curves.h"
#include "driver/own_motion.h"

namespace hostmode {
namespace {

// The lips are where the sound will be: they need this long to get there.
constexpr double kSoundAhead_s = 0.01;

// The fastest that a mouth opens or closes, of its whole way a second: a jaw needs some 80 ms.
constexpr float kSlew_hz = 12.0F;
constexpr int kSlewFrames = 9;  // hundredths of a second in which it goes all the way

// Degrees that the head shows of what the stream sends: the built-in neck is longer than FLAME's.
constexpr float kNeckScale = 1.15F;
// How much of the head's turn the eyes take back, to stay with whom they look at.
constexpr float kGazeHolds = 0.75F;
constexpr float kLidsFollowGaze = 1.6F;

struct Mouth {
  float open = 0.0F;
  float round = 0.0F;
  float spread = 0.0F;
  float closed = 0.0F;
};

// Where the motion is on its two axes, in its own spreads: 0 is its middle.
struct MotionShape {
  float opening = 0.0F;
  float rounding = 0.0F;
};

MotionShape shape_of(const FaceMoment& moment, const MotionUsual& usual) noexcept {
  if (moment.motion == nullptr || moment.motion->empty()) return {};
  const float* pose = moment.mouth_pose != nullptr ? moment.mouth_pose : moment.pose;
  const float here = moment.presence;
  const float axis = (along(kOpeningAxis, pose) - here * usual.opening_middle) / usual.opening_spread;
  const float jaw = (jaw_of(pose) - here * usual.jaw_middle) / usual.jaw_spread;
  return {mix(axis, jaw, usual.jaw_share),
          (along(kRoundingAxis, pose) - here * usual.rounding_middle) / usual.rounding_spread};
}

float opening_of(const SoundShape& sound, float motion) noexcept {
  const float open = sound.gate * 0.70F * sound.opening * (1.0F + 0.34F * std::clamp(motion, -1.6F, 1.8F));
  return unit(open) * (1.0F - 0.92F * sound.closing);
}

// The widest opening that moves at no more than kSlew_hz and is nowhere wider than the sound lets it be.
// Closures stay what they are; what opens late and shuts early is the mouth around them.
float slewed_opening(const SoundTrack& sound, double media_s, float motion) noexcept {
  float open = 1.0F;
  for (int frame = -kSlewFrames; frame <= kSlewFrames; ++frame) {
    const double away_s = frame / SoundTrack::kRate_hz;
    const float there = opening_of(sound.at(media_s + away_s), motion);
    open = std::min(open, there + kSlew_hz * static_cast<float>(std::abs(away_s)));
  }
  return open;
}

Mouth mouth_from_sound(const FaceMoment& moment, const MotionUsual& usual) noexcept {
  const double media_s = moment.media_s + kSoundAhead_s;
  const SoundShape sound = moment.sound->at(media_s);
  const MotionShape motion = shape_of(moment, usual);
  Mouth mouth;
  mouth.spread =
      unit(sound.gate * (0.26F * std::max(-sound.rounding, 0.0F) + 0.30F * std::max(-motion.rounding, 0.0F)));
  mouth.round =
      unit(sound.gate * (0.34F * std::max(sound.rounding, 0.0F) + 0.32F * std::max(motion.rounding, 0.0F))) *
      (1.0F - 0.6F * mouth.spread);
  mouth.open = slewed_opening(*moment.sound, media_s, motion.opening);
  mouth.closed = sound.closing * sound.gate;
  return mouth;
}

// Without sound the axes have to do: no closure, and less of everything.
Mouth mouth_from_motion(const float* pose) noexcept {
  const float rounding = along(kRoundingAxis, pose);
  Mouth mouth;
  mouth.open = unit(0.40F * std::max(along(kOpeningAxis, pose), 0.0F));
  const float gate = smooth_step(0.0F, 0.25F, mouth.open);
  mouth.round = unit(gate * 0.40F * std::max(rounding, 0.0F));
  mouth.spread = unit(gate * 0.36F * std::max(-rounding, 0.0F));
  return mouth;
}

// Whether a pose says itself where the mouth is: the sound is in it already.
bool is_own_moment(const FaceMoment& moment) noexcept {
  const bool has_motion = moment.motion != nullptr && !moment.motion->empty();
  return own_share(moment.pose) > 0.0F && (!has_motion || moment.motion->own());
}

Mouth mouth_as_written(const float* pose) noexcept {
  const float opening = kOwnRead * along(kOpeningAxis, pose);
  const float rounding = kOwnRead * along(kRoundingAxis, pose);
  Mouth mouth;
  mouth.open = unit(opening);
  mouth.closed = unit(-opening);
  mouth.round = unit(rounding);
  mouth.spread = unit(-rounding);
  return mouth;
}

void set_both(Face& face, arkit::Index left, arkit::Index right, float weight) noexcept {
  face.weights[left] = weight;
  face.weights[right] = weight;
}

void shape_mouth(Face& face, const Mouth& mouth) noexcept {
  using namespace arkit;
  auto& w = face.weights;
  const auto [open, round, spread, closed] = mouth;
  w[jawOpen] = 0.50F * open * (1.0F - 0.35F * round);
  w[mouthPucker] = 0.78F * round;
  w[mouthFunnel] = 0.50F * round * std::min(1.0F, 0.35F + open);
  w[mouthRollLower] = 0.40F * closed;
  w[mouthRollUpper] = 0.22F * closed;
  set_both(face, mouthLowerDownLeft, mouthLowerDownRight, 0.34F * open * (1.0F - 0.5F * round));
  set_both(face, mouthUpperUpLeft, mouthUpperUpRight,
           0.30F * open * (1.0F - 0.4F * round) + 0.20F * spread * std::min(1.0F, 2.0F * open));
  set_both(face, mouthStretchLeft, mouthStretchRight, 0.20F * spread);
  // A trace of a smile always: the corners of this mouth look stern without it.
  set_both(face, mouthSmileLeft, mouthSmileRight, 0.10F + 0.38F * spread * (1.0F - 0.5F * closed));
  set_both(face, mouthDimpleLeft, mouthDimpleRight, 0.15F * spread);
  set_both(face, mouthPressLeft, mouthPressRight, 0.30F * closed);
  set_both(face, cheekSquintLeft, cheekSquintRight, 0.05F + 0.25F * spread);
  set_both(face, eyeSquintLeft, eyeSquintRight, 0.06F + 0.15F * spread);
}

void shape_brows(Face& face, float brows) noexcept {
  using namespace arkit;
  face.weights[browInnerUp] = 0.06F + 0.82F * brows;
  set_both(face, browOuterUpLeft, browOuterUpRight, 0.04F + 0.75F * brows);
  set_both(face, eyeWideLeft, eyeWideRight, 0.27F * brows);
}

// The head drifts a little whatever the stream sends; nobody holds it still.
std::array<float, 3> sway(double now_s) noexcept {
  const auto wave = [now_s](double rad_s, double phase) {
    return static_cast<float>(std::sin(rad_s * now_s + phase));
  };
  return {0.010F * wave(0.9, 0.7) + 0.004F * wave(2.1, 2.9),
          0.012F * wave(0.62, 4.1) + 0.004F * wave(1.7, 1.3), 0.006F * wave(0.5, 5.6)};
}

void turn_head(Face& face, const FaceMoment& moment, const MotionUsual& usual) noexcept {
  using namespace arkit;
  const std::array<float, 3> drift = sway(moment.now_s);
  std::array<float, 3> head{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    head[axis] =
        kNeckScale * (moment.pose[kNeckPoseOffset + axis] - moment.presence * usual.neck[axis]) + drift[axis];
    // Half each: the neck bends in two places.
    face.joints[axis] = face.joints[3 + axis] = 0.5F * head[axis];
  }
  auto& w = face.weights;
  struct Eye {
    std::size_t pose, joint;
    Index blink, down, up, in, out, squint, wide;
    float inwards;  // the sign of a turn towards the nose
  };
  constexpr Eye kEyes[] = {{kEyePoseOffset, 6, eyeBlinkLeft, eyeLookDownLeft, eyeLookUpLeft, eyeLookInLeft,
                            eyeLookOutLeft, eyeSquintLeft, eyeWideLeft, -1.0F},
                           {kEyePoseOffset + 3, 9, eyeBlinkRight, eyeLookDownRight, eyeLookUpRight,
                            eyeLookInRight, eyeLookOutRight, eyeSquintRight, eyeWideRight, 1.0F}};
  for (std::size_t side = 0; side < 2; ++side) {
    const Eye& eye = kEyes[side];
    const float pitch = moment.pose[eye.pose] - kGazeHolds * head[0];
    const float yaw = moment.pose[eye.pose + 1] - kGazeHolds * head[1];
    face.joints[eye.joint] = pitch;
    face.joints[eye.joint + 1] = yaw;
    const float blink = unit(moment.pose[kEyeLidOffset + side]);
    const float seen = 1.0F - blink;
    w[eye.blink] = blink;
    w[eye.up] = unit(-kLidsFollowGaze * pitch) * seen;
    w[eye.down] = unit(kLidsFollowGaze * pitch) * seen;
    w[eye.in] = unit(eye.inwards * yaw) * seen;
    w[eye.out] = unit(-eye.inwards * yaw) * seen;
    w[eye.squint] *= seen;
    w[eye.wide] *= seen;
  }
}

void apply_map(Face& face, const FaceMoment& moment) noexcept {
  const FaceMap& map = *moment.map;
  std::array<float, kKeyframeFloats> pose{};
  std::copy_n(moment.mouth_pose != nullptr ? moment.mouth_pose : moment.pose, kKeyframeFloats, pose.begin());
  if (map.centred && moment.motion != nullptr) {
    const std::array<float, kKeyframeFloats> middle = moment.motion->middle_at(moment.media_s);
    for (std::size_t k = 0; k < kKeyframeFloats; ++k) pose[k] -= moment.presence * middle[k];
  }
  for (std::size_t i = 0; i < face.weights.size(); ++i) {
    float sum = map.offset[i];
    for (std::size_t k = 0; k < kKeyframeFloats; ++k) sum += map.matrix[i][k] * pose[k];
    face.weights[i] = unit(sum);
  }
}

}  // namespace

Face drive_face(const FaceMoment& moment) noexcept {
  Face face;
  const MotionUsual usual = moment.motion != nullptr ? moment.motion->at(moment.media_s) : MotionUsual{};
  const bool has_motion = moment.motion != nullptr && !moment.motion->empty();
  if (moment.map != nullptr) {
    apply_map(face, moment);
  } else {
    const bool own = is_own_moment(moment);
    Mouth mouth;
    if (own) {
      mouth = mouth_as_written(moment.pose);
    } else if (moment.sound == nullptr) {
      mouth = mouth_from_motion(moment.pose);
    } else if (moment.media_s >= 0 && (has_motion || moment.mouth_from_sound)) {
      mouth = mouth_from_sound(moment, usual);
    }
    shape_mouth(face, mouth);
    shape_brows(face, own ? unit(moment.pose[kOwnBrowsIndex] / kOwnMark) : usual.brows * moment.presence);
  }
  turn_head(face, moment, usual);
  return face;
}

}  // namespace hostmode
