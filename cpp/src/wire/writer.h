// Writes protobuf fields into memory that the caller has sized with the functions here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace hostmode {

[[nodiscard]] constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// The size of a length-delimited field below number 16, tag included.
[[nodiscard]] constexpr std::size_t bytes_field_size(std::size_t size) noexcept {
  return 1 + varint_size(size) + size;
}

// proto3 leaves an empty string out.
[[nodiscard]] inline std::size_t string_field_size(const std::string& text) noexcept {
  return text.empty() ? 0 : bytes_field_size(text.size());
}

// Field numbers are below 16: their tags are one byte.
// Thread-safe: no. Realtime-safe: yes.
class WireWriter {
 public:
  explicit WireWriter(std::uint8_t* out) noexcept : at_(out) {}

  void varint_field(std::uint32_t number, std::uint64_t value) noexcept {
    tag(number, 0);
    varint(value);
  }

  // What is written next, `size` bytes, is the value of this field.
  void begin_bytes(std::uint32_t number, std::size_t size) noexcept {
    tag(number, 2);
    varint(size);
  }

  void string_field(std::uint32_t number, const std::string& text) noexcept {
    if (text.empty()) return;
    begin_bytes(number, text.size());
    raw(text.data(), text.size());
  }

  void raw(const void* bytes, std::size_t size) noexcept {
    std::memcpy(at_, bytes, size);
    at_ += size;
  }

 private:
  void tag(std::uint32_t number, std::uint32_t type) noexcept {
    *at_++ = static_cast<std::uint8_t>(number << 3 | type);
  }

  void varint(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<std::uint8_t>(value | 0x80);
    *at_++ = static_cast<std::uint8_t>(value);
  }

  std::uint8_t* at_;
};

}  // namespace hostmode
