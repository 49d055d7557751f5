#include "playback/playout.h"

namespace hostmode {

void Playout::take_back(const Conversations& conversations) {
  while (SampleQueue* stream = renderer_.take_back()) {
    --streams_out_;
    if (const ConversationPtr conversation = conversations.find(stream->generation())) {
      conversation->place = StreamPlace::kReturned;
    }
  }
}

void Playout::hand_over(const Conversations& conversations) {
  for (const ConversationPtr& conversation : conversations.all()) {
    if (streams_out_ == kMaxStreams) return;
    if (conversation->place != StreamPlace::kHere) continue;
    if (conversation->stream.is_cut()) {
      conversation->place = StreamPlace::kReturned;
      continue;
    }
    conversation->place = StreamPlace::kWithAudioThread;
    ++streams_out_;
    renderer_.hand_over(&conversation->stream);
  }
}

}  // namespace hostmode
