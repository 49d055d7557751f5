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

// A response that is sent twice merges, and so do the animations of one: their keyframes add up.
Status decode_response(const DecodeContext& context, WireReader reader, std::size_t& count,
                       Message& message) {
  WireField field;
  while (reader.next(field)) {
    if (field.is(kReqId, WireType::kBytes)) {
      if (!is_utf8(field.bytes.data, field.bytes.size)) {
        reader.fail(field.bytes.data, "a string is not UTF-8");
        return Status::kMalformed;
      }
      message.req_id.assign(reinterpret_cast<const char*>(field.bytes.data), field.bytes.size);
    } else if (field.is(kAnimation, WireType::kBytes)) {
      const Status status = decode_animation(context, field.bytes, kLayout, count, message.keyframes);
      if (status != Status::kOk) return status;
      count = message.keyframes.size();
    }
  }
  return reader.ok() ? Status::kOk : Status::kMalformed;
}

}  // namespace

Status decode_first_protocol(const DecodeContext& context, Message& message) {
  std::size_t count = 0;
  WireReader reader(context.message, context.message.data, 0, context.failure);
  WireField field;
  while (message.type == kResponseType && reader.next(field)) {
    if (field.type != WireType::kBytes || field.number < kFirstMember || field.number > kLastMember) continue;
    if (field.number == kResponse) {
      message.kind = MessageKind::kAnimation;
      const Status status = decode_response(context, reader.nested(field.bytes), count, message);
      if (status != Status::kOk) return status;
    } else {
      // The last member of the oneof wins.
      message.kind = MessageKind::kOther;
      message.req_id.clear();
      count = 0;
    }
  }
  message.keyframes.resize(count);
  return Status::kOk;
}

}  // namespace hostmode
