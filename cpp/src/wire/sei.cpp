#include "wire/sei.h"

#include <algorithm>
#include <array>

namespace hostmode {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kNalTypeMask = 0x1f;
constexpr std::uint8_t kFirstSlice = 1;
constexpr std::uint8_t kLastSlice = 5;
constexpr std::uint8_t kSeiNal = 6;

constexpr std::size_t kPacketPayload = 101;
constexpr std::size_t kUserData = 5;

// A NAL unit within a stream: its start code, then its bytes.
struct Nal {
  std::size_t start_code = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Finds the start code 00 00 01 at or behind `from`; the size of the stream where there is none.
std::size_t find_start_code(ByteView stream, std::size_t from) {
  constexpr std::uint8_t kStartCode[] = {0, 0, 1};
  const std::uint8_t* const end = stream.data + stream.size;
  const std::uint8_t* const begin = stream.data + std::min(from, stream.size);
  return static_cast<std::size_t>(std::search(begin, end, std::begin(kStartCode), std::end(kStartCode)) -
                                  stream.data);
}

// The next NAL unit at or behind `from`. False where there is none.
bool next_nal(ByteView stream, std::size_t from, Nal& nal) {
  const std::size_t code = find_start_code(stream, from);
  if (code == stream.size) return false;
  // A start code may be four bytes long.
  nal.start_code = code > 0 && stream.data[code - 1] == 0 ? code - 1 : code;
  nal.begin = code + 3;
  nal.end = find_start_code(stream, nal.begin);
  return true;
}

// Takes out each 03 that follows two zeros.
Bytes without_emulation_prevention(const std::uint8_t* begin, const std::uint8_t* end) {
  Bytes plain;
  plain.reserve(static_cast<std::size_t>(end - begin));
  int zeros = 0;
  for (; begin != end; ++begin) {
    if (zeros >= 2 && *begin == 3) {
      zeros = 0;
      continue;
    }
    zeros = *begin == 0 ? zeros + 1 : 0;
    plain.push_back(*begin);
  }
  return plain;
}

// A type or a size: bytes of FF and one other byte, added up.
bool read_sum(const Bytes& bytes, std::size_t& at, std::size_t& sum) {
  sum = 0;
  while (at < bytes.size()) {
    const std::uint8_t byte = bytes[at++];
    sum += byte;
    if (byte != 0xff) return true;
  }
  return false;
}

void append_sum(Bytes& bytes, std::size_t sum) {
  for (; sum >= 0xff; sum -= 0xff) bytes.push_back(0xff);
  bytes.push_back(static_cast<std::uint8_t>(sum));
}

// Encoders write about themselves in payloads of type 5. As packets they would claim to be longer than they
// are.
bool may_be_packet(const std::uint8_t* payload, std::size_t size) {
  constexpr std::size_t kHeaderSize = 5;
  if (size < kHeaderSize) return false;
  std::uint64_t length = 0;
  for (std::size_t i = kHeaderSize - 1; i > 0; --i) length = length << 8 | payload[i];
  return length <= size - kHeaderSize;
}

// False where the unit is broken.
bool read_payloads(const Bytes& unit, std::vector<Bytes>& payloads) {
  std::size_t end = unit.size();
  while (end > 0 && unit[end - 1] == 0) --end;  // zeros may follow a unit
  const bool has_stop_bit = end > 1 && unit[end - 1] == 0x80;
  if (has_stop_bit) --end;
  std::size_t at = 1;
  while (at < end) {
    std::size_t type = 0;
    std::size_t size = 0;
    if (!read_sum(unit, at, type) || !read_sum(unit, at, size) || size > unit.size() - at) return false;
    const std::uint8_t* const payload = unit.data() + at;
    if (type == kPacketPayload || (type == kUserData && may_be_packet(payload, size))) {
      payloads.emplace_back(payload, payload + size);
    }
    at += size;
  }
  return has_stop_bit;
}

void append_sei(ByteView payload, Bytes& result) {
  Bytes unit = {kSeiNal, kPacketPayload};
  append_sum(unit, payload.size);
  unit.insert(unit.end(), payload.data, payload.data + payload.size);
  unit.push_back(0x80);

  constexpr std::array<std::uint8_t, 4> kStartCode = {0, 0, 0, 1};
  result.insert(result.end(), kStartCode.begin(), kStartCode.end());
  int zeros = 0;
  for (const std::uint8_t byte : unit) {
    if (zeros >= 2 && byte <= 3) {
      result.push_back(3);
      zeros = 0;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    result.push_back(byte);
  }
}

}  // namespace

std::size_t extract_sei(ByteView stream, std::vector<Bytes>& payloads) {
  std::size_t broken = 0;
  Nal nal;
  for (std::size_t at = 0; next_nal(stream, at, nal); at = nal.end) {
    if (nal.begin == nal.end || (stream.data[nal.begin] & kNalTypeMask) != kSeiNal) continue;
    const Bytes unit = without_emulation_prevention(stream.data + nal.begin, stream.data + nal.end);
    if (!read_payloads(unit, payloads)) ++broken;
  }
  return broken;
}

void insert_sei(ByteView stream, ByteView payload, Bytes& result) {
  std::size_t before = stream.size;
  Nal nal;
  for (std::size_t at = 0; before == stream.size && next_nal(stream, at, nal); at = nal.end) {
    const int type = nal.begin < nal.end ? stream.data[nal.begin] & kNalTypeMask : 0;
    if (type >= kFirstSlice && type <= kLastSlice) before = nal.start_code;
  }
  result.assign(stream.data, stream.data + before);
  append_sei(payload, result);
  result.insert(result.end(), stream.data + before, stream.data + stream.size);
}

}  // namespace hostmode
