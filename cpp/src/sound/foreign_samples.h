// Tells 16-bit little-endian PCM from sound in another form of samples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sound/pcm_check.h"

namespace hostmode {

// Looks at the bytes of one utterance as they come, until sound that can only be 16-bit PCM has been seen.
// What is taken for something else sounds like loud noise, while in that other form it sounds like speech or
// music; whatever may be PCM is left alone. Not thread-safe.
class ForeignSamples {
 public:
  // So many bytes are judged together.
  static constexpr std::size_t kWindow = 1024;

  // What speaks against the next chunk, which then counts as not given.
  [[nodiscard]] NotPcm look(const std::uint8_t* bytes, std::size_t size) noexcept;

 private:
  static constexpr int kEnough = 2;     // windows that are something else
  static constexpr int kConvinced = 8;  // windows that are like speech or music

  int suspicions_ = 0;
  int convictions_ = 0;
  std::size_t waiting_ = 0;
  std::array<std::uint8_t, kWindow> window_{};
};

// In what other form the ForeignSamples::kWindow bytes are sound.
[[nodiscard]] NotPcm foreign_form_of(const std::uint8_t* window) noexcept;

}  // namespace hostmode
