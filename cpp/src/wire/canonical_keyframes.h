// The fast way through the animation bytes: nothing but keyframes as servers send them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/keyframe_wire.h"

namespace hostmode {

// The animation bytes are a repeated field 1, whose tag no envelope starts with.
inline constexpr std::uint8_t kKeyframeTag = 0x0a;

// A keyframe with its tag and length.
inline constexpr std::size_t kCanonicalStride = bytes_field_size(kCanonicalKeyframeSize);

// Reads count * kCanonicalStride bytes whose keyframes are numbered from kFirstField on, 1 or 2. False where
// they are laid out otherwise or hold what no face can have, whatever has been written until then: the
// careful walker says which. Thread-safe: yes. Realtime-safe: yes.
template <std::uint32_t kFirstField>
[[nodiscard]] bool decode_canonical_keyframes(const std::uint8_t* bytes, std::size_t count,
                                              Keyframe* keyframes) noexcept;

}  // namespace hostmode
