// Reads the fields of one protobuf message from hostile bytes. Every read is bounded; nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hostmode/byte_view.h"
#include "hostmode/message.h"

namespace hostmode {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  const std::uint8_t* start = nullptr;  // its tag
  std::uint64_t varint = 0;             // kVarint only
  ByteView bytes;                       // the value of all other types

  [[nodiscard]] bool is(std::uint32_t wanted_number, WireType wanted_type) const noexcept {
    return number == wanted_number && type == wanted_type;
  }
};

// Walks the fields of a message in the order sent. Groups are skipped: no message of ours has any.
// Thread-safe: no. Realtime-safe: yes.
class WireReader {
 public:
  // Sub-messages and groups within each other, as in protobuf.
  static constexpr std::size_t kMaxNesting = 100;

  // Offsets in `failure` count from `origin`, the first byte of the whole message.
  WireReader(ByteView message, const std::uint8_t* origin, std::size_t nesting,
             DecodeFailure& failure) noexcept
      : at_(message.data),
        end_(message.data + message.size),
        origin_(origin),
        nesting_(nesting),
        failure_(failure) {}

  // False at the end of the message and on malformed bytes; ok() tells which.
  [[nodiscard]] bool next(WireField& field) noexcept {
    while (at_ != end_) {
      if (!read_field(field)) return false;
      if (field.type == WireType::kEndGroup) return fail(field.start, "a group ends that was not started");
      if (field.type != WireType::kStartGroup) return true;
      if (!skip_group(field)) return false;
    }
    return false;
  }

  [[nodiscard]] bool ok() const noexcept { return ok_; }

  // Records a failure at `where`. Returns false, so that a caller can pass it on.
  bool fail(const std::uint8_t* where, const char* reason) noexcept {
    failure_.offset = static_cast<std::size_t>(where - origin_);
    failure_.reason = reason;
    ok_ = false;
    return false;
  }

  // A reader for a sub-message of this one.
  [[nodiscard]] WireReader nested(ByteView message) const noexcept {
    return WireReader(message, origin_, nesting_ + 1, failure_);
  }

 private:
  // Longest encodings that protobuf accepts: tags and lengths have 32 bits, values 64.
  static constexpr std::size_t kMaxTagBytes = 5;
  static constexpr std::size_t kMaxValueBytes = 10;
  static constexpr std::uint64_t kMaxTag = 0xffffffff;
  static constexpr std::uint64_t kMaxLength = 0x7fffffff;

  [[nodiscard]] std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  // Bits beyond the 64th are dropped, as in protobuf.
  bool read_varint(std::size_t max_bytes, std::uint64_t& value) noexcept {
    const std::uint8_t* const start = at_;
    value = 0;
    for (std::size_t i = 0; i < max_bytes; ++i) {
      if (at_ == end_) return fail(start, "the message ends within a varint");
      const std::uint8_t byte = *at_++;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) return true;
    }
    return fail(start, "a varint is too long");
  }

  bool read_bytes(std::size_t size, ByteView& bytes) noexcept {
    if (size > remaining()) return fail(at_, "the message ends within a field");
    bytes = {at_, size};
    at_ += size;
    return true;
  }

  // Of a group only the tag that starts or ends it.
  bool read_field(WireField& field) noexcept {
    field.start = at_;
    std::uint64_t tag = 0;
    if (!read_varint(kMaxTagBytes, tag)) return false;
    if (tag > kMaxTag) return fail(field.start, "a tag has more than 32 bits");
    field.number = static_cast<std::uint32_t>(tag >> 3);
    if (field.number == 0) return fail(field.start, "field number 0");
    switch (tag & 7) {
      case 0:
        field.type = WireType::kVarint;
        return read_varint(kMaxValueBytes, field.varint);
      case 1:
        field.type = WireType::kFixed64;
        return read_bytes(8, field.bytes);
      case 2: {
        field.type = WireType::kBytes;
        const std::uint8_t* const start = at_;
        std::uint64_t length = 0;
        if (!read_varint(kMaxTagBytes, length)) return false;
        if (length > kMaxLength) return fail(start, "a field is longer than 2 GiB");
        if (length > remaining()) return fail(start, "a field is longer than what holds it");
        return read_bytes(static_cast<std::size_t>(length), field.bytes);
      }
      case 3:
        field.type = WireType::kStartGroup;
        return true;
      case 4:
        field.type = WireType::kEndGroup;
        return true;
      case 5:
        field.type = WireType::kFixed32;
        return read_bytes(4, field.bytes);
      default:
        return fail(field.start, "wire type 6 or 7");
    }
  }

  bool skip_group(const WireField& first) noexcept {
    // Explicit, so that hostile nesting costs neither stack nor trust in the compiler.
    std::array<std::uint32_t, kMaxNesting> open;
    std::size_t depth = 0;
    WireField field = first;
    for (;;) {
      if (field.type == WireType::kStartGroup) {
        if (nesting_ + depth >= kMaxNesting) return fail(field.start, "nested too deeply");
        open[depth++] = field.number;
      } else if (field.type == WireType::kEndGroup) {
        if (field.number != open[--depth]) return fail(field.start, "a group is ended by another's end");
        if (depth == 0) return true;
      }
      if (at_ == end_) return fail(first.start, "a group is not ended");
      if (!read_field(field)) return false;
    }
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const std::uint8_t* origin_;
  std::size_t nesting_;
  DecodeFailure& failure_;
  bool ok_ = true;
};

}  // namespace hostmode
