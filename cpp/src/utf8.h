// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

[[nodiscard]] inline bool is_utf8(const std::uint8_t* text, std::size_t size) noexcept {
  const std::uint8_t* end = text + size;
  while (text != end) {
    const std::uint8_t lead = *text++;
    if (lead < 0x80) continue;
    std::ptrdiff_t more = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (end - text < more) return false;
    for (; more > 0; --more, low = 0x80, high = 0xBF) {
      const std::uint8_t next = *text++;
      if (next < low || next > high) return false;
    }
  }
  return true;
}

}  // namespace hostmode
