// One packet of an RTC stream, a frame of 40 ms: in an H.264 SEI (Agora) or on a data channel (LiveKit). Five
// bytes of header, then a body: a numbered message, a transition, or nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "hostmode/byte_view.h"
#include "hostmode/message.h"
#include "hostmode/status.h"

namespace hostmode {

enum class PacketProfile {
  kSei,   // the body is escaped, and zlib where compressed; the payload may be padded with zeros
  kData,  // the length is exact, gzip where compressed, earlier messages may be sent along
};

enum class PacketKind { kIdle, kSpeech, kTransitionToSpeech, kTransitionToIdle };

// The most that a packet, or a body once inflated, may have.
inline constexpr std::size_t kMaxPacketBytes = std::size_t{16} << 20;

// The message of the packet and of the two frames before it.
inline constexpr std::size_t kMaxPacketFrames = 3;

// One encoded motion message and the number of its frame, which starts at 0 in each round and wraps.
struct PacketFrame {
  std::uint32_t seq = 0;
  std::vector<std::uint8_t> message;
};

// Reusable. `frames` are kSpeech: newest first, none where all
// are absent. `transition` is kTransition... of an SEI: the
// message, of which nobody knows whether it is one.
struct RtcPacket {
  PacketKind kind = PacketKind::kIdle;
  bool start = false;  // the first of a round
  bool end = false;    // the last
  std::size_t frame_count = 0;
  std::array<PacketFrame, kMaxPacketFrames> frames;
  std::vector<std::uint8_t> transition;

  void clear() noexcept;
};

// Inflates or deflates `bytes` into `result`: zlib's format for kSei, gzip's for kData. False where the bytes
// are broken, or where the result would have more than `at_most` bytes: it must stop there. hostmode has no
// compression of its own; whoever calls brings it.
using Recompress = std::function<bool(PacketProfile format, ByteView bytes, std::size_t at_most,
                                      std::vector<std::uint8_t>& result)>;

// Decodes one packet; its messages are not looked into. kMalformed or kTooLarge: `packet` is left cleared;
// `failure` says where, from the first byte of `bytes` or of the body once it is unescaped and inflated, and
// why. `inflate` may be empty: a compressed packet is malformed then. Thread-safe: yes, for distinct packets,
// where `inflate` is. Realtime-safe: no (allocates).
[[nodiscard]] Status decode_packet(PacketProfile profile, ByteView bytes, const Recompress& inflate,
                                   RtcPacket& packet, DecodeFailure& failure);

// Encodes one packet, compressed where `deflate` is given and there is something to compress.
// kInvalidArgument: speech without a message or with more frames than the profile carries, a frame that is
// not the one before the frame before it; kTooLarge beyond kMaxPacketBytes. `bytes` is left empty then.
// Thread-safe: yes, where `deflate` is. Realtime-safe: no (allocates).
[[nodiscard]] Status encode_packet(PacketProfile profile, const RtcPacket& packet, const Recompress& deflate,
                                   std::vector<std::uint8_t>& bytes);

}  // namespace hostmode
