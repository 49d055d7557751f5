// What will be heard after everything that the device has been given, as far as that is known.
#pragma once

#include <cstdint>
#include <vector>

#include "playback/conversations.h"
#include "sound/segment.h"

namespace hostmode {

// The segments that follow `latest`, from device frame `rendered` on, where nothing more is pushed, paused or
// cut: the sound that waits, motion that outlasts it, what is queued behind it, which does not wait for such
// motion where at `now_s`, the time of the audio side, it may start. Not known is when a conversation starts
// that waits for data, when one goes on that is paused, stalled or dry, and where one ends whose motion may
// go on.
void foresee(const Conversations& conversations, bool paused, const Segment& latest, std::int64_t rendered,
             double now_s, std::vector<Segment>& segments);

}  // namespace hostmode
