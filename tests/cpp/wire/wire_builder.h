// Builds protobuf bytes by hand, right or wrong, as readable expressions.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

namespace hostmode::testing {

using Bytes = std::string;

inline Bytes varint(std::uint64_t value) {
  Bytes bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

inline Bytes tag(std::uint32_t number, std::uint32_t wire_type) {
  return varint(number << 3 | wire_type);
}
inline Bytes number(std::uint32_t field, std::uint64_t value) {
  return tag(field, 0) + varint(value);
}
inline Bytes block(std::uint32_t field, const Bytes& value) {
  return tag(field, 2) + varint(value.size()) + value;
}
inline Bytes group(std::uint32_t field, const Bytes& content) {
  return tag(field, 3) + content + tag(field, 4);
}

inline Bytes raw_float(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  Bytes bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xff);
  return bytes;
}

inline Bytes packed(std::uint32_t field, std::initializer_list<float> values) {
  Bytes bytes;
  for (const float value : values) bytes += raw_float(value);
  return block(field, bytes);
}

inline Bytes unpacked(std::uint32_t field, float value) {
  return tag(field, 5) + raw_float(value);
}

inline Bytes keyframe(const Bytes& fields) {
  return block(1, fields);
}

// All seven fields, float i being `first` + i; `field` is the number of the first one.
inline Bytes full_keyframe(float first, std::uint32_t field = 1) {
  Bytes fields;
  for (const int count : {3, 3, 3, 3, 6, 2, 100}) {
    Bytes floats;
    for (int i = 0; i < count; ++i, first += 1) floats += raw_float(first);
    fields += block(field++, floats);
  }
  return keyframe(fields);
}

inline Bytes response(const Bytes& fields) {
  return block(6, fields);
}

// An envelope around animation bytes.
inline Bytes envelope(const Bytes& animation) {
  return number(1, 5) + response(block(4, animation));
}

}  // namespace hostmode::testing
