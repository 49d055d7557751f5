// The layout of a keyframe on the wire: seven packed float fields, numbered 1 to 7 in the order of Keyframe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hostmode/keyframe.h"
#include "wire/writer.h"

namespace hostmode {

#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__)
static_assert(__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__,
              "floats are copied from the wire, which is little-endian");
#endif

struct KeyframeField {
  std::size_t offset;  // of its first float within the keyframe
  std::size_t floats;
};

// Field n of the wire is element n - 1.
inline constexpr std::array<KeyframeField, 7> kKeyframeFields = {{{kTranslationOffset, 3},
                                                                  {kRotationOffset, 3},
                                                                  {kNeckPoseOffset, 3},
                                                                  {kJawPoseOffset, 3},
                                                                  {kEyePoseOffset, 6},
                                                                  {kEyeLidOffset, 2},
                                                                  {kExpressionOffset, 100}}};

namespace detail {
constexpr std::size_t canonical_keyframe_size() {
  std::size_t size = 0;
  for (const KeyframeField& field : kKeyframeFields) size += bytes_field_size(field.floats * sizeof(float));
  return size;
}
}  // namespace detail

// All seven fields once, packed, in order: what servers send.
inline constexpr std::size_t kCanonicalKeyframeSize = detail::canonical_keyframe_size();

// Whether all of the floats are finite. Integer arithmetic without branches, which every compiler vectorises:
// adding one to an exponent of all ones, and to no other, carries into the sign bit.
// Thread-safe: yes. Realtime-safe: yes.
[[nodiscard]] inline bool all_finite(const float* floats, std::size_t count) noexcept {
  std::uint32_t carries = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, floats + i, sizeof bits);
    carries |= (bits & 0x7fffffffU) + 0x00800000U;
  }
  return (carries & 0x80000000U) == 0;
}

}  // namespace hostmode
