// Any bytes: no read out of bounds, a cleared message and an offset within the input on failure, and whatever
// decodes as an animation survives being encoded and decoded again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "hostmode/message.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const hostmode::Message& a, const hostmode::Message& b) {
  return a.connection_id == b.connection_id && a.req_id == b.req_id && a.avatar_id == b.avatar_id &&
         a.end == b.end && a.keyframes.size() == b.keyframes.size() &&
         (a.keyframes.empty() || std::memcmp(a.keyframes.data(), b.keyframes.data(),
                                             a.keyframes.size() * sizeof(hostmode::Keyframe)) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hostmode;
  Message message;
  DecodeFailure failure;
  if (decode_message(data, size, message, failure) != Status::kOk) {
    require(failure.offset <= size);
    require(std::strlen(failure.reason) > 0);
    require(same(message, Message{}) && message.kind == MessageKind::kOther && message.type == 0);
    return 0;
  }
  if (message.kind != MessageKind::kAnimation) {
    require(message.keyframes.empty());
    return 0;
  }
  std::vector<std::uint8_t> bytes;
  require(encode_message(message.keyframes.data(), message.keyframes.size(), message.connection_id,
                         message.req_id, message.end, message.avatar_id, bytes) == Status::kOk);
  // A few hundred bytes can hold so many short keyframes that the full ones exceed the size limit.
  DecodeLimits limits;
  limits.max_message_bytes = bytes.size();
  Message again;
  require(decode_message(bytes.data(), bytes.size(), again, failure, limits) == Status::kOk);
  require(again.kind == MessageKind::kAnimation && same(message, again));
  return 0;
}
