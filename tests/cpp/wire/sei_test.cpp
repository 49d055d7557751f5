#include "wire/sei.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace hostmode;

using Bytes = std::vector<std::uint8_t>;

ByteView view(const Bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes whole;
  for (const Bytes& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

Bytes inserted(const Bytes& stream, const Bytes& payload) {
  Bytes result;
  insert_sei(view(stream), view(payload), result);
  return result;
}

std::vector<Bytes> found_in(const Bytes& stream, std::size_t broken = 0) {
  std::vector<Bytes> payloads;
  CHECK(extract_sei(view(stream), payloads) == broken);
  return payloads;
}

// NAL units of an H.264 picture.
const Bytes kDelimiter = {0, 0, 0, 1, 0x09, 0xf0};
const Bytes kSequence = {0, 0, 0, 1, 0x67, 0x42, 0x00, 0x1f};
const Bytes kPicture = {0, 0, 1, 0x68, 0xce, 0x3c};
const Bytes kKeySlice = {0, 0, 0, 1, 0x65, 0xb8, 0x11};
const Bytes kSlice = {0, 0, 1, 0x41, 0x9a, 0x22};
const Bytes kPayload = {0xaa, 0x00, 0x00, 0x01, 0xbb};
const Bytes kSei = {0, 0, 0, 1, 0x06, 101, 5, 0xaa, 0x00, 0x00, 0x03, 0x01, 0xbb, 0x80};

}  // namespace

TEST_CASE("sei: it goes behind what describes a picture and before its first slice") {
  CHECK(inserted(joined({kDelimiter, kSequence, kPicture, kKeySlice, kKeySlice}), kPayload) ==
        joined({kDelimiter, kSequence, kPicture, kSei, kKeySlice, kKeySlice}));
  CHECK(inserted(joined({kDelimiter, kSlice, kSlice, kSlice}), kPayload) ==
        joined({kDelimiter, kSei, kSlice, kSlice, kSlice}));
  CHECK(inserted(kSlice, kPayload) == joined({kSei, kSlice}));
}

TEST_CASE("sei: without a slice it goes to the end") {
  CHECK(inserted({}, kPayload) == kSei);
  CHECK(inserted(joined({kDelimiter, kSequence}), kPayload) == joined({kDelimiter, kSequence, kSei}));
  // Unspecified, and the first beyond a key picture's slice.
  const Bytes none = {0, 0, 1, 0x60, 0x01, 0, 0, 1, 0x66, 0x05, 0x01, 0xcc, 0x80};
  CHECK(inserted(none, kPayload) == joined({none, kSei}));
}

TEST_CASE("sei: whatever follows zeros comes back, and none of it looks like a start code") {
  for (int a = 0; a < 6; ++a) {
    for (int b = 0; b < 6; ++b) {
      for (int c = 0; c < 6; ++c) {
        CAPTURE(a);
        CAPTURE(b);
        CAPTURE(c);
        const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
        const Bytes payload = {0, 0, byte(a), byte(b), 0, 0, byte(c), 0x80};
        const Bytes stream = inserted({}, payload);
        CHECK(found_in(stream) == std::vector<Bytes>{payload});
        for (std::size_t at = 4; at + 2 < stream.size(); ++at)
          CHECK((stream[at] != 0 || stream[at + 1] != 0 || stream[at + 2] > 2));
      }
    }
  }
}

TEST_CASE("sei: a size is a sum of bytes, the last of them below FF") {
  for (const std::size_t size : {254U, 255U, 256U, 509U, 510U}) {
    Bytes payload(size);
    std::iota(payload.begin(), payload.end(), std::uint8_t{4});
    const Bytes stream = inserted(kSlice, payload);
    CAPTURE(size);
    std::size_t at = 6;
    for (std::size_t rest = size; rest >= 255; rest -= 255) CHECK(stream[at++] == 0xff);
    CHECK(stream[at] == size % 255);
    CHECK(found_in(stream) == std::vector<Bytes>{payload});
  }
}

TEST_CASE("sei: of a unit that breaks off what stands before the break is kept, and the unit counted") {
  const Bytes whole = {0, 0, 1, 0x06, 101, 2, 0x11, 0x22, 101, 1, 0x33, 0x80};
  CHECK(found_in(whole) == std::vector<Bytes>{{0x11, 0x22}, {0x33}});
  const Bytes too_long = {0, 0, 1, 0x06, 101, 2, 0x11, 0x22, 101, 9, 0x33, 0x80};
  CHECK(found_in(too_long, 1) == std::vector<Bytes>{{0x11, 0x22}});
  const Bytes no_size = {0, 0, 1, 0x06, 101, 2, 0x11, 0x22, 101, 0xff, 0x80};
  CHECK(found_in(no_size, 1) == std::vector<Bytes>{{0x11, 0x22}});
  const Bytes no_stop_bit = {0, 0, 1, 0x06, 101, 1, 0x44};
  CHECK(found_in(no_stop_bit, 1) == std::vector<Bytes>{{0x44}});
  // One broken unit costs no other, and what is no such unit is none of its concern.
  CHECK(found_in(joined({too_long, kSlice, no_size, whole}), 2).size() == 4);
  CHECK(found_in(joined({kSequence, kKeySlice}), 0).empty());
}

TEST_CASE("sei: zeros and threes come through, and zeros behind a unit belong to no payload") {
  const std::vector<Bytes> hard = {{0, 0, 0, 0}, {0, 0, 3}, {3, 0, 0, 3, 3, 0, 0, 2}, {0, 0, 1, 0, 0}};
  for (const Bytes& payload : hard) {
    CHECK(found_in(joined({inserted({}, payload), kKeySlice})) == std::vector<Bytes>{payload});
    CHECK(found_in(joined({inserted({}, payload), {0, 0, 0}, kSlice})) == std::vector<Bytes>{payload});
  }
}

TEST_CASE("sei: user data counts where it may be a packet, other payloads never do") {
  // A packet of 1 byte and its header; one that says more than there is; too short for a header.
  const Bytes packet = {0, 0, 1, 0x06, 5, 6, 0x02, 1, 0, 0, 0, 0x99, 0x80};
  CHECK(found_in(packet) == std::vector<Bytes>{{0x02, 1, 0, 0, 0, 0x99}});
  CHECK(found_in({0, 0, 1, 0x06, 5, 6, 0x02, 2, 0, 0, 0, 0x99, 0x80}).empty());
  CHECK(found_in({0, 0, 1, 0x06, 5, 4, 0x02, 1, 0x99, 0x99, 0x80}).empty());
  CHECK(found_in({0, 0, 1, 0x06, 4, 6, 0x02, 1, 0, 0, 0, 0x99, 0x80}).empty());
}
