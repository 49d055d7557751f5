// From a pose, and the sound it is seen with, to the expressions of ARKit and the joints of a head.
#pragma once

#include <array>
#include <cstddef>

#include "driver/arkit.h"
#include "driver/motion_track.h"
#include "driver/sound_track.h"

namespace hostmode {

enum class FaceJoint : std::size_t { kNeck, kHead, kLeftEye, kRightEye, kCount };

struct Face {
  std::array<float, arkit::kCount> weights{};                                   // 0 to 1
  std::array<float, 3 * static_cast<std::size_t>(FaceJoint::kCount)> joints{};  // rotation vectors, radians
};

// The user's own way from a keyframe to ARKit's expressions: matrix times pose plus offset, between 0 and 1.
// Where it is centred, the pose less what is usual in the conversation.
struct FaceMap {
  std::array<std::array<float, kKeyframeFloats>, arkit::kCount> matrix;
  std::array<float, arkit::kCount> offset;
  bool centred = false;
};

// One instant of one conversation, or of none.
struct FaceMoment {
  const float* pose = nullptr;          // 120 floats: what is seen
  const float* mouth_pose = nullptr;    // the same, earlier by MotionUsual::lag_s
  double now_s = 0.0;                   // of any clock: the head sways with it
  double media_s = -1.0;                // of the conversation; below 0: none is heard
  float presence = 0.0F;                // how much of the pose is the conversation's motion, 0 to 1
  const SoundTrack* sound = nullptr;    // null: nothing is known of it
  const MotionTrack* motion = nullptr;  // null: likewise
  const FaceMap* map = nullptr;         // null: the built-in way
  bool mouth_from_sound = true;         // in conversations without motion, too
};

// A pure function: any moment can be asked for, again and in any order.
// Thread-safe: yes. Realtime-safe: yes.
[[nodiscard]] Face drive_face(const FaceMoment& moment) noexcept;

}  // namespace hostmode
