// The conversations of a player: which one takes audio, which one is heard, which may be forgotten.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>

#include "playback/conversation.h"
#include "playback/conversation_id.h"
#include "playback/journal.h"
#include "playback/tombstones.h"

namespace hostmode {

// Serialised by the caller.
class Conversations {
 public:
  Conversations(double rate_hz, Journal& journal) : rate_hz_(rate_hz), journal_(journal) {}

  // The one that audio without an id goes to, or null.
  [[nodiscard]] const ConversationPtr& accepting() const noexcept { return accepting_; }
  // The oldest that has not ended, or null.
  [[nodiscard]] ConversationPtr current() const noexcept;
  // That of an id, where it has not ended; that of a generation, ended or not; or null.
  [[nodiscard]] ConversationPtr find(const std::string& id) const noexcept;
  [[nodiscard]] ConversationPtr find(std::uint64_t generation) const noexcept;
  // Oldest first; ended ones stay while they can be heard or seen.
  [[nodiscard]] const std::deque<ConversationPtr>& all() const noexcept { return all_; }

  // Samples pushed and not yet handed to the device, of all.
  [[nodiscard]] std::int64_t waiting_samples() const noexcept;

  // A new one, which takes the audio from now on.
  [[nodiscard]] ConversationPtr open(double now_s);
  // No more audio for the one that takes it.
  void stop_accepting() noexcept { accepting_.reset(); }

  // Reports a conversation's end, once, and buries its request.
  void end(Conversation& conversation, const char* cause, double time_s);
  // Cuts off and ends whatever goes on; false where nothing did.
  bool cut_all(const char* cause, double time_s);

  [[nodiscard]] const Tombstones& tombstones() const noexcept { return tombstones_; }

  // Forgets the ended ones whose stream is back, of which `may_forget(conversation)` holds too.
  template <typename MayForget>
  void release(MayForget may_forget) {
    if (all_.empty() || !all_.front()->ended()) return;
    const auto over = [&may_forget](const ConversationPtr& conversation) {
      return conversation->ended() && conversation->returned() && may_forget(*conversation);
    };
    all_.erase(std::remove_if(all_.begin(), all_.end(), over), all_.end());
  }
  [[nodiscard]] bool holds_ended() const noexcept { return !all_.empty() && all_.front()->ended(); }

 private:
  const double rate_hz_;
  Journal& journal_;
  ConversationIdGenerator ids_;
  std::deque<ConversationPtr> all_;
  ConversationPtr accepting_;
  Tombstones tombstones_;
  std::uint64_t last_generation_ = 0;
};

}  // namespace hostmode
