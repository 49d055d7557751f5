// Motion messages: what AvatarKit's servers put on the wire, decoded within stated bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hostmode/keyframe.h"
#include "hostmode/status.h"

namespace hostmode {

// Limits on one message. A longer message, or one with more keyframes, is refused with kTooLarge.
struct DecodeLimits {
  std::size_t max_message_bytes = std::size_t{16} << 20;
  std::size_t max_keyframes = 15000;  // ten minutes of motion
};

// Where and why a message was refused. `reason` is a string literal.
struct DecodeFailure {
  std::size_t offset = 0;
  const char* reason = "";
};

// What a message carries, whatever its type field says.
enum class MessageKind {
  kAnimation,    // a response_animation, or bare animation bytes
  kServerError,  // a server_error
  kOther,        // any other payload, an unknown one, or none
};

// One decoded message. Reusable: decoding into the same object again allocates only when it has to grow.
struct Message {
  MessageKind kind = MessageKind::kOther;
  std::int32_t type = 0;      // the envelope's type as sent; RESPONSE_ANIMATION for bare animation bytes
                              // and 1004 in the first protocol
  std::string connection_id;  // kAnimation and kServerError, as req_id
  std::string req_id;
  std::string avatar_id;  // kAnimation only, as the next two
  bool end = false;
  std::vector<Keyframe> keyframes;
  // Animations that a later field of the same message replaced: not 0 where messages were glued together.
  std::size_t replaced_animations = 0;
  std::int32_t error_code = 0;  // kServerError only
  std::string error_message;    // kServerError only

  // Keeps the memory.
  void clear() noexcept;
};

// Decodes one message, an envelope (of today's or the first protocol) or bare animation bytes (first byte
// 0x0a), with the rules of proto3. A float field shorter than its length is zero-padded; a longer one is
// malformed, and so are NaN, infinity and a magnitude beyond 1e4. Of several `animation` fields only the last
// is looked into: two messages glued together are one message with the later one's keyframes. kMalformed or
// kTooLarge: `message` is left cleared; `failure` says where, from the first byte of `data`, and why.
// Thread-safe: yes, for distinct messages. Realtime-safe: no (allocates while `message` grows).
[[nodiscard]] Status decode_message(const std::uint8_t* data, std::size_t size, Message& message,
                                    DecodeFailure& failure, const DecodeLimits& limits = {});

// Encodes an animation envelope (RESPONSE_ANIMATION) as a server would.
// kInvalidArgument when a string is no UTF-8 or a keyframe holds NaN, infinity or a magnitude beyond 1e4,
// kTooLarge beyond protobuf's 2 GiB: `bytes` is left empty. Thread-safe: yes. Realtime-safe: no (allocates).
[[nodiscard]] Status encode_message(const Keyframe* keyframes, std::size_t keyframe_count,
                                    const std::string& connection_id, const std::string& req_id, bool end,
                                    const std::string& avatar_id, std::vector<std::uint8_t>& bytes);

}  // namespace hostmode
