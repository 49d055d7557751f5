// The requests of conversations that are over: a late frame of theirs is never shown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "playback/requests.h"

namespace hostmode {

class Tombstones {
 public:
  // Buries the requests of the conversation of this generation.
  void add(const Requests& requests, std::uint64_t generation) {
    for (const std::string& req_id : requests.req_ids()) {
      tombs_.push_back({req_id, requests.first(), generation});
      if (tombs_.size() > kMost) tombs_.pop_front();
    }
  }

  // Whether a message belongs to a buried request. The first message of its conversation again is the same
  // clip again: that digs its requests up.
  [[nodiscard]] bool holds(const ArrivedMessage& arrived) {
    const std::string& req_id = arrived.message.req_id;
    const auto is_its = [&req_id](const Tomb& tomb) { return tomb.req_id == req_id; };
    const auto found = std::find_if(tombs_.rbegin(), tombs_.rend(), is_its);
    if (req_id.empty() || found == tombs_.rend()) return false;
    if (!(found->first == arrived.print)) return true;
    const std::uint64_t generation = found->generation;
    const auto is_dug_up = [generation, &req_id](const Tomb& tomb) {
      return tomb.generation == generation || tomb.req_id == req_id;
    };
    tombs_.erase(std::remove_if(tombs_.begin(), tombs_.end(), is_dug_up), tombs_.end());
    return false;
  }

 private:
  static constexpr std::size_t kMost = 32;

  struct Tomb {
    std::string req_id;
    Fingerprint first;
    std::uint64_t generation;
  };
  std::deque<Tomb> tombs_;  // oldest first
};

}  // namespace hostmode
