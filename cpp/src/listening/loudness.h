// How loud sound is from moment to moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hostmode {

// Of 2.5 ms, in half decibels above -96 dB of full scale: of all of it, and of what lies above 2 kHz.
struct Loudness {
  std::uint8_t whole = 0;
  std::uint8_t high = 0;
};

inline constexpr int kLoudnessRateHz = 400;

// Of the 40 ms that a keyframe lasts.
inline constexpr std::size_t kLoudnessPerFrame = 16;
using FrameLoudness = std::array<Loudness, kLoudnessPerFrame>;

}  // namespace hostmode
