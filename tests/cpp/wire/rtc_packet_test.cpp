#include "wire/rtc_packet.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "wire/sei.h"

using namespace hostmode;

namespace {

using Bytes = std::vector<std::uint8_t>;

ByteView view(const Bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

RtcPacket decoded(PacketProfile profile, const Bytes& bytes, const Recompress& inflate = {}) {
  RtcPacket packet;
  DecodeFailure failure;
  REQUIRE(decode_packet(profile, view(bytes), inflate, packet, failure) == Status::kOk);
  return packet;
}

const Bytes kMessage = {0x08, 0x05};

}  // namespace

TEST_CASE("packet: the start of an SEI round is unescaped") {
  const RtcPacket packet =
      decoded(PacketProfile::kSei, {0x02, 6, 0, 0, 0, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0x08, 0x05});
  CHECK(packet.kind == PacketKind::kSpeech);
  CHECK(packet.start);
  REQUIRE(packet.frame_count == 1);
  CHECK(packet.frames[0].seq == 0);
  CHECK(packet.frames[0].message == kMessage);
}

TEST_CASE("packet: a compressed body goes to the caller's inflate, unescaped and with the bound") {
  Bytes given;
  std::size_t bound = 0;
  const Recompress inflate = [&](PacketProfile format, ByteView bytes, std::size_t at_most, Bytes& result) {
    CHECK(format == PacketProfile::kSei);
    given.assign(bytes.data, bytes.data + bytes.size);
    bound = at_most;
    result = {1, 0, 0, 0, 0x08, 0x05};
    return true;
  };
  const RtcPacket packet =
      decoded(PacketProfile::kSei, {0x08, 4, 0, 0, 0, 0xff, 0xff, 0, 0xff, 7, 8}, inflate);
  CHECK(given == Bytes{0xff, 0, 7, 8});
  CHECK(bound == kMaxPacketBytes);
  CHECK(packet.frames[0].seq == 1);
  CHECK(packet.frames[0].message == kMessage);

  RtcPacket other;
  DecodeFailure failure;
  const Bytes compressed = {0x08, 1, 0, 0, 0, 1};
  CHECK(decode_packet(PacketProfile::kSei, view(compressed), {}, other, failure) == Status::kMalformed);
  const Recompress boundless = [](PacketProfile, ByteView, std::size_t, Bytes& result) {
    result.resize(kMaxPacketBytes + 1);
    return true;
  };
  CHECK(decode_packet(PacketProfile::kSei, view(compressed), boundless, other, failure) == Status::kTooLarge);
}

TEST_CASE("packet: every truncated packet is refused within its bounds, or is a shorter message") {
  const Bytes whole = {0x40, 22, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 8, 5, 2, 0, 0, 0, 8, 5, 2, 0, 0, 0, 8, 5};
  CHECK(decoded(PacketProfile::kData, whole).frame_count == 3);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    RtcPacket packet;
    DecodeFailure failure;
    CAPTURE(size);
    CHECK(decode_packet(PacketProfile::kData, view(prefix), {}, packet, failure) == Status::kMalformed);
    CHECK(packet.frame_count == 0);
  }
}

TEST_CASE("sei: emulation prevention, sums of FF, both lengths of start codes") {
  Bytes payload(600, 0);
  for (std::size_t i = 0; i < payload.size(); i += 7) payload[i] = static_cast<std::uint8_t>(i % 5);
  const Bytes slice = {0, 0, 0, 1, 0x65, 0x88};
  Bytes stream;
  insert_sei(view(slice), view(payload), stream);
  CHECK(Bytes(stream.end() - 6, stream.end()) == slice);
  std::vector<Bytes> found;
  CHECK(extract_sei(view(stream), found) == 0);
  REQUIRE(found.size() == 1);
  CHECK(found[0] == payload);
}

TEST_CASE("packet: the fuzz corpus is taken without complaint") {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HOSTMODE_TEST_DATA "/packet_corpus")) {
    CAPTURE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> raw{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const Bytes bytes(raw.begin(), raw.end());
    for (const PacketProfile profile : {PacketProfile::kSei, PacketProfile::kData}) {
      RtcPacket packet;
      DecodeFailure failure;
      const Status status = decode_packet(profile, {bytes.data() + 1, bytes.size() - 1}, {}, packet, failure);
      CHECK((status == Status::kOk) == (failure.reason[0] == '\0'));
    }
    ++count;
  }
  CHECK(count >= 12);
}

TEST_CASE("packet: of one that is refused nothing stays") {
  RtcPacket packet;
  DecodeFailure failure;
  const Bytes cut = {0x42, 12, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x08, 0x05, 1, 0};
  CHECK(decode_packet(PacketProfile::kData, view(cut), {}, packet, failure) == Status::kMalformed);
  CHECK(packet.frame_count == 0);
  CHECK(packet.kind == PacketKind::kIdle);
  CHECK_FALSE(packet.start);
}
