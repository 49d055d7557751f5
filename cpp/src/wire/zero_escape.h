// The escaping of an RTC packet's payload in an SEI: a zero and an FF are each followed by an FF.
#pragma once

#include <cstdint>
#include <vector>

#include "hostmode/byte_view.h"

namespace hostmode {

// Thread-safe: yes. Realtime-safe: no (allocates), as the next one.
inline void append_zero_escapes(ByteView plain, std::vector<std::uint8_t>& escaped) {
  for (std::size_t i = 0; i < plain.size; ++i) {
    const std::uint8_t byte = plain.data[i];
    escaped.push_back(byte);
    if (byte == 0x00 || byte == 0xff) escaped.push_back(0xff);
  }
}

// Greedy from left to right; whatever is no escape is itself.
inline void remove_zero_escapes(ByteView escaped, std::vector<std::uint8_t>& plain) {
  plain.reserve(plain.size() + escaped.size);
  for (std::size_t i = 0; i < escaped.size; ++i) {
    const std::uint8_t byte = escaped.data[i];
    plain.push_back(byte);
    const bool may_escape = byte == 0x00 || byte == 0xff;
    if (may_escape && i + 1 < escaped.size && escaped.data[i + 1] == 0xff) ++i;
  }
}

}  // namespace hostmode
