#include "wire/canonical_keyframes.h"

#include <cstring>

namespace hostmode {
namespace {

// Where the arithmetic of all_within_bounds carries to, in one float or two.
constexpr std::uint64_t kCarries = 0x8000000080000000U;

constexpr std::uint64_t kMagnitudeCarries = std::uint64_t{kMagnitudeCarry} << 32 | kMagnitudeCarry;

constexpr std::size_t kRun = 20;  // floats that compilers copy and check in vectors without a loop

// Both copy floats from the wire and return a word with a bit of kCarries set where one is out of bounds. In
// one pass: what has just been stored in small pieces cannot be read back in larger ones before it has left
// the store buffer.
template <std::size_t kCount>
std::uint64_t copy_few_floats(const std::uint8_t* from, float* to) {
  std::uint64_t carries = 0;
  for (std::size_t i = 0; i + 1 < kCount; i += 2) {
    std::uint64_t pair;
    std::memcpy(&pair, from + i * sizeof(float), sizeof pair);
    std::memcpy(to + i, &pair, sizeof pair);
    carries |= (pair & 0x7fffffff7fffffffU) + kMagnitudeCarries;
  }
  if constexpr (kCount % 2 != 0) {
    std::uint32_t last;
    std::memcpy(&last, from + (kCount - 1) * sizeof(float), sizeof last);
    std::memcpy(to + kCount - 1, &last, sizeof last);
    carries |= (last & 0x7fffffffU) + kMagnitudeCarry;
  }
  return carries;
}

std::uint64_t copy_many_floats(const std::uint8_t* __restrict from, float* __restrict to, std::size_t count) {
  std::uint32_t carries = 0;
  for (std::size_t run = 0; run < count; run += kRun) {
    for (std::size_t i = 0; i < kRun; ++i) {
      std::uint32_t bits;
      std::memcpy(&bits, from + (run + i) * sizeof(float), sizeof bits);
      std::memcpy(to + run + i, &bits, sizeof bits);
      carries |= (bits & 0x7fffffffU) + kMagnitudeCarry;
    }
  }
  return carries;
}

}  // namespace

template <std::uint32_t kFirstField>
bool decode_canonical_keyframes(const std::uint8_t* bytes, std::size_t count, Keyframe* keyframes) noexcept {
  const std::uint8_t* at = bytes;
  for (Keyframe* keyframe = keyframes; keyframe != keyframes + count; ++keyframe) {
    std::uint32_t other_header = 0;
    std::uint64_t carries = 0;
    // Sizes are constant, so that each copy is a few moves, and headers are compared without a branch.
    const auto match_header = [&](std::uint32_t field_tag, std::uint32_t size) {
      std::uint16_t header;
      std::memcpy(&header, at, sizeof header);
      if (size < 0x80) {
        other_header |= header ^ (field_tag | size << 8);
        at += 2;
      } else {
        other_header |= (header ^ (field_tag | (size & 0x7f) << 8 | 0x8000U)) | (at[2] ^ size >> 7);
        at += 3;
      }
    };
    const auto tag = [](std::uint32_t index) { return (kFirstField + index) << 3 | 2; };
    const auto copy = [&](std::uint32_t field_tag, auto& floats) {
      constexpr std::size_t kCount = sizeof floats / sizeof(float);
      match_header(field_tag, sizeof floats);
      static_assert(kCount < kRun || kCount % kRun == 0);
      if constexpr (kCount < kRun) {
        carries |= copy_few_floats<kCount>(at, floats);
      } else {
        carries |= copy_many_floats(at, floats, kCount);
      }
      at += sizeof floats;
    };
    match_header(kKeyframeTag, kCanonicalKeyframeSize);
    copy(tag(0), keyframe->translation);
    copy(tag(1), keyframe->rotation);
    copy(tag(2), keyframe->neck_pose);
    copy(tag(3), keyframe->jaw_pose);
    copy(tag(4), keyframe->eye_pose);
    copy(tag(5), keyframe->eye_lid);
    copy(tag(6), keyframe->expression);
    if (other_header != 0 || (carries & kCarries) != 0) return false;
  }
  return true;
}

template bool decode_canonical_keyframes<kFirstKeyframeField>(const std::uint8_t*, std::size_t,
                                                              Keyframe*) noexcept;
template bool decode_canonical_keyframes<kFirstKeyframeFieldOfFirstProtocol>(const std::uint8_t*, std::size_t,
                                                                             Keyframe*) noexcept;

}  // namespace hostmode
