// Where a sound begins after silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "listening/loudness.h"

namespace hostmode {

// Tells a place from the first 50 ms of a sound, where Listening needs some 0.4 s of it, and only while each
// side was silent just before. In seconds, as Listening::Place.
struct SoundBeginning {
  double base_s = 0;
  double heard_s = 0;  // where in the sound that came it begins
};

// Of the latest beginning in what was heard, the `count` latest measurements up to `heard_end_s`, if one of
// what was sent is like it with a base between two bounds, and no other. Thread-safe: yes.
// Realtime-safe: no (allocates).
[[nodiscard]] std::optional<SoundBeginning> find_beginning(const std::map<std::int64_t, FrameLoudness>& sent,
                                                           const Loudness* heard, std::size_t count,
                                                           double heard_end_s, double earliest_s,
                                                           double latest_s);

}  // namespace hostmode
