// Where the sound of a conversation waits for its face.
#pragma once

#include "playback/conversation.h"

namespace hostmode {

// Plans the next rest of the conversation's sound, or none: in a pause of its speech, where the face would be
// more than 125 ms behind (ITU-R BT.1359: noticeable), and as long as it would be. Not where no more motion
// is to come, nor before the last words.
void plan_rest(Conversation& conversation, double rate_hz);

}  // namespace hostmode
