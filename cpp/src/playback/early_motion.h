// Motion that came before the audio that opens its conversation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "playback/arrived_message.h"

namespace hostmode {

class EarlyMotion {
 public:
  struct Entry {
    std::string req_id;
    double arrived_s = 0.0;
    std::vector<ArrivedMessage> messages;
  };

  [[nodiscard]] std::size_t keyframe_count() const noexcept {
    std::size_t held = 0;
    for (const Entry& entry : entries_) {
      for (const ArrivedMessage& arrived : entry.messages) held += arrived.message.keyframes.size();
    }
    return held;
  }

  void add(ArrivedMessage&& arrived, double now_s) {
    const std::string& req_id = arrived.message.req_id;
    if (entries_.empty() || entries_.back().req_id != req_id) {
      Entry entry;
      entry.req_id = req_id;
      const auto same = [&entry](const Entry& other) { return other.req_id == entry.req_id; };
      const auto found = std::find_if(entries_.begin(), entries_.end(), same);
      if (found != entries_.end()) {
        entry = std::move(*found);
        entries_.erase(found);
      }
      entries_.push_back(std::move(entry));
    }
    entries_.back().arrived_s = now_s;
    entries_.back().messages.push_back(std::move(arrived));
  }

  // Forgets what is older than `expiry_s`; returns how many messages that were.
  std::size_t expire(double now_s, double expiry_s) {
    std::size_t expired = 0;
    while (!entries_.empty() && now_s - entries_.front().arrived_s > expiry_s) {
      expired += entries_.front().messages.size();
      entries_.pop_front();
    }
    return expired;
  }

  // The motion of the newest req_id; the rest is forgotten.
  [[nodiscard]] std::vector<ArrivedMessage> take_newest() {
    std::vector<ArrivedMessage> messages;
    if (!entries_.empty()) messages = std::move(entries_.back().messages);
    entries_.clear();
    return messages;
  }

  // Forgets everything; returns how many messages that were.
  std::size_t clear() noexcept {
    std::size_t cleared = 0;
    for (const Entry& entry : entries_) cleared += entry.messages.size();
    entries_.clear();
    return cleared;
  }

  // When the oldest of it came; not for an empty one.
  [[nodiscard]] double oldest_s() const noexcept { return entries_.front().arrived_s; }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

 private:
  std::deque<Entry> entries_;  // oldest arrival first
};

}  // namespace hostmode
