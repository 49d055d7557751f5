#include "listening/loudness_field.h"

#include <iterator>

#include "wire/reader.h"

namespace hostmode {
namespace {

// Of what AvatarKit's messages know it is none.
constexpr std::uint32_t kField = 2041;
constexpr std::size_t kSize = kLoudnessBands * kLoudnessPerFrame;
constexpr std::uint8_t kHead[] = {(kField << 3 & 0x7f) | 0x80 | 2, kField >> 4, kSize};

}  // namespace

void append_loudness(const FrameLoudness& loudness, std::vector<std::uint8_t>& message) {
  message.insert(message.end(), std::begin(kHead), std::end(kHead));
  for (std::size_t band = 0; band < kLoudnessBands; ++band) {
    for (const Loudness& one : loudness) message.push_back(one[band]);
  }
}

std::optional<FrameLoudness> read_loudness(ByteView message) noexcept {
  std::optional<FrameLoudness> loudness;
  DecodeFailure failure;
  WireReader reader(message, message.data, 0, failure);
  for (WireField field; reader.next(field);) {
    if (!field.is(kField, WireType::kBytes) || field.bytes.size != kSize) continue;
    loudness.emplace();
    for (std::size_t i = 0; i < kSize; ++i) {
      (*loudness)[i % kLoudnessPerFrame][i / kLoudnessPerFrame] = field.bytes.data[i];
    }
  }
  if (!reader.ok()) return std::nullopt;
  return loudness;
}

}  // namespace hostmode
