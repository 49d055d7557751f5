#include "playback/conversations.h"

namespace hostmode {

ConversationPtr Conversations::current() const noexcept {
  for (const ConversationPtr& conversation : all_) {
    if (!conversation->ended()) return conversation;
  }
  return nullptr;
}

ConversationPtr Conversations::find(const std::string& id) const noexcept {
  for (const ConversationPtr& conversation : all_) {
    if (!conversation->ended() && conversation->id == id) return conversation;
  }
  return nullptr;
}

ConversationPtr Conversations::find(std::uint64_t generation) const noexcept {
  for (const ConversationPtr& conversation : all_) {
    if (conversation->generation() == generation) return conversation;
  }
  return nullptr;
}

std::int64_t Conversations::waiting_samples() const noexcept {
  std::int64_t waiting = 0;
  for (const ConversationPtr& conversation : all_) {
    if (!conversation->ended()) waiting += conversation->stream.pushed() - conversation->stream.consumed();
  }
  return waiting;
}

ConversationPtr Conversations::open(double now_s) {
  accepting_ = std::make_shared<Conversation>(++last_generation_, ids_.next(), now_s);
  all_.push_back(accepting_);
  Stats& stats = journal_.stats();
  ++stats.conversations;
  stats.time_to_first_sound_s = -1.0;
  stats.time_to_first_motion_s = -1.0;
  return accepting_;
}

void Conversations::end(Conversation& conversation, const char* cause, double time_s) {
  if (conversation.stalled()) journal_.add_stall(false, conversation.id, time_s);
  conversation.phase = Phase::kEnded;
  if (accepting_.get() == &conversation) accepting_.reset();
  tombstones_.add(conversation.req_id);
  journal_.stats().played_s = static_cast<double>(conversation.stream.consumed()) / rate_hz_;
  journal_.add_end(cause, conversation.id, time_s);
  journal_.set_animated(false, conversation.id, time_s);
}

bool Conversations::cut_all(const char* cause, double time_s) {
  bool any = false;
  for (const ConversationPtr& conversation : all_) {
    if (conversation->ended()) continue;
    any = true;
    conversation->stream.cut();
    end(*conversation, cause, time_s);
  }
  return any;
}

}  // namespace hostmode
