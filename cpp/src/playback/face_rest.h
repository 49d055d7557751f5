// When the face that shows a conversation's motion is said to be at rest: what on_animation_state tells.
#pragma once

#include <limits>

#include "motion/face_delay.h"

namespace hostmode {

// What decides, in media seconds of the conversation.
struct FaceOutlook {
  double runs_out_s = 0.0;     // from here on no motion is known
  double sound_end_s = 0.0;    // as far as sound is known
  bool all_is_in = false;      // the end of the sound and that of the motion
  bool another_moves = false;  // a conversation with motion waits for this one to end
};

// Motion that is missing for less is late, not over: a face delay makes up for as much.
inline constexpr double kHitch_s = FaceDelay::kMost_s;

// From which media position on the face is at rest. It eases towards idle from where motion runs out; that is
// told at once where nothing can follow, never where another conversation's motion follows within a hitch.
[[nodiscard]] constexpr double rests_from_s(const FaceOutlook& face) noexcept {
  if (!face.all_is_in) return face.runs_out_s + kHitch_s;
  const bool goes_on = face.another_moves && face.sound_end_s - face.runs_out_s <= kHitch_s;
  return goes_on ? std::numeric_limits<double>::infinity() : face.runs_out_s;
}

}  // namespace hostmode
