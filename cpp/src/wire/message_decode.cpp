#include "hostmode/message.h"
#include "wire/animation_decode.h"
#include "wire/canonical_keyframes.h"
#include "wire/first_protocol.h"
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

// The bytes of the animation are a message of their own.
constexpr AnimationLayout kLayout = {kFirstKeyframeField, 0};

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

void assign(std::string& text, ByteView bytes) {
  text.assign(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

void clear_all_but_keyframes(Message& message) noexcept {
  message.kind = MessageKind::kOther;
  message.type = 0;
  message.connection_id.clear();
  message.req_id.clear();
  message.avatar_id.clear();
  message.end = false;
  message.replaced_animations = 0;
  message.error_code = 0;
  message.error_message.clear();
}

class Decoder {
 public:
  Decoder(const DecodeContext& context, Message& message) : context_(context), message_(message) {}

  Status decode() {
    const ByteView bytes = context_.message;
    const std::size_t most = context_.limits.max_message_bytes;
    if (bytes.size > most) return context_.too_large(bytes.data + most, "the message has too many bytes");
    if (bytes.size > 0 && bytes.data[0] == kKeyframeTag) {
      message_.kind = MessageKind::kAnimation;
      message_.type = kResponseAnimationType;
      animation_ = bytes;
    } else {
      if (!read_type()) return Status::kMalformed;
      if (message_.type >= kFirstProtocolTypes) return decode_first_protocol(context_, message_);
      if (!decode_envelope()) return Status::kMalformed;
    }
    // Only now: bytes that a later field replaced are never looked into, as protobuf would not.
    return decode_animation(context_, animation_, kLayout, 0, message_.keyframes);
  }

 private:
  // The last type wins, and says how the rest is to be read.
  bool read_type() {
    WireReader reader(context_.message, context_.message.data, 0, context_.failure);
    WireField field;
    while (reader.next(field)) {
      if (!field.is(kTypeField, WireType::kVarint)) continue;
      message_.type = static_cast<std::int32_t>(static_cast<std::uint32_t>(field.varint));
    }
    return reader.ok();
  }

  bool decode_envelope() {
    WireReader reader(context_.message, context_.message.data, 0, context_.failure);
    WireField field;
    while (reader.next(field)) {
      if (field.type != WireType::kBytes || !shape_of(field.number).known) continue;
      select_member(field.number);
      if (!decode_member(reader.nested(field.bytes))) return false;
    }
    return reader.ok();
  }

  // The last member of the oneof wins; the same one again merges.
  void select_member(std::uint32_t member) {
    if (member == member_) return;
    member_ = member;
    replace_animation({});
    const std::int32_t type = message_.type;
    const std::size_t replaced = message_.replaced_animations;
    clear_all_but_keyframes(message_);
    message_.type = type;
    message_.replaced_animations = replaced;
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

  void replace_animation(ByteView animation) {
    if (animation_.size > 0) ++message_.replaced_animations;
    animation_ = animation;
  }

  void apply_animation_field(const WireField& field) {
    if (field.is(1, WireType::kBytes)) assign(message_.connection_id, field.bytes);
    if (field.is(2, WireType::kBytes)) assign(message_.req_id, field.bytes);
    if (field.is(3, WireType::kVarint)) message_.end = field.varint != 0;
    if (field.is(4, WireType::kBytes)) replace_animation(field.bytes);
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

  const DecodeContext& context_;
  Message& message_;
  std::uint32_t member_ = 0;  // of the oneof
  ByteView animation_;
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
  const Status status = Decoder({{data, size}, limits, failure}, message).decode();
  if (status != Status::kOk) message.clear();
  return status;
}

}  // namespace hostmode
