// The layout of a keyframe on the wire: seven packed float fields in the order of Keyframe, numbered from 1
// on, in the first protocol from 2 on.
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

// Number of the first of the fields; the others follow one by one.
inline constexpr std::uint32_t kFirstKeyframeField = 1;
inline constexpr std::uint32_t kFirstKeyframeFieldOfFirstProtocol = 2;

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

// No parameter of a face comes near: rotations are a few radians, coefficients a few standard deviations.
inline constexpr float kLargestMagnitude = 1e4F;

// Added to the bits of a float without its sign, carries into the sign bit where the magnitude is beyond
// kLargestMagnitude, infinite or NaN: floats without a sign are ordered as their bits are.
inline constexpr std::uint32_t kMagnitudeCarry = 0x7fffffffU - 0x461c4000U;

// Whether all of the floats are numbers that a face can have. Integer arithmetic without branches, which
// every compiler vectorises. Thread-safe: yes. Realtime-safe: yes.
[[nodiscard]] inline bool all_within_bounds(const float* floats, std::size_t count) noexcept {
  std::uint32_t carries = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, floats + i, sizeof bits);
    carries |= (bits & 0x7fffffffU) + kMagnitudeCarry;
  }
  return (carries & 0x80000000U) == 0;
}

}  // namespace hostmode
