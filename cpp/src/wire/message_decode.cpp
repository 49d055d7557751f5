#include <cstring>

#include "hostmode/message.h"
#include "wire/canonical_keyframes.h"
#include "wire/keyframe_wire.h"
#include "wire/reader.h"
#include "wire/utf8.h"

namespace hostmode {

namespace {

// Numbers of the envelope's fields: the type and the members of its oneof.
constexpr std::uint32_t kTypeField = 1;
constexpr std::uint32_t kConfigureSession = 2;
constexpr std::uint32_t kConfirmSession = 3;
constexpr std::uint32_t kAudioInput = 4;
constexpr std::uint32_t kServerError = 5;
constexpr std::uint32_t kResponseAnimation = 6;
constexpr std::uint32_t kInterrupt = 8;
constexpr std::uint32_t kPause = 9;
constexpr std::uint32_t kResume = 10;
constexpr std::uint32_t kPlaybackState = 11;

constexpr std::int32_t kResponseAnimationType = 5;

constexpr std::uint32_t kKeyframeField = 1;  // of the animation

constexpr std::uint32_t bit(std::uint32_t number) {
  return std::uint32_t{1} << number;
}

// What protobuf checks in a member of the oneof beyond its framing, as sets of field numbers.
struct MemberShape {
  bool known;
  std::uint32_t strings;   // must be UTF-8
  std::uint32_t messages;  // must be well framed in turn
};

constexpr MemberShape shape_of(std::uint32_t member) {
  switch (member) {
    case kConfigureSession:
      return {true, 0, bit(6) | bit(7)};
    case kConfirmSession:
      return {true, bit(1) | bit(2), 0};
    case kAudioInput:
    case kInterrupt:
    case kPause:
    case kResume:
      return {true, bit(1), 0};
    case kServerError:
      return {true, bit(1) | bit(2) | bit(4), 0};
    case kResponseAnimation:
    case kPlaybackState:
      return {true, bit(1) | bit(2) | bit(5), 0};
    default:
      return {false, 0, 0};
  }
}

constexpr bool contains(std::uint32_t numbers, std::uint32_t number) {
  return number < 32 && (numbers & bit(number)) != 0;
}

void assign(std::string& text, ByteSpan bytes) {
  text.assign(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

void clear_all_but_keyframes(Message& message) noexcept {
  message.kind = MessageKind::kOther;
  message.type = 0;
  message.connection_id.clear();
  message.req_id.clear();
  message.avatar_id.clear();
  message.end = false;
  message.error_code = 0;
  message.error_message.clear();
}

// Appends the floats of one field occurrence to those that earlier occurrences brought.
bool append_floats(WireReader& reader, const WireField& field, const KeyframeField& layout, float* keyframe,
                   std::size_t& filled) {
  if (field.bytes.size % sizeof(float) != 0) {
    return reader.fail(field.start, "a float field's length is no multiple of 4");
  }
  const std::size_t count = field.bytes.size / sizeof(float);
  if (count > layout.floats - filled) return reader.fail(field.start, "a float field is too long");
  if (count == 0) return true;
  float* const out = keyframe + layout.offset + filled;
  std::memcpy(out, field.bytes.data, field.bytes.size);
  filled += count;
  for (std::size_t i = 0; i < count; ++i) {
    if (!all_finite(out + i, 1)) {
      return reader.fail(field.bytes.data + i * sizeof(float), "NaN or infinity in a keyframe");
    }
  }
  return true;
}

bool decode_any_keyframe(WireReader reader, Keyframe& keyframe) {
  std::memset(&keyframe, 0, sizeof keyframe);
  std::array<std::size_t, kKeyframeFields.size()> filled{};
  WireField field;
  while (reader.next(field)) {
    const bool is_floats = field.type == WireType::kBytes || field.type == WireType::kFixed32;
    if (!is_floats || field.number > kKeyframeFields.size()) continue;
    const std::size_t i = field.number - 1;
    if (!append_floats(reader, field, kKeyframeFields[i], keyframe.data(), filled[i])) return false;
  }
  return reader.ok();
}

class Decoder {
 public:
  Decoder(ByteSpan bytes, const DecodeLimits& limits, Message& message, DecodeFailure& failure)
      : bytes_(bytes), limits_(limits), message_(message), failure_(failure) {}

  Status decode() {
    if (bytes_.size > limits_.max_message_bytes) {
      return too_large(bytes_.data + limits_.max_message_bytes, "the message has too many bytes");
    }
    if (bytes_.size > 0 && bytes_.data[0] == kKeyframeTag) {
      message_.kind = MessageKind::kAnimation;
      message_.type = kResponseAnimationType;
      animation_ = bytes_;
    } else if (!decode_envelope()) {
      return Status::kMalformed;
    }
    // Only now: bytes that a later field replaced are never looked into, as protobuf would not.
    return decode_animation();
  }

 private:
  Status too_large(const std::uint8_t* where, const char* reason) {
    failure_.offset = static_cast<std::size_t>(where - bytes_.data);
    failure_.reason = reason;
    return Status::kTooLarge;
  }

  bool decode_envelope() {
    WireReader reader(bytes_, bytes_.data, 0, failure_);
    WireField field;
    while (reader.next(field)) {
      if (field.is(kTypeField, WireType::kVarint)) {
        message_.type = static_cast<std::int32_t>(static_cast<std::uint32_t>(field.varint));
      } else if (field.type == WireType::kBytes && shape_of(field.number).known) {
        select_member(field.number);
        if (!decode_member(reader.nested(field.bytes))) return false;
      }
    }
    return reader.ok();
  }

  // The last member of the oneof wins; the same one again merges.
  void select_member(std::uint32_t member) {
    if (member == member_) return;
    member_ = member;
    animation_ = {};
    const std::int32_t type = message_.type;
    clear_all_but_keyframes(message_);
    message_.type = type;
    message_.kind = member == kResponseAnimation ? MessageKind::kAnimation
                    : member == kServerError     ? MessageKind::kServerError
                                                 : MessageKind::kOther;
  }

  bool decode_member(WireReader reader) {
    const MemberShape shape = shape_of(member_);
    WireField field;
    while (reader.next(field)) {
      if (field.type == WireType::kBytes && contains(shape.strings, field.number) &&
          !is_utf8(field.bytes.data, field.bytes.size)) {
        return reader.fail(field.bytes.data, "a string is not UTF-8");
      }
      if (field.type == WireType::kBytes && contains(shape.messages, field.number)) {
        WireReader inner = reader.nested(field.bytes);
        WireField ignored;
        while (inner.next(ignored)) continue;
        if (!inner.ok()) return false;
      }
      if (member_ == kResponseAnimation) apply_animation_field(field);
      if (member_ == kServerError) apply_error_field(field);
    }
    return reader.ok();
  }

  void apply_animation_field(const WireField& field) {
    if (field.is(1, WireType::kBytes)) assign(message_.connection_id, field.bytes);
    if (field.is(2, WireType::kBytes)) assign(message_.req_id, field.bytes);
    if (field.is(3, WireType::kVarint)) message_.end = field.varint != 0;
    if (field.is(4, WireType::kBytes)) animation_ = field.bytes;
    if (field.is(5, WireType::kBytes)) assign(message_.avatar_id, field.bytes);
  }

  void apply_error_field(const WireField& field) {
    if (field.is(1, WireType::kBytes)) assign(message_.connection_id, field.bytes);
    if (field.is(2, WireType::kBytes)) assign(message_.req_id, field.bytes);
    if (field.is(3, WireType::kVarint)) {
      message_.error_code = static_cast<std::int32_t>(static_cast<std::uint32_t>(field.varint));
    }
    if (field.is(4, WireType::kBytes)) assign(message_.error_message, field.bytes);
  }

  Status decode_animation() { return decode_canonical_animation() ? Status::kOk : decode_any_animation(); }

  bool decode_canonical_animation() {
    const std::size_t count = animation_.size / kCanonicalStride;
    if (count * kCanonicalStride != animation_.size || count > limits_.max_keyframes) return false;
    message_.keyframes.resize(count);
    return decode_canonical_keyframes(animation_.data, count, message_.keyframes.data());
  }

  // Counts first: it costs a few ns a keyframe and makes the one allocation exact, whatever the bytes claim.
  Status decode_any_animation() {
    WireReader counter(animation_, bytes_.data, 0, failure_);
    WireField field;
    std::size_t count = 0;
    while (counter.next(field)) {
      if (!field.is(kKeyframeField, WireType::kBytes)) continue;
      if (count == limits_.max_keyframes) return too_large(field.start, "the message has too many keyframes");
      ++count;
    }
    if (!counter.ok()) return Status::kMalformed;

    message_.keyframes.resize(count);
    WireReader reader(animation_, bytes_.data, 0, failure_);
    Keyframe* keyframe = message_.keyframes.data();
    while (reader.next(field)) {
      if (!field.is(kKeyframeField, WireType::kBytes)) continue;
      if (!decode_any_keyframe(reader.nested(field.bytes), *keyframe)) return Status::kMalformed;
      ++keyframe;
    }
    return Status::kOk;
  }

  const ByteSpan bytes_;
  const DecodeLimits& limits_;
  Message& message_;
  DecodeFailure& failure_;
  std::uint32_t member_ = 0;  // of the oneof
  ByteSpan animation_;
};

}  // namespace

void Message::clear() noexcept {
  clear_all_but_keyframes(*this);
  keyframes.clear();
}

Status decode_message(const std::uint8_t* data, std::size_t size, Message& message, DecodeFailure& failure,
                      const DecodeLimits& limits) {
  // The old keyframes stay until they are overwritten: clearing them here would cost zeroing them again.
  clear_all_but_keyframes(message);
  failure = {};
  const Status status = Decoder({data, size}, limits, message, failure).decode();
  if (status != Status::kOk) message.clear();
  return status;
}

}  // namespace hostmode
