#include "wire/first_protocol.h"

#include "wire/keyframe_wire.h"
#include "wire/utf8.h"

namespace hostmode {

namespace {

constexpr std::int32_t kResponseType = 1004;

// Of the envelope: the members of its oneof.
constexpr std::uint32_t kFirstMember = 2;
constexpr std::uint32_t kResponse = 3;
constexpr std::uint32_t kLastMember = 11;

// Of the response.
constexpr std::uint32_t kReqId = 1;
constexpr std::uint32_t kAnimation = 2;

constexpr AnimationLayout kLayout = {kFirstKeyframeFieldOfFirstProtocol, 2};

constexpr bool is_member(const WireField& field) {
  return field.type == WireType::kBytes && field.number >= kFirstMember && field.number <= kLastMember;
}

bool is_text(WireReader& reader, const WireField& field) {
  return is_utf8(field.bytes.data, field.bytes.size) ||
         reader.fail(field.bytes.data, "a string is not UTF-8");
}

// A response that is sent twice merges, and so do the animations of one: their keyframes add up.
Status decode_response(const DecodeContext& context, WireReader reader, std::size_t& count,
                       Message& message) {
  WireField field;
  while (reader.next(field)) {
    if (field.is(kReqId, WireType::kBytes)) {
      if (!is_text(reader, field)) return Status::kMalformed;
      message.req_id.assign(reinterpret_cast<const char*>(field.bytes.data), field.bytes.size);
    } else if (field.is(kAnimation, WireType::kBytes)) {
      const Status status = decode_animation(context, field.bytes, kLayout, count, message.keyframes);
      if (status != Status::kOk) return status;
      count = message.keyframes.size();
    }
  }
  return reader.ok() ? Status::kOk : Status::kMalformed;
}

bool skim_keyframe(WireReader reader) {
  WireField field;
  while (reader.next(field)) {
    const bool is_floats = field.type == WireType::kBytes && field.number >= kLayout.first_keyframe_field &&
                           field.number < kLayout.first_keyframe_field + kKeyframeFields.size();
    if (is_floats && field.bytes.size % sizeof(float) != 0) {
      return reader.fail(field.start, "a float field's length is no multiple of 4");
    }
  }
  return reader.ok();
}

bool skim_animation(WireReader reader) {
  WireField field;
  while (reader.next(field)) {
    if (field.is(kKeyframeField, WireType::kBytes) && !skim_keyframe(reader.nested(field.bytes)))
      return false;
  }
  return reader.ok();
}

// As protobuf, which reads a response that another member replaces: it has to be well framed, no more.
bool skim_response(WireReader reader) {
  WireField field;
  while (reader.next(field)) {
    if (field.is(kReqId, WireType::kBytes) && !is_text(reader, field)) return false;
    if (field.is(kAnimation, WireType::kBytes) && !skim_animation(reader.nested(field.bytes))) return false;
  }
  return reader.ok();
}

// The last member of the oneof that is no response: it replaces those before it.
const std::uint8_t* last_replacement(WireReader reader) {
  const std::uint8_t* last = nullptr;
  WireField field;
  while (reader.next(field)) {
    if (is_member(field) && field.number != kResponse) last = field.start;
  }
  return last;
}

}  // namespace

Status decode_first_protocol(const DecodeContext& context, Message& message) {
  if (message.type != kResponseType) {
    message.keyframes.clear();
    return Status::kOk;
  }
  std::size_t count = 0;
  WireReader reader(context.message, context.message.data, 0, context.failure);
  const std::uint8_t* const replacement = last_replacement(reader);
  WireField field;
  while (reader.next(field)) {
    if (!is_member(field)) continue;
    if (field.number != kResponse) {
      message.kind = MessageKind::kOther;
    } else if (replacement != nullptr && field.start < replacement) {
      if (!skim_response(reader.nested(field.bytes))) return Status::kMalformed;
    } else {
      message.kind = MessageKind::kAnimation;
      const Status status = decode_response(context, reader.nested(field.bytes), count, message);
      if (status != Status::kOk) return status;
    }
  }
  message.keyframes.resize(count);
  return Status::kOk;
}

}  // namespace hostmode
