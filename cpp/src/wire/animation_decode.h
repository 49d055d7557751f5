// Keyframes out of animation bytes, a repeated field 1, whichever protocol numbers the fields of a keyframe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hostmode/message.h"
#include "wire/reader.h"

namespace hostmode {

// What the parts of one message's decoder share. Offsets of failures count from the first byte of `message`.
struct DecodeContext {
  ByteView message;
  const DecodeLimits& limits;
  DecodeFailure& failure;

  // Records a failure at `where`.
  [[nodiscard]] Status too_large(const std::uint8_t* where, const char* reason) const noexcept;
};

// Of the animation.
inline constexpr std::uint32_t kKeyframeField = 1;

// How a protocol carries its animation.
struct AnimationLayout {
  std::uint32_t first_keyframe_field;
  std::size_t nesting;  // messages around it
};

// Puts the keyframes of `animation` behind the first `kept` ones of `keyframes`, whose others are
// overwritten. kMalformed or kTooLarge: whatever has been written until then. Thread-safe: yes, for distinct
// keyframes. Realtime-safe: no (allocates where `keyframes` grows).
[[nodiscard]] Status decode_animation(const DecodeContext& context, ByteView animation,
                                      AnimationLayout layout, std::size_t kept,
                                      std::vector<Keyframe>& keyframes);

}  // namespace hostmode
