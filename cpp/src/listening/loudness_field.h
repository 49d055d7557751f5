// How a motion message says how loud the sound is that its keyframe was made for.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hostmode/byte_view.h"
#include "listening/loudness.h"

namespace hostmode {

// A field behind all others of an envelope, that whoever does not know it skips. Thread-safe: yes.
// Realtime-safe: no (allocates).
void append_loudness(const FrameLoudness& loudness, std::vector<std::uint8_t>& message);

// Nothing where a message does not say. Thread-safe: yes. Realtime-safe: yes.
[[nodiscard]] std::optional<FrameLoudness> read_loudness(ByteView message) noexcept;

}  // namespace hostmode
