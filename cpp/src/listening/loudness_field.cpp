#include "listening/loudness_field.h"

#include <iterator>

#include "wire/reader.h"

namespace hostmode {
namespace {

// Of what AvatarKit's messages know it is none.
constexpr std::uint32_t kField = 2040;
constexpr std::size_t kSize = 2 * kLoudnessPerFrame;
constexpr std::uint8_t kHead[] = {(kField << 3 & 0x7f) | 0x80 | 2, kField >> 4, kSize};

}  // namespace

void append_loudness(const FrameLoudness& loudness, std::vector<std::uint8_t>& message) {
  message.insert(message.end(), std::begin(kHead), std::end(kHead));
  for (const Loudness& one : loudness) message.push_back(one.whole);
  for (const Loudness& one : loudness) message.push_back(one.high);
}

std::optional<FrameLoudness> read_loudness(ByteView message) noexcept {
  std::optional<FrameLoudness> loudness;
  DecodeFailure failure;
  WireReader reader(message, message.data, 0, failure);
  for (WireField field; reader.next(field);) {
    if (!field.is(kField, WireType::kBytes) || field.bytes.size != kSize) continue;
    loudness.emplace();
    for (std::size_t i = 0; i < kLoudnessPerFrame; ++i) {
      (*loudness)[i] = {field.bytes.data[i], field.bytes.data[kLoudnessPerFrame + i]};
    }
  }
  if (!reader.ok()) return std::nullopt;
  return loudness;
}

}  // namespace hostmode
