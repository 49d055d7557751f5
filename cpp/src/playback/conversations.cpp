#include "playback/conversations.h"

#include <utility>

namespace hostmode {

namespace {

// Pauses of one answer that the watchdog may end.
constexpr std::size_t kMostGivenUp = 8;

const char* name_of(EndCause cause) noexcept {
  switch (cause) {
    case EndCause::kPlaybackEnd:
      return "playback_end";
    case EndCause::kInterrupted:
      return "interrupted";
    case EndCause::kReplaced:
      return "replaced";
    case EndCause::kWatchdog:
      break;
  }
  return "watchdog";
}

}  // namespace

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

ConversationPtr Conversations::taking_motion(const std::string& id) const noexcept {
  if (ConversationPtr conversation = find(id)) return conversation;
  for (const ConversationPtr& conversation : all_) {
    const std::vector<std::string>& ids = conversation->goes_on_with;
    if (!conversation->ended() && std::find(ids.begin(), ids.end(), id) != ids.end()) return conversation;
  }
  return nullptr;
}

ConversationPtr Conversations::accepting(const std::string& id) const noexcept {
  const ConversationPtr conversation = find(id);
  return conversation == nullptr || conversation->stream.closed() ? nullptr : conversation;
}

std::int64_t Conversations::waiting_frames() const noexcept {
  std::int64_t waiting = 0;
  for (const ConversationPtr& conversation : all_) {
    if (!conversation->ended()) waiting += conversation->stream.pushed() - conversation->stream.consumed();
  }
  return waiting;
}

ConversationPtr Conversations::open(int pcm_rate_hz, std::shared_ptr<const FilterBank> conversion,
                                    double now_s) {
  accepting_ = std::make_shared<Conversation>(++last_generation_, ids_.next(), pcm_rate_hz,
                                              std::move(conversion), now_s);
  accepting_->goes_on_with = std::exchange(given_up_, {}).ids;
  all_.push_back(accepting_);
  Stats& stats = journal_.stats();
  ++stats.conversations;
  stats.time_to_first_sound_s.reset();
  stats.time_to_first_motion_s.reset();
  return accepting_;
}

void Conversations::end(Conversation& conversation, EndCause cause, std::int64_t played, double time_s) {
  if (conversation.stalled()) journal_.add_stall(false, conversation.id, time_s);
  if (conversation.underrun_since_s) {
    journal_.add_underrun_end(conversation.id, time_s, time_s - *conversation.underrun_since_s);
  }
  stop_accepting(conversation);
  // A sender that was silent for too long is no late one.
  if (cause != EndCause::kWatchdog) {
    tombstones_.add(conversation.requests, conversation.generation());
  }
  given_up_ = {};
  if (cause == EndCause::kWatchdog && !conversation.is_turn && !conversation.motion_ended()) {
    given_up_ = {conversation.goes_on_with, conversation.requests, conversation.generation()};
    if (given_up_.ids.size() == kMostGivenUp) given_up_.ids.erase(given_up_.ids.begin());
    given_up_.ids.push_back(conversation.id);
  }
  conversation.phase = Phase::kEnded;
  const double played_s = static_cast<double>(played) / rate_hz_;
  journal_.stats().played_s = played_s;
  journal_.add_end(name_of(cause), conversation.id, time_s, played_s);
}

std::optional<double> Conversations::cut_all(EndCause cause, double time_s) {
  if (cause == EndCause::kInterrupted) {
    const GivenUp silent = std::exchange(given_up_, {});
    tombstones_.add(silent.requests, silent.generation);
  }
  std::optional<double> heard_s;
  for (const ConversationPtr& conversation : all_) {
    if (conversation->ended()) continue;
    const std::int64_t played = conversation->stream.cut();
    end(*conversation, cause, played, time_s);
    journal_.set_animated(false, conversation->id, time_s);
    if (!heard_s) heard_s = static_cast<double>(played) / rate_hz_;
  }
  return heard_s;
}

}  // namespace hostmode
