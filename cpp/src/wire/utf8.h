// UTF-8 as protobuf demands it of strings: shortest form, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

// Thread-safe: yes. Realtime-safe: yes, linear in `size`.
[[nodiscard]] inline bool is_utf8(const std::uint8_t* bytes, std::size_t size) noexcept {
  std::size_t i = 0;
  while (i < size) {
    const std::uint8_t lead = bytes[i++];
    if (lead < 0x80) continue;
    std::size_t continuation_count;
    // The narrower bounds of the second byte are what shuts out overlong forms, surrogates and the far end.
    std::uint8_t lowest = 0x80;
    std::uint8_t highest = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
      continuation_count = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      continuation_count = 2;
      if (lead == 0xe0) lowest = 0xa0;
      if (lead == 0xed) highest = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      continuation_count = 3;
      if (lead == 0xf0) lowest = 0x90;
      if (lead == 0xf4) highest = 0x8f;
    } else {
      return false;
    }
    if (size - i < continuation_count) return false;
    for (; continuation_count > 0; --continuation_count) {
      const std::uint8_t next = bytes[i++];
      if (next < lowest || next > highest) return false;
      lowest = 0x80;
      highest = 0xbf;
    }
  }
  return true;
}

}  // namespace hostmode
