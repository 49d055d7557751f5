#include "playback/requests.h"

#include <algorithm>

namespace hostmode {

Verdict Requests::take(const ArrivedMessage& arrived) {
  const Message& message = arrived.message;
  if (!message.req_id.empty()) {
    const bool is_pinned = !req_ids_.empty() && req_ids_.back() == message.req_id;
    const bool is_known = std::find(req_ids_.begin(), req_ids_.end(), message.req_id) != req_ids_.end();
    if (is_known && (!is_pinned || pinned_ended_)) return Verdict::kAfterEnd;
    if (!is_known) {
      if (!req_ids_.empty() && !pinned_ended_) return Verdict::kOtherRequest;
      req_ids_.push_back(message.req_id);
      pinned_ended_ = false;
      complete_ = false;
      brought_.clear();
    }
  }
  if (brought_.take(arrived)) return Verdict::kDuplicate;
  if (first_.size == 0) first_ = arrived.print;
  if (message.end) {
    complete_ = true;
    pinned_ended_ = pinned_ended_ || !message.req_id.empty();
  }
  return Verdict::kTaken;
}

}  // namespace hostmode
