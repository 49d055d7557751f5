// The requests of conversations that are over: a late frame of theirs is never shown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>

namespace hostmode {

class Tombstones {
 public:
  void add(const std::string& req_id) {
    if (req_id.empty()) return;
    req_ids_.push_back(req_id);
    if (req_ids_.size() > kMost) req_ids_.pop_front();
  }

  [[nodiscard]] bool contains(const std::string& req_id) const noexcept {
    return !req_id.empty() && std::find(req_ids_.begin(), req_ids_.end(), req_id) != req_ids_.end();
  }

 private:
  static constexpr std::size_t kMost = 32;

  std::deque<std::string> req_ids_;  // oldest first
};

}  // namespace hostmode
