// The first protocol, of recordings and servers of 2025: an envelope of type 1004 whose keyframes are
// messages within it, numbered one field higher than today's. It has no `end`.
#pragma once

#include <cstdint>

#include "hostmode/message.h"
#include "wire/animation_decode.h"

namespace hostmode {

// From here on types belong to the first protocol.
inline constexpr std::int32_t kFirstProtocolTypes = 1000;

// Decodes an envelope of such a type, which `message` knows already. kAnimation where it is 1004 and holds a
// response, else kOther. Thread-safe: yes, for distinct messages. Realtime-safe: no (allocates).
[[nodiscard]] Status decode_first_protocol(const DecodeContext& context, Message& message);

}  // namespace hostmode
