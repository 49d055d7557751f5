// The conversations of a player: which one takes audio, which one is heard, which may be forgotten.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

  // The one that motion with an id goes to, or null: that of the id, or the one that goes on with it. Where
  // the watchdog gave a conversation up in mid-answer, the next one that sound opens goes on with it, because
  // an agent that was silent for too long still gives the id it was told.
  [[nodiscard]] ConversationPtr taking_motion(const std::string& id) const noexcept;

  // Frames pushed and not yet handed to the device, of all.
  [[nodiscard]] std::int64_t waiting_frames() const noexcept;

  [[nodiscard]] std::string new_id() { return ids_.next(); }

  // A new one, which takes the audio from now on.
  [[nodiscard]] ConversationPtr open(int pcm_rate_hz, std::shared_ptr<const FilterBank> conversion,
                                     double now_s);
  // That of an id, while it still takes audio, or null.
  [[nodiscard]] ConversationPtr accepting(const std::string& id) const noexcept;
  // No more audio for this one.
  void stop_accepting(const Conversation& conversation) noexcept {
    if (accepting_.get() == &conversation) accepting_.reset();
  }

  // Reports a conversation's end, once, and buries its request. `played` of its samples are heard.
  void end(Conversation& conversation, EndCause cause, std::int64_t played, double time_s);
  // Cuts off and ends whatever goes on; an interrupt also what the watchdog gave up. Returns the seconds of
  // the current one that will have been heard when it is silent; nothing where none went on.
  std::optional<double> cut_all(EndCause cause, double time_s);

  [[nodiscard]] Tombstones& tombstones() noexcept { return tombstones_; }

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
  // What the watchdog ended in mid-answer: ids by which the next conversation is known too.
  struct GivenUp {
    std::vector<std::string> ids;
    Requests requests;  // of the last of them
    std::uint64_t generation = 0;
  };
  GivenUp given_up_;
  std::uint64_t last_generation_ = 0;
};

}  // namespace hostmode
