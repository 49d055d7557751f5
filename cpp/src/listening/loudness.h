// How loud sound is from moment to moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hostmode {

// Of 5 ms, in half decibels above -96 dB of full scale: below 500 Hz, up to 1, 2 and 4 kHz.
inline constexpr std::size_t kLoudnessBands = 4;
using Loudness = std::array<std::uint8_t, kLoudnessBands>;

inline constexpr int kLoudnessRateHz = 200;

// Who listens measures so many times as often, since nobody says where a sender cut its 5 ms.
inline constexpr std::size_t kLoudnessPhases = 4;

// Of the 40 ms that a keyframe lasts.
inline constexpr std::size_t kLoudnessPerFrame = 8;
using FrameLoudness = std::array<Loudness, kLoudnessPerFrame>;

}  // namespace hostmode
