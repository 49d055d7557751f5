#include "wire/canonical_keyframes.h"

#include <array>
#include <cstring>
#include <utility>

#include "wire/lanes.h"

namespace hostmode {
namespace {

constexpr Lanes kCarry = {kMagnitudeCarry, kMagnitudeCarry, kMagnitudeCarry, kMagnitudeCarry};

constexpr std::uint32_t magnitude_of(bool counts) {
  return counts ? 0x7fffffffU : 0U;
}

// Copies four floats from the wire and looks at the first kCount of them: the sign bit of a lane of the
// result is set where one is out of bounds. In one pass: what has just been stored in small pieces cannot be
// read back in larger ones before it has left the store buffer.
template <std::size_t kCount>
inline Lanes copy_lanes(const std::uint8_t* from, std::uint8_t* to) noexcept {
  constexpr Lanes kMagnitudes = {magnitude_of(kCount > 0), magnitude_of(kCount > 1), magnitude_of(kCount > 2),
                                 magnitude_of(kCount > 3)};
  Lanes bits;
  std::memcpy(&bits, from, sizeof bits);
  std::memcpy(to, &bits, sizeof bits);
  return (bits & kMagnitudes) + kCarry;
}

// A field whose floats do not fill the lanes is copied with what lies behind it. The next field overwrites
// that: there always is one, for the last field fills them.
template <std::size_t kCount>
inline Lanes copy_floats(const std::uint8_t* from, std::uint8_t* to) noexcept {
  Lanes carries{};
  constexpr std::size_t kWhole = kCount - kCount % kLanes;
#if defined(__GNUC__)
#pragma GCC unroll 5
#endif
  for (std::size_t i = 0; i < kWhole; i += kLanes) {
    carries |= copy_lanes<kLanes>(from + i * sizeof(float), to + i * sizeof(float));
  }
  if constexpr (kWhole < kCount) {
    carries |= copy_lanes<kCount - kWhole>(from + kWhole * sizeof(float), to + kWhole * sizeof(float));
  }
  return carries;
}
static_assert(kKeyframeFields.back().floats % kLanes == 0);

constexpr std::size_t header_size(std::size_t size) {
  return bytes_field_size(size) - size;
}

// 0 where the header of a field of kSize bytes stands there.
template <std::uint32_t kTag, std::size_t kSize>
inline std::uint32_t compare_header(const std::uint8_t* at) noexcept {
  constexpr std::uint32_t kLow = kTag | (kSize & 0x7f) << 8 | (kSize < 0x80 ? 0U : 0x8000U);
  std::uint16_t low;
  std::memcpy(&low, at, sizeof low);
  if constexpr (kSize < 0x80) return low ^ kLow;
  return (low ^ kLow) | (at[2] ^ static_cast<std::uint32_t>(kSize >> 7));
}

// Where the floats of each field begin within a keyframe's bytes on the wire.
constexpr std::array<std::size_t, kKeyframeFields.size()> float_offsets() {
  std::array<std::size_t, kKeyframeFields.size()> offsets{};
  std::size_t at = header_size(kCanonicalKeyframeSize);
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::size_t size = kKeyframeFields[i].floats * sizeof(float);
    offsets[i] = at + header_size(size);
    at += bytes_field_size(size);
  }
  return offsets;
}
constexpr auto kFloatOffsets = float_offsets();

struct Findings {
  std::uint32_t other_header = 0;
  Lanes carries{};
};

template <std::uint32_t kFirstField, std::size_t... kIndex>
inline void copy_keyframe(const std::uint8_t* from, std::uint8_t* to, Findings& findings,
                          std::index_sequence<kIndex...> /*fields*/) noexcept {
  // All are compared without a branch and judged at the end.
  findings.other_header |= compare_header<kKeyframeTag, kCanonicalKeyframeSize>(from);
  ((findings.other_header |=
    compare_header<(kFirstField + kIndex) << 3 | 2, kKeyframeFields[kIndex].floats * sizeof(float)>(
        from + kFloatOffsets[kIndex] - header_size(kKeyframeFields[kIndex].floats * sizeof(float)))),
   ...);
  ((findings.carries |= copy_floats<kKeyframeFields[kIndex].floats>(
        from + kFloatOffsets[kIndex], to + kKeyframeFields[kIndex].offset * sizeof(float))),
   ...);
}

}  // namespace

template <std::uint32_t kFirstField>
bool decode_canonical_keyframes(const std::uint8_t* bytes, std::size_t count, Keyframe* keyframes) noexcept {
  Findings findings;
  for (std::size_t i = 0; i < count; ++i) {
    copy_keyframe<kFirstField>(bytes + i * kCanonicalStride, reinterpret_cast<std::uint8_t*>(keyframes + i),
                               findings, std::make_index_sequence<kKeyframeFields.size()>());
  }
  std::uint32_t carried = 0;
  for (std::size_t i = 0; i < kLanes; ++i) carried |= findings.carries[i];
  return findings.other_header == 0 && (carried & 0x80000000U) == 0;
}

template bool decode_canonical_keyframes<kFirstKeyframeField>(const std::uint8_t*, std::size_t,
                                                              Keyframe*) noexcept;
template bool decode_canonical_keyframes<kFirstKeyframeFieldOfFirstProtocol>(const std::uint8_t*, std::size_t,
                                                                             Keyframe*) noexcept;

}  // namespace hostmode
