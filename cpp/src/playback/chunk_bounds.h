// Where one chunk of a conversation's audio ends and the next begins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>

namespace hostmode {

// An agent that speaks sentence by sentence begins each with a chunk of its own, so that this is where
// sentences may meet. Media positions in seconds. Serialised by the caller.
class ChunkBounds {
 public:
  // A chunk begins at `media_s`. What lies before `settled_s`, where no sentence begins any more, is let go.
  void add(double media_s, double settled_s) {
    while (!bounds_s_.empty() && bounds_s_.front() < settled_s) bounds_s_.pop_front();
    if (bounds_s_.size() == kMostKept) bounds_s_.pop_front();
    bounds_s_.push_back(media_s);
  }

  // The one bound after `from_s` and up to `until_s`, where there is exactly one. The end of all audio so
  // far, `end_s`, is one as well.
  [[nodiscard]] std::optional<double> only_within(double from_s, double until_s, double end_s) const {
    std::optional<double> only;
    auto bound = std::upper_bound(bounds_s_.begin(), bounds_s_.end(), from_s + kSame_s);
    for (; bound != bounds_s_.end() && *bound < until_s + kSame_s; ++bound) {
      if (only && *bound > *only) return std::nullopt;
      only = *bound;
    }
    if (end_s <= from_s + kSame_s || end_s >= until_s + kSame_s) return only;
    if (only && end_s > *only) return std::nullopt;
    return end_s;
  }

 private:
  // What rounding takes for another instant: less than a sample.
  static constexpr double kSame_s = 1e-6;
  // 20 minutes in chunks of 20 ms, all before their motion.
  static constexpr std::size_t kMostKept = 60000;

  std::deque<double> bounds_s_;  // ascending
};

}  // namespace hostmode
