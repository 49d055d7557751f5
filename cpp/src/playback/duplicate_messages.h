// A message that comes twice.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <vector>

#include "playback/arrived_message.h"

namespace hostmode {

// The messages that a request has brought. Thread-safe: no. Realtime-safe: no.
class DuplicateMessages {
 public:
  // Whether the message has come before; it is remembered. One that may be like another by chance or by
  // rights is none.
  [[nodiscard]] bool take(const ArrivedMessage& arrived) {
    if (arrived.message.keyframes.size() < kFewestKeyframes || !moves(arrived.message)) return false;
    if (std::find(brought_.begin(), brought_.end(), arrived.print) != brought_.end()) return true;
    brought_.push_back(arrived.print);
    if (brought_.size() > kMostBrought) brought_.pop_front();
    return false;
  }

  // Another request begins.
  void clear() noexcept { brought_.clear(); }

 private:
  // A message of fewer keyframes may be like another by chance.
  static constexpr std::size_t kFewestKeyframes = 5;
  // Of the messages that are remembered: 20 minutes of the shortest that can be duplicates.
  static constexpr std::size_t kMostBrought = 6000;

  // One that does not may be like another by rights.
  [[nodiscard]] static bool moves(const Message& message) noexcept {
    const std::vector<Keyframe>& keyframes = message.keyframes;
    return std::any_of(keyframes.begin(), keyframes.end(), [&keyframes](const Keyframe& keyframe) {
      // As they came: what compares equal but was sent otherwise moves.
      // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
      return std::memcmp(&keyframe, &keyframes.front(), sizeof keyframe) != 0;
    });
  }

  std::deque<Fingerprint> brought_;  // oldest first
};

}  // namespace hostmode
