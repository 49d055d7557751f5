#include "playback/requests.h"

#include <algorithm>

namespace hostmode {
namespace {

// A message of fewer keyframes may be like another by chance, and one that does not move by rights.
constexpr std::size_t kFewestKeyframes = 5;
// Of the messages brought that are remembered: 20 minutes of the shortest that can be duplicates.
constexpr std::size_t kMostBrought = 6000;

bool moves(const Message& message) noexcept {
  const std::vector<Keyframe>& keyframes = message.keyframes;
  return std::any_of(keyframes.begin(), keyframes.end(), [&keyframes](const Keyframe& keyframe) {
    // As they came: what compares equal but was sent otherwise moves.
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
    return std::memcmp(&keyframe, &keyframes.front(), sizeof keyframe) != 0;
  });
}

}  // namespace

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
  if (was_brought(arrived)) return Verdict::kDuplicate;
  if (first_.size == 0) first_ = arrived.print;
  if (message.end) {
    complete_ = true;
    pinned_ended_ = pinned_ended_ || !message.req_id.empty();
  }
  return Verdict::kTaken;
}

bool Requests::was_brought(const ArrivedMessage& arrived) {
  if (arrived.message.keyframes.size() < kFewestKeyframes || !moves(arrived.message)) return false;
  if (std::find(brought_.begin(), brought_.end(), arrived.print) != brought_.end()) return true;
  brought_.push_back(arrived.print);
  if (brought_.size() > kMostBrought) brought_.pop_front();
  return false;
}

}  // namespace hostmode
