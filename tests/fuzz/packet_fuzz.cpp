// Any bytes as a packet of either profile, and as an H.264 stream: no read out of bounds, a cleared packet on
// failure, and whatever decodes survives being encoded and decoded again. The first byte chooses.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "wire/rtc_packet.h"
#include "wire/sei.h"

namespace {

using namespace hostmode;
using Bytes = std::vector<std::uint8_t>;

void require(bool holds) {
  if (!holds) std::abort();
}

// Stands for an inflate that multiplies: what a bomb makes of a few bytes.
bool repeat(PacketProfile /*format*/, ByteView bytes, std::size_t at_most, Bytes& result) {
  if (bytes.size == 0) return false;
  const std::size_t times = bytes.data[0];
  if (times * bytes.size > at_most) return false;
  for (std::size_t i = 0; i < times; ++i) result.insert(result.end(), bytes.data, bytes.data + bytes.size);
  return true;
}

void check_packet(PacketProfile profile, ByteView bytes) {
  RtcPacket packet;
  DecodeFailure failure;
  if (decode_packet(profile, bytes, &repeat, packet, failure) != Status::kOk) {
    require(std::strlen(failure.reason) > 0);
    require(packet.kind == PacketKind::kIdle && packet.frame_count == 0 && packet.transition.empty());
    return;
  }
  require(packet.frame_count <= kMaxPacketFrames);
  if (packet.kind == PacketKind::kSpeech && packet.frame_count == 0) return;
  Bytes encoded;
  require(encode_packet(profile, packet, nullptr, encoded) == Status::kOk);
  RtcPacket again;
  require(decode_packet(profile, {encoded.data(), encoded.size()}, nullptr, again, failure) == Status::kOk);
  const bool empty_transition = packet.kind >= PacketKind::kTransitionToSpeech && packet.transition.empty();
  require(again.kind == packet.kind || (empty_transition && profile == PacketProfile::kSei));
  require(again.start == packet.start && again.end == packet.end);
  for (std::size_t i = 0; i < packet.frame_count; ++i) {
    if (packet.frames[0].message.empty() && packet.frame_count > 1) return;
    require(again.frames[i].seq == packet.frames[i].seq &&
            again.frames[i].message == packet.frames[i].message);
  }
}

void check_stream(ByteView stream) {
  std::vector<Bytes> payloads;
  extract_sei(stream, payloads);
  for (const Bytes& payload : payloads) require(payload.size() <= stream.size);
  Bytes with_sei;
  insert_sei({}, stream, with_sei);
  std::vector<Bytes> found;
  require(extract_sei({with_sei.data(), with_sei.size()}, found) == 0);
  require(found.size() == 1 && found[0] == Bytes(stream.data, stream.data + stream.size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  if (data[0] % 3 == 0) check_packet(PacketProfile::kSei, rest);
  if (data[0] % 3 == 1) check_packet(PacketProfile::kData, rest);
  if (data[0] % 3 == 2) check_stream(rest);
  return 0;
}
