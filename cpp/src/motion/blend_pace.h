// How long each value of a blend takes, so that none moves faster than speech may.
#pragma once

#include "hostmode/keyframe.h"

namespace hostmode {

// A difference of a value that nobody can see.
inline constexpr float kInvisible = 1e-6F;

// The blend's offset is added to speech that goes on, so the two together should not be faster than 1.5 times
// its fastest ordinary step (`step`, a keyframe interval; 0 where nothing is known) or than an offset decays
// in a transition: values of which that is known and that cannot do with `duration_s` take longer, at most a
// transition. Sets by what the duration is to be divided, value by value (120 floats), and returns the
// longest time, in seconds. Thread-safe: yes. Realtime-safe: yes.
double pace_blend(const float* offset, const Keyframe& step, double duration_s, double transition_s,
                  float* pace) noexcept;

}  // namespace hostmode
