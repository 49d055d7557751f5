// Which motion is taken: by conversation, kind, avatar and request; and motion that waits for its audio.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hostmode/message.h"
#include "hostmode/player_config.h"
#include "playback/conversations.h"
#include "playback/early_motion.h"
#include "playback/journal.h"
#include "playback/message_batch.h"

namespace hostmode {

// Whatever is refused is counted and said. Serialised by the caller.
class MotionIntake {
 public:
  MotionIntake(const PlayerConfig& config, Conversations& conversations, Journal& journal)
      : config_(config), conversations_(conversations), journal_(journal) {}

  // Whether `messages` messages with this id (null: none) are to be looked at: for `conversation` or, where
  // that is null, to be kept for the audio that opens the next one. No messages at all end the conversation's
  // motion.
  [[nodiscard]] bool route(const std::string* id, std::size_t messages, double now_s,
                           ConversationPtr& conversation);

  // Leaves in `batch` what `conversation` takes; where that is null, keeps it all itself. kBufferFull: there
  // is no room for it beside the `waiting` keyframes that have not been shown, and nothing is kept.
  [[nodiscard]] Status judge(MessageBatch& batch, Conversation* conversation, std::size_t waiting,
                             double now_s);

  // A push that was refused whole.
  void report_malformed(std::size_t message, const DecodeFailure& failure, const Conversation* conversation,
                        double now_s);

  // Keyframes from index `first` on came at media position `heard_s` of what is shown (negative: not yet).
  void count(const Conversation& conversation, std::size_t first, std::size_t keyframes, double heard_s,
             double now_s);

  // What came before the audio that has opened `conversation`.
  [[nodiscard]] std::vector<ArrivedMessage> take_early(Conversation& conversation, double now_s);
  void drop_early(double now_s);
  // Forgets early motion that no audio came for.
  void expire_early(double now_s);
  // When that happens next; infinity where nothing waits.
  [[nodiscard]] double early_expires_s() const noexcept;

 private:
  [[nodiscard]] bool accept(const ArrivedMessage& arrived, Conversation* conversation, double now_s);
  [[nodiscard]] bool is_for_another_avatar(const Message& message) const noexcept;

  const PlayerConfig& config_;
  Conversations& conversations_;
  Journal& journal_;
  EarlyMotion early_;
};

}  // namespace hostmode
