// The messages of one push, decoded.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "hostmode/byte_view.h"
#include "hostmode/message.h"
#include "playback/arrived_message.h"

namespace hostmode {

// Reusable: its messages keep their memory.
class MessageBatch {
 public:
  // Decodes them all, but for empty ones, which are skipped. On any status other than kOk `failed_message`
  // and `failure` say which one is at fault, and why.
  [[nodiscard]] Status decode(const ByteView* messages, std::size_t count, std::size_t& failed_message,
                              DecodeFailure& failure) {
    count_ = 0;
    empty_ = 0;
    if (messages_.size() < count) messages_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (messages[i].size == 0) {
        ++empty_;
        continue;
      }
      ArrivedMessage& arrived = messages_[count_];
      const Status status = decode_message(messages[i].data, messages[i].size, arrived.message, failure);
      if (status != Status::kOk) {
        failed_message = i;
        return status;
      }
      arrived.print = fingerprint(messages[i]);
      ++count_;
    }
    return Status::kOk;
  }

  [[nodiscard]] std::size_t empty_messages() const noexcept { return empty_; }
  [[nodiscard]] std::size_t keyframe_count() const noexcept {
    std::size_t keyframes = 0;
    for (std::size_t i = 0; i < count_; ++i) keyframes += messages_[i].message.keyframes.size();
    return keyframes;
  }
  // Drops the messages that `keeps(message)` is false for.
  template <typename Keeps>
  void keep_if(Keeps keeps) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (keeps(messages_[i])) std::swap(messages_[kept++], messages_[i]);
    }
    count_ = kept;
  }

  [[nodiscard]] ArrivedMessage* begin() noexcept { return messages_.data(); }
  [[nodiscard]] ArrivedMessage* end() noexcept { return messages_.data() + count_; }

 private:
  std::vector<ArrivedMessage> messages_;
  std::size_t count_ = 0;
  std::size_t empty_ = 0;
};

}  // namespace hostmode
