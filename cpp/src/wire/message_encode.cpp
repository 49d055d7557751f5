#include "hostmode/message.h"
#include "wire/keyframe_wire.h"
#include "wire/utf8.h"
#include "wire/writer.h"

namespace hostmode {

namespace {

constexpr std::uint64_t kResponseAnimationType = 5;

// protobuf's limit on a message.
constexpr std::size_t kMaxSize = 0x7fffffff;

constexpr std::size_t kKeyframeFieldSize = bytes_field_size(kCanonicalKeyframeSize);

bool is_utf8(const std::string& text) noexcept {
  return hostmode::is_utf8(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

void write_keyframe(WireWriter& writer, const Keyframe& keyframe) noexcept {
  writer.begin_bytes(1, kCanonicalKeyframeSize);
  std::uint32_t number = 1;
  for (const KeyframeField& field : kKeyframeFields) {
    const std::size_t size = field.floats * sizeof(float);
    writer.begin_bytes(number++, size);
    writer.raw(keyframe.data() + field.offset, size);
  }
}

}  // namespace

Status encode_message(const Keyframe* keyframes, std::size_t keyframe_count, const std::string& connection_id,
                      const std::string& req_id, bool end, const std::string& avatar_id,
                      std::vector<std::uint8_t>& bytes) {
  bytes.clear();
  if (!is_utf8(connection_id) || !is_utf8(req_id) || !is_utf8(avatar_id)) return Status::kInvalidArgument;
  for (std::size_t i = 0; i < keyframe_count; ++i) {
    if (!all_within_bounds(keyframes[i].data(), kKeyframeFloats)) return Status::kInvalidArgument;
  }

  // Each part is bounded before the sum, which could otherwise wrap around.
  for (const std::string* text : {&connection_id, &req_id, &avatar_id}) {
    if (text->size() > kMaxSize / 8) return Status::kTooLarge;
  }
  if (keyframe_count > kMaxSize / 2 / kKeyframeFieldSize) return Status::kTooLarge;

  const std::size_t animation_size = keyframe_count * kKeyframeFieldSize;
  const std::size_t response_size =
      string_field_size(connection_id) + string_field_size(req_id) + (end ? 2 : 0) +
      (keyframe_count > 0 ? bytes_field_size(animation_size) : 0) + string_field_size(avatar_id);
  bytes.resize(2 + bytes_field_size(response_size));
  WireWriter writer(bytes.data());
  writer.varint_field(1, kResponseAnimationType);
  writer.begin_bytes(6, response_size);
  writer.string_field(1, connection_id);
  writer.string_field(2, req_id);
  if (end) writer.varint_field(3, 1);
  if (keyframe_count > 0) {
    writer.begin_bytes(4, animation_size);
    for (std::size_t i = 0; i < keyframe_count; ++i) write_keyframe(writer, keyframes[i]);
  }
  writer.string_field(5, avatar_id);
  return Status::kOk;
}

}  // namespace hostmode
