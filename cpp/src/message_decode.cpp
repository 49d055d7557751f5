#include <algorithm>
#include <cstring>

#include "hostmode/message.h"
#include "utf8.h"
#include "wire_reader.h"

namespace hostmode {
namespace {

constexpr std::uint8_t kBareAnimation = 0x0A;
constexpr std::int32_t kTypeAnimation = 5;

struct FloatField {
  std::uint16_t offset;
  std::uint16_t length;
};
// By field number.
constexpr FloatField kFloatFields[] = {{0, 0},
                                       {kTranslationOffset, 3},
                                       {kRotationOffset, 3},
                                       {kNeckPoseOffset, 3},
                                       {kJawPoseOffset, 3},
                                       {kEyePoseOffset, 6},
                                       {kEyeLidOffset, 2},
                                       {kExpressionOffset, 100}};
constexpr std::size_t kFloatFieldCount = 8;

// A keyframe as every known server writes it: all seven fields, in order, packed and complete.
struct Piece {
  std::uint16_t at;
  std::uint8_t header[3];
  std::uint8_t header_size;
};
constexpr std::size_t kCanonicalSize = 495;
constexpr Piece kCanonical[] = {{0, {0x0A, 12, 0}, 2},      {14, {0x12, 12, 0}, 2}, {28, {0x1A, 12, 0}, 2},
                                {42, {0x22, 12, 0}, 2},     {56, {0x2A, 24, 0}, 2}, {82, {0x32, 8, 0}, 2},
                                {92, {0x3A, 0x90, 0x03}, 3}};

bool little_endian() noexcept {
  const std::uint16_t one = 1;
  std::uint8_t first = 0;
  std::memcpy(&first, &one, 1);
  return first == 1;
}

// Works on the bits, so that it vectorises and no compiler option can optimise it away.
bool all_finite(const float* values, std::size_t count) noexcept {
  constexpr std::uint32_t kExponent = 0x7F800000U;
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof(bits));
    bad |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
  }
  return bad == 0;
}

float load_float(const std::uint8_t* bytes) noexcept {
  const std::uint32_t bits =
      static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
      static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

bool decode_canonical(WireBytes bytes, Keyframe& keyframe) noexcept {
  if (bytes.size != kCanonicalSize || !little_endian()) return false;
  for (const Piece& piece : kCanonical) {
    if (std::memcmp(bytes.data + piece.at, piece.header, piece.header_size) != 0) return false;
  }
  const std::uint8_t* from = bytes.data;
  std::memcpy(keyframe.translation, from + 2, 12);
  std::memcpy(keyframe.rotation, from + 16, 12);
  std::memcpy(keyframe.neck_pose, from + 30, 12);
  std::memcpy(keyframe.jaw_pose, from + 44, 12);
  std::memcpy(keyframe.eye_pose, from + 58, 24);
  std::memcpy(keyframe.eye_lid, from + 84, 8);
  std::memcpy(keyframe.expression, from + 95, 400);
  return all_finite(keyframe.data(), kKeyframeFloats);
}

class Decoder {
 public:
  Decoder(WireBytes bytes, Message& message, DecodeFailure& failure, const DecodeLimits& limits) noexcept
      : bytes_(bytes), message_(message), failure_(failure), limits_(limits) {}

  Status decode() {
    if (bytes_.size > limits_.max_message_bytes) {
      failure_ = {limits_.max_message_bytes, "the message is larger than the limit"};
      return Status::kTooLarge;
    }
    if (bytes_.size > 0 && bytes_.data[0] == kBareAnimation) {
      message_.kind = MessageKind::kAnimation;
      message_.type = kTypeAnimation;
      animation_ = bytes_;
    } else if (!read_envelope()) {
      return Status::kMalformed;
    }
    if (message_.kind != MessageKind::kAnimation) {
      message_.keyframes.clear();
      return Status::kOk;
    }
    return read_animation();
  }

 private:
  bool read_envelope() {
    WireReader reader(bytes_, bytes_.data, failure_);
    std::uint32_t payload = 0;
    while (!reader.at_end()) {
      WireField field;
      if (!reader.read_field(field)) return false;
      if (field.number == 1 && field.type == WireType::kVarint) {
        std::uint64_t type = 0;
        if (!reader.read_varint(type)) return false;
        message_.type = static_cast<std::int32_t>(static_cast<std::uint32_t>(type));
      } else if (field.type == WireType::kLength && is_payload(field.number)) {
        WireBytes content;
        if (!reader.read_bytes(content)) return false;
        if (field.number != payload) start_payload(field.number);
        payload = field.number;
        if (!read_payload(payload, content)) return false;
      } else if (!reader.skip(field)) {
        return false;
      }
    }
    return true;
  }

  // The members of the envelope's oneof.
  static bool is_payload(std::uint32_t number) noexcept {
    return (number >= 2 && number <= 6) || (number >= 8 && number <= 11);
  }

  void start_payload(std::uint32_t number) noexcept {
    message_.kind = number == 6   ? MessageKind::kAnimation
                    : number == 5 ? MessageKind::kServerError
                                  : MessageKind::kOther;
    message_.connection_id.clear();
    message_.req_id.clear();
    message_.avatar_id.clear();
    message_.error_message.clear();
    message_.error_code = 0;
    message_.end = false;
    animation_ = {};
  }

  bool read_payload(std::uint32_t number, WireBytes content) {
    WireReader reader(content, bytes_.data, failure_);
    while (!reader.at_end()) {
      WireField field;
      if (!reader.read_field(field)) return false;
      const bool known = number == 6   ? read_animation_field(reader, field)
                         : number == 5 ? read_error_field(reader, field)
                                       : false;
      if (failed_) return false;
      if (!known && !reader.skip(field)) return false;
    }
    return true;
  }

  // These return whether the field was theirs; failed_ says whether reading it failed.
  bool read_animation_field(WireReader& reader, WireField field) {
    if (field.type == WireType::kLength) {
      if (field.number == 1) return read_string(reader, message_.connection_id);
      if (field.number == 2) return read_string(reader, message_.req_id);
      if (field.number == 5) return read_string(reader, message_.avatar_id);
      if (field.number == 4) {
        failed_ = !reader.read_bytes(animation_);
        return true;
      }
    } else if (field.type == WireType::kVarint && field.number == 3) {
      std::uint64_t value = 0;
      failed_ = !reader.read_varint(value);
      message_.end = value != 0;
      return true;
    }
    return false;
  }

  bool read_error_field(WireReader& reader, WireField field) {
    if (field.type == WireType::kLength) {
      if (field.number == 1) return read_string(reader, message_.connection_id);
      if (field.number == 2) return read_string(reader, message_.req_id);
      if (field.number == 4) return read_string(reader, message_.error_message);
    } else if (field.type == WireType::kVarint && field.number == 3) {
      std::uint64_t value = 0;
      failed_ = !reader.read_varint(value);
      message_.error_code = static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
      return true;
    }
    return false;
  }

  bool read_string(WireReader& reader, std::string& text) {
    WireBytes bytes;
    failed_ = !reader.read_bytes(bytes);
    if (failed_) return true;
    if (!is_utf8(bytes.data, bytes.size)) {
      reader.fail(bytes.data, "a string is not UTF-8");
      failed_ = true;
      return true;
    }
    text.assign(reinterpret_cast<const char*>(bytes.data), bytes.size);
    return true;
  }

  Status read_animation() {
    std::size_t count = 0;
    if (!count_keyframes(count)) return Status::kMalformed;
    if (count > limits_.max_keyframes) {
      failure_ = {static_cast<std::size_t>(animation_.data - bytes_.data),
                  "the message has more keyframes than the limit"};
      return Status::kTooLarge;
    }
    message_.keyframes.resize(count);
    WireReader reader(animation_, bytes_.data, failure_);
    for (Keyframe& keyframe : message_.keyframes) {
      WireBytes content;
      if (!next_keyframe(reader, content)) return Status::kMalformed;
      if (!decode_canonical(content, keyframe) && !decode_any(content, keyframe)) return Status::kMalformed;
    }
    return Status::kOk;
  }

  bool count_keyframes(std::size_t& count) {
    WireReader reader(animation_, bytes_.data, failure_);
    while (!reader.at_end()) {
      WireField field;
      if (!reader.read_field(field)) return false;
      if (field.number == 1 && field.type == WireType::kLength) ++count;
      if (!reader.skip(field)) return false;
    }
    return true;
  }

  static bool next_keyframe(WireReader& reader, WireBytes& content) noexcept {
    for (;;) {
      WireField field;
      if (!reader.read_field(field)) return false;
      if (field.number == 1 && field.type == WireType::kLength) return reader.read_bytes(content);
      if (!reader.skip(field)) return false;
    }
  }

  bool decode_any(WireBytes content, Keyframe& keyframe) noexcept {
    keyframe = Keyframe{};
    std::size_t filled[kFloatFieldCount] = {};
    WireReader reader(content, bytes_.data, failure_);
    while (!reader.at_end()) {
      WireField field;
      if (!reader.read_field(field)) return false;
      const bool ours = field.number < kFloatFieldCount;
      WireBytes floats;
      if (ours && field.type == WireType::kLength) {
        if (!reader.read_bytes(floats)) return false;
        if (floats.size % sizeof(float) != 0)
          return reader.fail(floats.data, "packed floats end within a float");
      } else if (ours && field.type == WireType::kFixed32) {
        floats = {reader.position(), sizeof(float)};
        if (!reader.skip(field)) return false;
      } else {
        if (!reader.skip(field)) return false;
        continue;
      }
      const FloatField& target = kFloatFields[field.number];
      std::size_t& done = filled[field.number];
      for (std::size_t at = 0; at < floats.size; at += sizeof(float)) {
        if (done == target.length)
          return reader.fail(floats.data + at, "a field has more floats than its length");
        const float value = load_float(floats.data + at);
        if (!all_finite(&value, 1)) return reader.fail(floats.data + at, "a value is NaN or infinite");
        keyframe.data()[target.offset + done++] = value;
      }
    }
    return true;
  }

  const WireBytes bytes_;
  Message& message_;
  DecodeFailure& failure_;
  const DecodeLimits& limits_;
  WireBytes animation_;
  bool failed_ = false;
};

}  // namespace

void Message::clear() noexcept {
  kind = MessageKind::kOther;
  type = 0;
  connection_id.clear();
  req_id.clear();
  avatar_id.clear();
  end = false;
  keyframes.clear();
  error_code = 0;
  error_message.clear();
}

Status decode_message(const std::uint8_t* data, std::size_t size, Message& message, DecodeFailure& failure,
                      const DecodeLimits& limits) {
  // The keyframes stay: decoding as many again overwrites them without another initialisation.
  std::vector<Keyframe> keyframes;
  keyframes.swap(message.keyframes);
  message.clear();
  message.keyframes.swap(keyframes);
  const Status status = Decoder({data, size}, message, failure, limits).decode();
  if (status != Status::kOk) message.clear();
  return status;
}

}  // namespace hostmode
