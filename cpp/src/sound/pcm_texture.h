// How a stretch of bytes would sound as 16-bit samples.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

struct PcmTexture {
  double power = 0.0;       // mean square around the mean, 1 at full scale
  double step_power = 0.0;  // mean square of the steps from sample to sample
  double top_share = 0.0;   // of the most frequent upper byte
  int upper_bytes = 0;      // how many different ones there are

  // Sound of which most lies low, as in speech and music.
  [[nodiscard]] bool is_calm() const noexcept { return power > 1e-7 && step_power < 0.6 * power; }

  // White noise has steps of twice its power; speech and music, whose power lies low, of much less.
  [[nodiscard]] bool is_white() const noexcept {
    return step_power > 1.2 * power && step_power < 2.8 * power;
  }
};

// Of `count` little-endian samples from `bytes` on. Realtime-safe: yes.
[[nodiscard]] PcmTexture texture_of(const std::uint8_t* bytes, std::size_t count) noexcept;

// Whether bytes sound like white noise at full scale, as compressed sound does. Realtime-safe: yes.
[[nodiscard]] bool sounds_compressed(const std::uint8_t* bytes, std::size_t size) noexcept;

}  // namespace hostmode
