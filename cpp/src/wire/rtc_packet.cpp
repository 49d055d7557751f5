#include "wire/rtc_packet.h"

#include <algorithm>

#include "wire/zero_escape.h"

namespace hostmode {
namespace {

constexpr unsigned kIdleFlag = 0x01;
constexpr unsigned kStartFlag = 0x02;
constexpr unsigned kEndFlag = 0x04;
constexpr unsigned kCompressedFlag = 0x08;
constexpr unsigned kToSpeechFlag = 0x10;
constexpr unsigned kToIdleFlag = 0x20;
constexpr unsigned kRedundantFlag = 0x40;

constexpr std::size_t kHeaderSize = 5;
constexpr std::size_t kWordSize = 4;

using Bytes = std::vector<std::uint8_t>;

std::uint32_t read_word(const std::uint8_t* at) noexcept {
  return at[0] | static_cast<std::uint32_t>(at[1]) << 8 | static_cast<std::uint32_t>(at[2]) << 16 |
         static_cast<std::uint32_t>(at[3]) << 24;
}

void append_word(Bytes& bytes, std::size_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// Takes a body apart, front to back; what is asked for beyond its end is a failure.
class BodyReader {
 public:
  BodyReader(ByteView body, DecodeFailure& failure) : body_(body), failure_(failure) {}

  [[nodiscard]] bool at_end() const noexcept { return at_ == body_.size; }

  [[nodiscard]] bool read_number(std::uint32_t& value) {
    if (body_.size - at_ < kWordSize) return fail("the packet ends within a number");
    value = read_word(body_.data + at_);
    at_ += kWordSize;
    return true;
  }

  [[nodiscard]] bool read_message(std::size_t size, Bytes& message) {
    if (size > body_.size - at_) return fail("a message is longer than the packet");
    message.assign(body_.data + at_, body_.data + at_ + size);
    at_ += size;
    return true;
  }

  [[nodiscard]] bool read_rest(Bytes& message) { return read_message(body_.size - at_, message); }

 private:
  bool fail(const char* reason) {
    failure_ = {at_, reason};
    return false;
  }

  ByteView body_;
  DecodeFailure& failure_;
  std::size_t at_ = 0;
};

Status refuse(DecodeFailure& failure, std::size_t offset, const char* reason,
              Status status = Status::kMalformed) {
  failure = {offset, reason};
  return status;
}

// Senders pad an SEI; what the length leaves out is cut off where it is padding, and kept where it is not.
void cut_padding(Bytes& payload, std::size_t length) {
  if (payload.size() <= length) return;
  const auto excess = payload.begin() + static_cast<std::ptrdiff_t>(length);
  if (std::all_of(excess, payload.end(), [](std::uint8_t byte) { return byte == 0; })) {
    payload.erase(excess, payload.end());
  }
}

bool read_speech(BodyReader& body, RtcPacket& packet) {
  packet.frame_count = 1;
  return body.read_number(packet.frames[0].seq) && body.read_rest(packet.frames[0].message);
}

// The message, then those of the frames before it. Each may be absent, the last two may be cut off.
bool read_redundant_speech(BodyReader& body, RtcPacket& packet) {
  std::uint32_t seq = 0;
  if (!body.read_number(seq)) return false;
  for (std::uint32_t back = 0; back < kMaxPacketFrames; ++back) {
    if (back > 0 && body.at_end()) break;
    PacketFrame& frame = packet.frames[packet.frame_count];
    std::uint32_t size = 0;
    if (!body.read_number(size) || !body.read_message(size, frame.message)) return false;
    frame.seq = seq - back;
    if (size > 0) ++packet.frame_count;
  }
  return true;
}

PacketKind kind_of(unsigned flags) noexcept {
  if ((flags & kToSpeechFlag) != 0) return PacketKind::kTransitionToSpeech;
  if ((flags & kToIdleFlag) != 0) return PacketKind::kTransitionToIdle;
  return PacketKind::kSpeech;
}

Status decode(PacketProfile profile, ByteView bytes, const Recompress& inflate, RtcPacket& packet,
              DecodeFailure& failure) {
  if (bytes.size > kMaxPacketBytes) {
    return refuse(failure, kMaxPacketBytes, "the packet has too many bytes", Status::kTooLarge);
  }
  if (bytes.size < kHeaderSize) return refuse(failure, bytes.size, "the packet ends within its header");
  const unsigned flags = bytes.data[0];
  const std::size_t length = read_word(bytes.data + 1);
  const ByteView rest{bytes.data + kHeaderSize, bytes.size - kHeaderSize};
  packet.start = (flags & kStartFlag) != 0;
  packet.end = (flags & kEndFlag) != 0;
  if ((flags & kIdleFlag) != 0) return Status::kOk;
  const bool is_sei = profile == PacketProfile::kSei;
  const PacketKind kind = kind_of(flags);
  // A data channel's transition has no body that counts; an SEI's is the message alone.
  if (!is_sei && kind != PacketKind::kSpeech) {
    packet.kind = kind;
    return Status::kOk;
  }
  if (length == 0) return Status::kOk;
  if (!is_sei && length != rest.size) return refuse(failure, 1, "the length is not that of the payload");

  Bytes payload;
  if (is_sei) {
    remove_zero_escapes(rest, payload);
    cut_padding(payload, length);
  } else {
    payload.assign(rest.data, rest.data + rest.size);
  }
  if ((flags & kCompressedFlag) != 0) {
    Bytes plain;
    if (!inflate || !inflate(profile, {payload.data(), payload.size()}, kMaxPacketBytes, plain)) {
      return refuse(failure, kHeaderSize, "the payload cannot be inflated, or to more than 16 MiB");
    }
    if (plain.size() > kMaxPacketBytes) {
      return refuse(failure, kHeaderSize, "the payload inflates to too many bytes", Status::kTooLarge);
    }
    payload.swap(plain);
  }
  packet.kind = kind;
  if (kind != PacketKind::kSpeech) {
    packet.transition = std::move(payload);
    return Status::kOk;
  }
  BodyReader body({payload.data(), payload.size()}, failure);
  const bool redundant = !is_sei && (flags & kRedundantFlag) != 0;
  const bool read = redundant ? read_redundant_speech(body, packet) : read_speech(body, packet);
  return read ? Status::kOk : Status::kMalformed;
}

// Each frame is the one before the frame before it, or an absent one.
bool is_encodable(PacketProfile profile, const RtcPacket& packet) {
  if (packet.kind != PacketKind::kSpeech) return packet.frame_count == 0;
  const std::size_t most = profile == PacketProfile::kSei ? 1 : kMaxPacketFrames;
  if (packet.frame_count == 0 || packet.frame_count > most) return false;
  for (std::size_t i = 1; i < packet.frame_count; ++i) {
    const std::uint32_t back = packet.frames[0].seq - packet.frames[i].seq;
    const std::uint32_t back_before = packet.frames[0].seq - packet.frames[i - 1].seq;
    if (back <= back_before || back >= kMaxPacketFrames) return false;
  }
  return true;
}

Bytes body_of(const RtcPacket& packet, bool redundant) {
  if (packet.kind != PacketKind::kSpeech) return packet.transition;
  Bytes body;
  append_word(body, packet.frames[0].seq);
  if (redundant) append_word(body, packet.frames[0].message.size());
  append(body, packet.frames[0].message);
  std::uint32_t written_back = 0;
  for (std::size_t i = 1; i < packet.frame_count; ++i) {
    const std::uint32_t back = packet.frames[0].seq - packet.frames[i].seq;
    while (++written_back < back) append_word(body, 0);
    append_word(body, packet.frames[i].message.size());
    append(body, packet.frames[i].message);
  }
  return body;
}

unsigned flags_of(const RtcPacket& packet) noexcept {
  unsigned flags = (packet.start ? kStartFlag : 0U) | (packet.end ? kEndFlag : 0U);
  if (packet.kind == PacketKind::kIdle) flags |= kIdleFlag;
  if (packet.kind == PacketKind::kTransitionToSpeech) flags |= kToSpeechFlag;
  if (packet.kind == PacketKind::kTransitionToIdle) flags |= kToIdleFlag;
  if (packet.frame_count > 1) flags |= kRedundantFlag;
  return flags;
}

}  // namespace

void RtcPacket::clear() noexcept {
  kind = PacketKind::kIdle;
  start = false;
  end = false;
  frame_count = 0;
  transition.clear();
}

Status decode_packet(PacketProfile profile, ByteView bytes, const Recompress& inflate, RtcPacket& packet,
                     DecodeFailure& failure) {
  packet.clear();
  failure = {};
  const Status status = decode(profile, bytes, inflate, packet, failure);
  if (status != Status::kOk) packet.clear();
  return status;
}

Status encode_packet(PacketProfile profile, const RtcPacket& packet, const Recompress& deflate,
                     Bytes& bytes) {
  bytes.clear();
  if (!is_encodable(profile, packet)) return Status::kInvalidArgument;
  std::size_t total = packet.transition.size();
  for (std::size_t i = 0; i < packet.frame_count; ++i)
    total += packet.frames[i].message.size() + 2 * kWordSize;
  if (total > kMaxPacketBytes - kHeaderSize) return Status::kTooLarge;

  Bytes payload = packet.kind == PacketKind::kIdle ? Bytes() : body_of(packet, packet.frame_count > 1);
  unsigned flags = flags_of(packet);
  if (deflate && !payload.empty()) {
    Bytes packed;
    if (!deflate(profile, {payload.data(), payload.size()}, kMaxPacketBytes - kHeaderSize, packed)) {
      return Status::kTooLarge;
    }
    payload.swap(packed);
    flags |= kCompressedFlag;
  }
  bytes.reserve(kHeaderSize + payload.size());
  bytes.push_back(static_cast<std::uint8_t>(flags));
  append_word(bytes, payload.size());
  if (profile == PacketProfile::kSei) {
    append_zero_escapes({payload.data(), payload.size()}, bytes);
  } else {
    append(bytes, payload);
  }
  return Status::kOk;
}

}  // namespace hostmode
