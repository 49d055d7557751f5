#include <cmath>
#include <cstring>

#include "hostmode/message.h"
#include "utf8.h"

namespace hostmode {
namespace {

constexpr std::uint8_t kLengthType = 2;
constexpr std::uint8_t kVarintType = 0;
constexpr std::size_t kKeyframeBytes = 495;  // seven headers of 2 or 3 bytes, and 120 floats

using Bytes = std::vector<std::uint8_t>;

void put_varint(Bytes& bytes, std::uint64_t value) {
  while (value >= 0x80) {
    bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void put_header(Bytes& bytes, unsigned number, std::size_t size) {
  bytes.push_back(static_cast<std::uint8_t>(number << 3 | kLengthType));
  put_varint(bytes, size);
}

void put_string(Bytes& bytes, unsigned number, const std::string& text) {
  if (text.empty()) return;
  put_header(bytes, number, text.size());
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void put_flag(Bytes& bytes, unsigned number, std::uint8_t value) {
  bytes.push_back(static_cast<std::uint8_t>(number << 3 | kVarintType));
  bytes.push_back(value);
}

void put_floats(Bytes& bytes, unsigned number, const float* values, std::size_t count) {
  put_header(bytes, number, count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof(bits));
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(bits >> shift));
  }
}

void put_keyframe(Bytes& bytes, const Keyframe& keyframe) {
  put_header(bytes, 1, kKeyframeBytes);
  put_floats(bytes, 1, keyframe.translation, 3);
  put_floats(bytes, 2, keyframe.rotation, 3);
  put_floats(bytes, 3, keyframe.neck_pose, 3);
  put_floats(bytes, 4, keyframe.jaw_pose, 3);
  put_floats(bytes, 5, keyframe.eye_pose, 6);
  put_floats(bytes, 6, keyframe.eye_lid, 2);
  put_floats(bytes, 7, keyframe.expression, 100);
}

bool sound(const std::string& text) noexcept {
  return is_utf8(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

Status encode_message(const Keyframe* keyframes, std::size_t keyframe_count, const std::string& connection_id,
                      const std::string& req_id, bool end, const std::string& avatar_id, Bytes& bytes) {
  if (!sound(connection_id) || !sound(req_id) || !sound(avatar_id)) return Status::kInvalidArgument;
  for (std::size_t i = 0; i < keyframe_count; ++i) {
    for (std::size_t k = 0; k < kKeyframeFloats; ++k) {
      if (!std::isfinite(keyframes[i].data()[k])) return Status::kInvalidArgument;
    }
  }
  Bytes animation;
  animation.reserve(keyframe_count * (kKeyframeBytes + 3));
  for (std::size_t i = 0; i < keyframe_count; ++i) put_keyframe(animation, keyframes[i]);

  Bytes response;
  response.reserve(animation.size() + connection_id.size() + req_id.size() + avatar_id.size() + 32);
  put_string(response, 1, connection_id);
  put_string(response, 2, req_id);
  if (end) put_flag(response, 3, 1);
  if (!animation.empty()) {
    put_header(response, 4, animation.size());
    response.insert(response.end(), animation.begin(), animation.end());
  }
  put_string(response, 5, avatar_id);

  bytes.clear();
  bytes.reserve(response.size() + 8);
  put_flag(bytes, 1, 5);  // type RESPONSE_ANIMATION
  put_header(bytes, 6, response.size());
  bytes.insert(bytes.end(), response.begin(), response.end());
  return Status::kOk;
}

}  // namespace hostmode
