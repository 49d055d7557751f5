// A message and what it takes to know it again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hostmode/byte_view.h"
#include "hostmode/message.h"

namespace hostmode {

// Of a message's bytes: the same for the same bytes; for others only by a chance of 1 in 2^64.
struct Fingerprint {
  std::uint64_t hash = 0;
  std::size_t size = 0;  // 0: none taken

  [[nodiscard]] bool operator==(const Fingerprint& other) const noexcept {
    return hash == other.hash && size == other.size;
  }
};

[[nodiscard]] inline Fingerprint fingerprint(ByteView bytes) noexcept {
  // Four lanes, so that one multiplication need not wait for the other. The constants are odd and irregular.
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15U;
  std::uint64_t lanes[4] = {1, 2, 3, 4};
  const auto mix = [](std::uint64_t lane, std::uint64_t word) noexcept {
    lane = (lane ^ word) * kFactor;
    return lane ^ (lane >> 32);
  };
  std::size_t at = 0;
  for (; at + 32 <= bytes.size; at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, bytes.data + at, sizeof words);
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  for (; at < bytes.size; ++at) lanes[0] = mix(lanes[0], bytes.data[at]);
  std::uint64_t hash = bytes.size;
  for (const std::uint64_t lane : lanes) hash = mix(hash, lane);
  return {hash, bytes.size};
}

struct ArrivedMessage {
  Message message;
  Fingerprint print;
};

}  // namespace hostmode
