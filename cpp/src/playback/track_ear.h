// Listens to a track for a player.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "listening/listening.h"
#include "playback/heard_sound.h"

namespace hostmode {

// Looks after every 40 ms of the track, whatever pieces that comes in. Thread-safe: no. Realtime-safe: no
// (allocates, and looks for milliseconds).
class TrackEar {
 public:
  // Whether another track begins, since its rate is another one.
  bool set_rate(int rate_hz);
  // Of what came.
  [[nodiscard]] double heard_s() const noexcept {
    return static_cast<double>(samples_) / static_cast<double>(rate_hz_);
  }
  [[nodiscard]] SoundAnswer hear(const std::int16_t* samples, std::size_t count,
                                 const SoundQuestion& question);

 private:
  [[nodiscard]] std::uint64_t next_look() const noexcept;

  int rate_hz_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t round_ = 0;
  std::optional<Listening> listening_;
};

}  // namespace hostmode
