// Reads protobuf's wire format from hostile bytes: every read is bounded, every failure says where and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "hostmode/message.h"

namespace hostmode {

enum class WireType : std::uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kLength = 2,
  kGroupStart = 3,
  kGroupEnd = 4,
  kFixed32 = 5
};

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
};

// The bytes of a length-delimited field, still within the message they came from.
struct WireBytes {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

// After a read has returned false, nothing more may be read. Offsets are relative to `origin`, the first byte
// of the whole message.
class WireReader {
 public:
  WireReader(WireBytes bytes, const std::uint8_t* origin, DecodeFailure& failure) noexcept
      : next_(bytes.data), end_(bytes.data + bytes.size), origin_(origin), failure_(failure) {}

  [[nodiscard]] bool at_end() const noexcept { return next_ == end_; }
  [[nodiscard]] const std::uint8_t* position() const noexcept { return next_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - next_); }
  void advance(std::size_t count) noexcept { next_ += count; }

  bool fail(const std::uint8_t* where, const char* reason) noexcept {
    failure_.offset = static_cast<std::size_t>(where - origin_);
    failure_.reason = reason;
    return false;
  }

  [[nodiscard]] bool read_varint(std::uint64_t& value) noexcept {
    return read_varint(value, 10, std::numeric_limits<std::uint64_t>::max(),
                       "a varint is longer than 10 bytes");
  }

  [[nodiscard]] bool read_field(WireField& field) noexcept {
    const std::uint8_t* start = next_;
    std::uint64_t tag = 0;
    if (!read_varint(tag, 5, std::numeric_limits<std::uint32_t>::max(), "a tag is longer than 32 bits"))
      return false;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    if (field.number == 0) return fail(start, "a field has number 0");
    if ((tag & 7) > 5) return fail(start, "a field has a wire type that does not exist");
    return true;
  }

  [[nodiscard]] bool read_bytes(WireBytes& bytes) noexcept {
    const std::uint8_t* start = next_;
    std::uint64_t size = 0;
    if (!read_varint(size, 5, std::numeric_limits<std::int32_t>::max(), "a length is longer than 31 bits"))
      return false;
    if (size > remaining()) return fail(start, "a field is longer than what is left of its message");
    bytes = {next_, static_cast<std::size_t>(size)};
    next_ += size;
    return true;
  }

  // Skips the value of a field whose tag was just read.
  [[nodiscard]] bool skip(WireField field) noexcept { return skip(field, 0); }

 private:
  // Protobuf's own limit on nesting.
  static constexpr int kMaxDepth = 100;

  bool read_varint(std::uint64_t& value, int max_bytes, std::uint64_t max_value,
                   const char* too_long) noexcept {
    const std::uint8_t* start = next_;
    value = 0;
    for (int i = 0; i < max_bytes; ++i) {
      if (next_ == end_) return fail(start, "the message ends within a number");
      const std::uint8_t byte = *next_++;
      const std::uint64_t bits = byte & 0x7FU;
      value |= bits << (7 * i);
      if (byte < 0x80) return value <= max_value || fail(start, too_long);
    }
    return fail(start, too_long);
  }

  bool skip_fixed(std::size_t size) noexcept {
    if (size > remaining()) return fail(next_, "the message ends within a number");
    next_ += size;
    return true;
  }

  bool skip(WireField field, int depth) noexcept {
    std::uint64_t ignored = 0;
    WireBytes bytes;
    switch (field.type) {
      case WireType::kVarint:
        return read_varint(ignored);
      case WireType::kFixed64:
        return skip_fixed(8);
      case WireType::kLength:
        return read_bytes(bytes);
      case WireType::kFixed32:
        return skip_fixed(4);
      case WireType::kGroupStart:
        return skip_group(field.number, depth + 1);
      case WireType::kGroupEnd:
        break;
    }
    return fail(next_, "a group ends that never started");
  }

  bool skip_group(std::uint32_t number, int depth) noexcept {
    if (depth > kMaxDepth) return fail(next_, "groups are nested more than 100 deep");
    for (;;) {
      if (at_end()) return fail(next_, "the message ends within a group");
      WireField field;
      if (!read_field(field)) return false;
      if (field.type == WireType::kGroupEnd) {
        return field.number == number || fail(next_, "a group ends with another number than it started with");
      }
      if (!skip(field, depth)) return false;
    }
  }

  const std::uint8_t* next_;
  const std::uint8_t* end_;
  const std::uint8_t* origin_;
  DecodeFailure& failure_;
};

}  // namespace hostmode
