// From the caller's clock, which may start anew, to the player's own time, which never goes back.
#pragma once

#include <atomic>
#include <cmath>

#include "clock/audio_clock.h"

namespace hostmode {

// restart() is serialised by the caller; the rest is thread-safe and realtime-safe.
class CallerClock {
 public:
  [[nodiscard]] double to_player(double caller_s) const noexcept {
    return caller_s + ahead_s_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] double to_caller(double player_s) const noexcept {
    return player_s - ahead_s_.load(std::memory_order_relaxed);
  }
  // Where the host says what it calls now, its times are of a clock of its own.
  [[nodiscard]] AudioObservation to_player(AudioObservation observation) const noexcept {
    observation.entry_s = to_player(observation.entry_s);
    if (std::isnan(observation.host_current_s)) observation.dac_s = to_player(observation.dac_s);
    return observation;
  }

  // `caller_s` is what was `player_s` until now.
  void restart(double caller_s, double player_s) noexcept {
    ahead_s_.store(player_s - caller_s, std::memory_order_relaxed);
  }

 private:
  std::atomic<double> ahead_s_{0.0};
};

}  // namespace hostmode
