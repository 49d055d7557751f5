// The one clock of live playback.
#pragma once

#include <chrono>

namespace hostmode {

// Seconds of std::chrono::steady_clock. Thread-safe: yes. Realtime-safe: yes.
[[nodiscard]] inline double monotonic_now_s() noexcept {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace hostmode
