// The two ways to hold a player's state.
#pragma once

#include <limits>
#include <mutex>

namespace hostmode {

// Until when settling has nothing to do, unless the audio side reports something. Guarded by the same mutex
// as what it speaks of.
struct QuietSpell {
  double until_s = -std::numeric_limits<double>::infinity();
};

// Holds the state to change it: whatever it was, the next settling looks at everything.
class ChangeLock {
 public:
  ChangeLock(std::mutex& mutex, QuietSpell& quiet) : lock_(mutex), quiet_(quiet) {}
  ~ChangeLock() {
    if (lock_.owns_lock()) quiet_ = QuietSpell{};
  }
  ChangeLock(ChangeLock&&) = default;

 private:
  std::unique_lock<std::mutex> lock_;
  QuietSpell& quiet_;
};

// Holds the state to look at it; what only time moves may move.
class LookLock {
 public:
  explicit LookLock(std::mutex& mutex) : lock_(mutex) {}

 private:
  const std::lock_guard<std::mutex> lock_;
};

}  // namespace hostmode
