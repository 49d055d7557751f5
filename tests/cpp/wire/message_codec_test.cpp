#include "hostmode/message.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "wire/keyframe_wire.h"
#include "wire/wire_builder.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

struct Decoded {
  Status status;
  Message message;
  DecodeFailure failure;
};

Status decode_into(const Bytes& bytes, Message& message, DecodeFailure& failure,
                   const DecodeLimits& limits = {}) {
  return decode_message(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), message, failure,
                        limits);
}

Decoded decode(const Bytes& bytes, const DecodeLimits& limits = {}) {
  Decoded result;
  result.status = decode_into(bytes, result.message, result.failure, limits);
  return result;
}

bool accepts(const Bytes& bytes) {
  return decode(bytes).status == Status::kOk;
}

Bytes encode(const std::vector<Keyframe>& keyframes, const std::string& connection_id = "",
             const std::string& req_id = "", bool end = false, const std::string& avatar_id = "") {
  std::vector<std::uint8_t> bytes;
  REQUIRE(encode_message(keyframes.data(), keyframes.size(), connection_id, req_id, end, avatar_id, bytes) ==
          Status::kOk);
  return {bytes.begin(), bytes.end()};
}

Bytes nested_groups(int depth) {
  Bytes bytes;
  for (int i = 0; i < depth; ++i) bytes += tag(20, 3);
  for (int i = 0; i < depth; ++i) bytes += tag(20, 4);
  return bytes;
}

const Bytes kNan = raw_float(std::numeric_limits<float>::quiet_NaN());

}  // namespace

TEST_CASE("decode: an envelope gives its keyframes, ids and end") {
  const Decoded got =
      decode(number(1, 5) + response(block(1, "conn") + block(2, "req") + number(3, 1) +
                                     block(4, full_keyframe(1) + full_keyframe(200)) + block(5, "ava")));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.kind == MessageKind::kAnimation);
  CHECK(got.message.type == 5);
  CHECK(got.message.connection_id == "conn");
  CHECK(got.message.req_id == "req");
  CHECK(got.message.avatar_id == "ava");
  CHECK(got.message.end);
  REQUIRE(got.message.keyframes.size() == 2);
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    CHECK(got.message.keyframes[0].data()[i] == 1 + static_cast<float>(i));
    CHECK(got.message.keyframes[1].data()[i] == 200 + static_cast<float>(i));
  }
}

TEST_CASE("decode: bytes that start with 0x0a are bare animation") {
  const Decoded got = decode(full_keyframe(1));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.kind == MessageKind::kAnimation);
  CHECK(got.message.type == 5);
  CHECK(got.message.keyframes.size() == 1);
}

TEST_CASE("decode: nothing is an envelope without payload") {
  Message message;
  DecodeFailure failure;
  CHECK(decode_message(nullptr, 0, message, failure) == Status::kOk);
  CHECK(message.kind == MessageKind::kOther);
}

TEST_CASE("decode: fields of a keyframe come in any order, absent ones are zero") {
  const Decoded got = decode(keyframe(packed(4, {7, 8, 9}) + packed(1, {1, 2, 3})));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.keyframes[0].jaw_pose[2] == 9);
  CHECK(got.message.keyframes[0].translation[0] == 1);
  CHECK(got.message.keyframes[0].expression[99] == 0);
}

TEST_CASE("decode: all fields in another order take as many bytes and are the same") {
  Bytes fields;
  for (std::size_t i = kKeyframeFields.size(); i-- > 0;) {
    Bytes floats;
    for (std::size_t n = 0; n < kKeyframeFields[i].floats; ++n)
      floats += raw_float(static_cast<float>(i + 1));
    fields += block(static_cast<std::uint32_t>(i + 1), floats);
  }
  REQUIRE(keyframe(fields).size() == full_keyframe(1).size());
  const Decoded got = decode(keyframe(fields));
  REQUIRE(got.status == Status::kOk);
  for (std::size_t i = 0; i < kKeyframeFields.size(); ++i) {
    CHECK(got.message.keyframes[0].data()[kKeyframeFields[i].offset] == static_cast<float>(i + 1));
  }
}

TEST_CASE("decode: an unknown field as long as a known one is not taken for it") {
  Bytes fields;
  for (std::size_t i = 0; i < kKeyframeFields.size(); ++i) {
    Bytes floats;
    for (std::size_t n = 0; n < kKeyframeFields[i].floats; ++n) floats += raw_float(1);
    fields += block(i == 5 ? 8 : static_cast<std::uint32_t>(i + 1), floats);
  }
  REQUIRE(keyframe(fields).size() == full_keyframe(1).size());
  const Decoded got = decode(keyframe(fields));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.keyframes[0].eye_lid[0] == 0);
  CHECK(got.message.keyframes[0].expression[99] == 1);
}

TEST_CASE("decode: bare animation says nothing of what the reused message said") {
  Message message;
  DecodeFailure failure;
  const Bytes said = block(1, "conn") + block(2, "req") + number(3, 1) + block(5, "ava");
  REQUIRE(decode_into(number(1, 5) + response(said), message, failure) == Status::kOk);
  REQUIRE(message.end);
  REQUIRE(decode_into(full_keyframe(1), message, failure) == Status::kOk);
  CHECK((message.connection_id + message.req_id + message.avatar_id).empty());
  CHECK_FALSE(message.end);
}

TEST_CASE("decode: packed and unpacked floats concatenate, a short field is zero-padded") {
  const Decoded got = decode(keyframe(packed(5, {1, 2}) + unpacked(5, 3) + packed(5, {}) + packed(5, {4})));
  REQUIRE(got.status == Status::kOk);
  const float expected[6] = {1, 2, 3, 4, 0, 0};
  for (int i = 0; i < 6; ++i) CHECK(got.message.keyframes[0].eye_pose[i] == expected[i]);
}

TEST_CASE("decode: a short field does not show what the reused message held") {
  Message message;
  DecodeFailure failure;
  REQUIRE(decode_into(full_keyframe(1), message, failure) == Status::kOk);
  REQUIRE(decode_into(keyframe(packed(1, {5})), message, failure) == Status::kOk);
  CHECK(message.keyframes[0].translation[0] == 5);
  CHECK(message.keyframes[0].translation[1] == 0);
  CHECK(message.keyframes[0].expression[50] == 0);
}

TEST_CASE("decode: more floats than a field has are malformed") {
  CHECK_FALSE(accepts(keyframe(packed(6, {1, 2, 3}))));
  CHECK_FALSE(accepts(keyframe(packed(6, {1, 2}) + unpacked(6, 3))));
  CHECK_FALSE(accepts(keyframe(block(6, "12345"))));
  CHECK(accepts(keyframe(packed(6, {1, 2}) + packed(6, {}))));
}

TEST_CASE("decode: NaN and infinity are malformed, wherever they stand") {
  Bytes bytes = full_keyframe(1);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const Bytes& bad : {kNan, raw_float(kInfinity), raw_float(-kInfinity)}) {
    CHECK_FALSE(accepts(keyframe(packed(1, {0}) + tag(2, 5) + bad)));
    for (const std::size_t at : {std::size_t{5}, bytes.size() - 4}) {
      Bytes broken = bytes;
      broken.replace(at, 4, bad);
      const Decoded got = decode(broken);
      CHECK(got.status == Status::kMalformed);
      CHECK(got.failure.offset == at);
      CHECK(std::string(got.failure.reason) == "NaN or infinity in a keyframe");
    }
  }
  CHECK(accepts(keyframe(packed(1, {std::numeric_limits<float>::denorm_min(), -0.0F}))));
}

TEST_CASE("decode: a magnitude beyond 10000 is malformed, in every field and layout") {
  const Bytes whole = full_keyframe(1);
  constexpr float kJustBeyond = 10000.0009765625F;
  for (const float bad : {kJustBeyond, -kJustBeyond, 1e30F, -std::numeric_limits<float>::max()}) {
    CHECK_FALSE(accepts(keyframe(packed(4, {0, bad}))));
    CHECK_FALSE(accepts(keyframe(unpacked(7, bad))));
    for (std::size_t at = 5; at + 4 <= whole.size();) {
      Bytes broken = whole;
      broken.replace(at, 4, raw_float(bad));
      const Decoded got = decode(full_keyframe(1) + broken);
      CAPTURE(at);
      CHECK(got.status == Status::kMalformed);
      CHECK(got.failure.offset == whole.size() + at);
      CHECK(std::string(got.failure.reason) == "a value beyond 10000 in a keyframe");
      at += 4;
      for (const std::size_t header : {17U, 31U, 45U, 59U, 85U}) at += at == header ? 2 : 0;
      at += at == 95 ? 3 : 0;
    }
  }
  Bytes extreme = whole;
  for (const std::size_t at : {std::size_t{5}, whole.size() - 4}) extreme.replace(at, 4, raw_float(-1e4F));
  CHECK(accepts(extreme));
  CHECK(accepts(keyframe(packed(1, {1e4F, -1e4F}))));
}

TEST_CASE("decode: two messages glued together are one, which says that an animation was replaced") {
  const Bytes first = number(1, 5) + response(block(2, "a") + block(4, full_keyframe(1) + full_keyframe(2)));
  const Bytes second = number(1, 5) + response(block(2, "b") + number(3, 1) + block(4, full_keyframe(9)));
  const Decoded got = decode(first + second);
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.req_id == "b");
  CHECK(got.message.end);
  REQUIRE(got.message.keyframes.size() == 1);
  CHECK(got.message.keyframes[0].translation[0] == 9);
  CHECK(got.message.replaced_animations == 1);
  CHECK(decode(first + second + first).message.replaced_animations == 2);
  CHECK(decode(first + block(5, block(4, "no credits"))).message.replaced_animations == 1);
  CHECK(decode(first).message.replaced_animations == 0);
  CHECK(decode(number(1, 5) + response(block(4, "")) + second).message.replaced_animations == 0);
}

TEST_CASE("decode: of a repeated scalar, string or animation the last wins") {
  const Decoded got =
      decode(response(block(2, "a") + block(2, "b") + number(3, 1) + number(3, 0) +
                      block(4, full_keyframe(1) + full_keyframe(2)) + block(4, full_keyframe(9))));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.req_id == "b");
  CHECK_FALSE(got.message.end);
  REQUIRE(got.message.keyframes.size() == 1);
  CHECK(got.message.keyframes[0].translation[0] == 9);
}

TEST_CASE("decode: a broken animation is malformed only if it is the one that counts") {
  CHECK_FALSE(accepts(response(block(4, "\x0a\x05"))));
  CHECK_FALSE(accepts(response(block(4, full_keyframe(1)) + block(4, "\x0a\x05"))));
  CHECK(accepts(response(block(4, "\x0a\x05") + block(4, full_keyframe(1)))));
  CHECK(accepts(response(block(4, "\x0a\x05")) + block(8, "")));
}

TEST_CASE("decode: a sub-message sent twice is merged") {
  const Decoded got =
      decode(response(block(1, "c") + block(4, full_keyframe(1))) + response(block(2, "r") + number(3, 1)));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.connection_id == "c");
  CHECK(got.message.req_id == "r");
  CHECK(got.message.end);
  CHECK(got.message.keyframes.size() == 1);
}

TEST_CASE("decode: the last member of the oneof wins and returning to one starts afresh") {
  const Bytes animation = response(block(1, "c") + number(3, 1) + block(4, full_keyframe(1)));
  const Bytes error = block(5, block(1, "e") + number(3, 42) + block(4, "no credits"));

  const Decoded failed = decode(animation + error);
  CHECK(failed.message.kind == MessageKind::kServerError);
  CHECK(failed.message.connection_id == "e");
  CHECK(failed.message.keyframes.empty());
  CHECK_FALSE(failed.message.end);

  const Decoded back = decode(animation + error + response(block(2, "r")));
  CHECK(back.message.kind == MessageKind::kAnimation);
  CHECK(back.message.connection_id == "");
  CHECK(back.message.req_id == "r");
  CHECK(back.message.error_code == 0);
  CHECK(back.message.keyframes.empty());
}

TEST_CASE("decode: a server error gives its code and text") {
  const Decoded got = decode(
      number(1, 4) + block(5, block(2, "r") + number(3, static_cast<std::uint64_t>(-7)) + block(4, "nein")));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.kind == MessageKind::kServerError);
  CHECK(got.message.type == 4);
  CHECK(got.message.req_id == "r");
  CHECK(got.message.error_code == -7);
  CHECK(got.message.error_message == "nein");
}

TEST_CASE("decode: other and unknown messages are well framed and of kind other") {
  for (const std::uint32_t member : {2U, 3U, 4U, 8U, 9U, 10U, 11U}) {
    CHECK(decode(number(1, 99) + block(member, block(20, "x"))).message.kind == MessageKind::kOther);
    CHECK_FALSE(accepts(number(1, 99) + block(member, "\x0a")));
  }
  CHECK(decode(number(1, 99)).message.type == 99);
  CHECK(accepts(block(7, "\x0a")));
  CHECK_FALSE(accepts(block(2, block(6, "\x0a"))));
}

TEST_CASE("decode: unknown fields and groups are skipped") {
  const Bytes unknown = number(20, 1) + tag(21, 1) + Bytes(8, 'x') + block(22, "abc") + unpacked(23, 1) +
                        group(24, number(1, 1) + group(25, block(4, "x")));
  const Decoded got =
      decode(unknown + response(unknown + block(4, unknown + keyframe(unknown + packed(1, {3}))) + unknown) +
             unknown);
  REQUIRE(got.status == Status::kOk);
  REQUIRE(got.message.keyframes.size() == 1);
  CHECK(got.message.keyframes[0].translation[0] == 3);
}

TEST_CASE("decode: a known field of another wire type is unknown") {
  const Decoded got = decode(block(1, "x").insert(0, number(20, 0)) + number(6, 1) +
                             response(number(1, 1) + block(3, "x") + number(4, 1) +
                                      block(4, number(1, 1) + keyframe(number(1, 1)))));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.type == 0);
  CHECK(got.message.keyframes.size() == 1);
}

TEST_CASE("decode: groups nest 100 deep and must match") {
  CHECK(accepts(nested_groups(100)));
  CHECK_FALSE(accepts(nested_groups(101)));
  CHECK(accepts(response(nested_groups(99))));
  CHECK_FALSE(accepts(response(nested_groups(100))));
  CHECK_FALSE(accepts(tag(20, 3)));
  CHECK_FALSE(accepts(tag(20, 4)));
  CHECK_FALSE(accepts(tag(20, 3) + tag(21, 4)));
  CHECK_FALSE(accepts(tag(20, 3) + tag(21, 3) + tag(20, 4) + tag(21, 4)));
}

TEST_CASE("decode: field number 0 and wire types 6 and 7 are malformed") {
  CHECK_FALSE(accepts(number(0, 1)));
  CHECK_FALSE(accepts(group(20, number(0, 1))));
  CHECK_FALSE(accepts(tag(20, 6)));
  CHECK_FALSE(accepts(tag(20, 7)));
}

TEST_CASE("decode: overlong varints are accepted as far as protobuf does") {
  CHECK(accepts(Bytes("\x88\x80\x80\x80\x00\x05", 6)));
  CHECK_FALSE(accepts(Bytes("\x88\x80\x80\x80\x80\x00\x05", 7)));
  CHECK_FALSE(accepts(Bytes("\x88\x80\x80\x80\x10\x05", 6)));
  CHECK(decode(Bytes("\x08\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11)).message.type == 5);
  CHECK(accepts(Bytes("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 11)));
  CHECK_FALSE(accepts(Bytes("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12)));
  CHECK(accepts(Bytes("\x32\x80\x80\x80\x80\x00", 6)));
  CHECK_FALSE(accepts(Bytes("\x32\x80\x80\x80\x80\x80\x00", 7)));
}

TEST_CASE("decode: lengths beyond what is there are malformed") {
  CHECK_FALSE(accepts("\x32\x01"));
  CHECK_FALSE(accepts("\x32\xff\xff\xff\xff\x07"));
  CHECK_FALSE(accepts("\x32\xff\xff\xff\xff\x0f"));
  for (const auto& [type, size] : {std::pair{1U, 8U}, std::pair{5U, 4U}}) {
    CHECK(accepts(tag(20, type) + Bytes(size, 'x')));
    CHECK_FALSE(accepts(tag(20, type) + Bytes(size - 1, 'x')));
  }
}

TEST_CASE("decode: strings must be UTF-8, those that are replaced too") {
  for (const Bytes bad : {"\x80", "\xc0\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xc3", "\xe2\x82"}) {
    CHECK_FALSE(accepts(response(block(1, bad))));
    CHECK_FALSE(accepts(response(block(2, bad) + block(2, "fine"))));
    CHECK_FALSE(accepts(response(block(2, bad) + block(20, ""))));
    CHECK_FALSE(accepts(block(5, block(4, bad))));
    CHECK_FALSE(accepts(block(8, block(1, bad))));
    CHECK(accepts(response(block(20, bad))));
  }
  for (const Bytes good :
       {"\xc2\x80", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(decode(response(block(5, good))).message.avatar_id == good);
  }
}

TEST_CASE("decode: a failure leaves nothing behind and says where, from the first byte") {
  Message message;
  DecodeFailure failure;
  REQUIRE(decode_into(number(1, 5) + response(block(2, "r") + number(3, 1) + block(4, full_keyframe(1))),
                      message, failure) == Status::kOk);
  const Bytes head = number(1, 5) + Bytes("\x32\x09", 2) + block(2, "r") + Bytes("\x22\x04", 2);
  REQUIRE(decode_into(head + keyframe(Bytes("\x0a\x05", 2)), message, failure) == Status::kMalformed);
  CHECK(failure.offset == head.size() + 3);
  CHECK(std::string(failure.reason) == "a field is longer than what holds it");
  CHECK(message.kind == MessageKind::kOther);
  CHECK(message.req_id.empty());
  CHECK_FALSE(message.end);
  CHECK(message.keyframes.empty());
}

TEST_CASE("decode: every truncated message is refused within its bounds, or is a shorter message") {
  const Bytes animation = full_keyframe(1) + keyframe(packed(1, {1}) + unpacked(2, 1)) + full_keyframe(2);
  const Bytes whole = number(1, 5) + response(block(1, "c") + block(4, animation) + number(3, 1));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a read beyond the end.
    const std::vector<char> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const Decoded got = decode(Bytes(prefix.begin(), prefix.end()));
    CAPTURE(size);
    CHECK((got.status == Status::kOk) == (size == 0 || size == 2));
    CHECK(got.failure.offset <= size);
  }
  const std::size_t boundaries[] = {0, 498, 498 + 2 + 6 + 5, animation.size()};
  for (std::size_t size = 0; size <= animation.size(); ++size) {
    const bool at_boundary =
        std::find(std::begin(boundaries), std::end(boundaries), size) != std::end(boundaries);
    CAPTURE(size);
    CHECK(accepts(animation.substr(0, size)) == at_boundary);
  }
}

TEST_CASE("decode: limits are inclusive and refuse with kTooLarge") {
  const Bytes bytes = envelope(keyframe("") + keyframe("") + keyframe(""));
  DecodeLimits limits;
  limits.max_keyframes = 3;
  limits.max_message_bytes = bytes.size();
  CHECK(decode(bytes, limits).status == Status::kOk);
  limits.max_keyframes = 2;
  const Decoded got = decode(bytes, limits);
  CHECK(got.status == Status::kTooLarge);
  CHECK(got.failure.offset == bytes.size() - 2);
  CHECK(got.message.keyframes.empty());
  limits = {};
  limits.max_message_bytes = bytes.size() - 1;
  CHECK(decode(bytes, limits).status == Status::kTooLarge);
}

TEST_CASE("decode: into a used message allocates nothing") {
  const Bytes bytes =
      encode(std::vector<Keyframe>(100), "20251223042742_Oja7E-8NzYGi", "20251223042742_abcdefghijkl");
  const Bytes shorter =
      encode(std::vector<Keyframe>(57), "20251223042742_Oja7E-8NzYGi", "20251223042742_abcdefghijkl");
  Message message;
  DecodeFailure failure;
  REQUIRE(decode_into(bytes, message, failure) == Status::kOk);
  const std::size_t before = allocation_count();
  const Status first = decode_into(shorter, message, failure);
  const Status second = decode_into(bytes, message, failure);
  const std::size_t after = allocation_count();
  CHECK(first == Status::kOk);
  CHECK(second == Status::kOk);
  CHECK(after == before);
}

TEST_CASE("decode: into a new message allocates once for all keyframes") {
  const Bytes bytes = encode(std::vector<Keyframe>(1000));
  Message message;
  DecodeFailure failure;
  const std::size_t before = allocation_count();
  const Status status = decode_into(bytes, message, failure);
  const std::size_t after = allocation_count();
  CHECK(status == Status::kOk);
  CHECK(after - before == 1);
}

TEST_CASE("encode: what is encoded decodes to the same, 498 bytes a keyframe") {
  std::vector<Keyframe> keyframes(3);
  for (std::size_t i = 0; i < keyframes.size() * kKeyframeFloats; ++i) {
    keyframes[i / kKeyframeFloats].data()[i % kKeyframeFloats] = static_cast<float>(i) * 0.25F - 7;
  }
  const Decoded got = decode(encode(keyframes, "c", "r", true, "ä"));
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.connection_id == "c");
  CHECK(got.message.req_id == "r");
  CHECK(got.message.end);
  CHECK(got.message.avatar_id == "ä");
  REQUIRE(got.message.keyframes.size() == 3);
  CHECK(std::memcmp(got.message.keyframes.data(), keyframes.data(), sizeof(Keyframe) * 3) == 0);
  CHECK(encode(std::vector<Keyframe>(8)).size() - encode(std::vector<Keyframe>(7)).size() == 498);
}

TEST_CASE("encode: nothing but an end is an animation without keyframes") {
  const Decoded got = decode(encode({}, "", "", true));
  CHECK(got.message.kind == MessageKind::kAnimation);
  CHECK(got.message.end);
  CHECK(got.message.keyframes.empty());
}

TEST_CASE("encode: refuses what no one would decode") {
  std::vector<std::uint8_t> bytes = {1};
  Keyframe keyframe{};
  keyframe.expression[99] = std::numeric_limits<float>::infinity();
  CHECK(encode_message(&keyframe, 1, "", "", false, "", bytes) == Status::kInvalidArgument);
  CHECK(bytes.empty());
  keyframe.expression[99] = -1.1e4F;
  CHECK(encode_message(&keyframe, 1, "", "", false, "", bytes) == Status::kInvalidArgument);
  CHECK(encode_message(nullptr, 0, "\xff", "", false, "", bytes) == Status::kInvalidArgument);
  CHECK(encode_message(nullptr, 0, "", "\xff", false, "", bytes) == Status::kInvalidArgument);
  CHECK(encode_message(nullptr, 0, "", "", false, "\xff", bytes) == Status::kInvalidArgument);
}
