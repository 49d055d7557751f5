// The requests whose motion a conversation shows, one after the other, and which messages they have brought.
#pragma once

#include <string>
#include <vector>

#include "playback/arrived_message.h"
#include "playback/duplicate_messages.h"

namespace hostmode {

enum class Verdict {
  kTaken,
  kOtherRequest,  // while the pinned one goes on
  kAfterEnd,      // of a request whose end is in
  kDuplicate,     // sent again
};

// The first request seen is pinned; once its end is in, another one goes on. Messages that name none are
// never pinned.
class Requests {
 public:
  // What becomes of a message; what is taken is remembered.
  [[nodiscard]] Verdict take(const ArrivedMessage& arrived);

  // The final message of the latest request is in.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  // In the order of their beginning.
  [[nodiscard]] const std::vector<std::string>& req_ids() const noexcept { return req_ids_; }
  // The first message that the conversation was given.
  [[nodiscard]] const Fingerprint& first() const noexcept { return first_; }

 private:
  std::vector<std::string> req_ids_;  // the last one is pinned
  bool pinned_ended_ = false;
  bool complete_ = false;
  Fingerprint first_;
  DuplicateMessages brought_;  // by the last one
};

}  // namespace hostmode
