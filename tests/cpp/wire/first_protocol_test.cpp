#include "wire/first_protocol.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "wire/decoded_message.h"
#include "wire/wire_builder.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

const Bytes kType = number(1, 1004);

Bytes first_response(const Bytes& fields) {
  return block(3, fields);
}

Bytes animation(const Bytes& keyframes) {
  return block(2, keyframes);
}

}  // namespace

TEST_CASE("first protocol: the published vector is one keyframe with an open jaw") {
  const Bytes bytes(
      "\x08\xec\x07\x1a\x15\x0a\x01\x72\x12\x10\x0a\x0e\x2a\x0c\x00\x00\x80\x3e\x00\x00\x00\x00\x00\x00\x00"
      "\x00",
      26);
  const Decoded got = decode(bytes);
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.kind == MessageKind::kAnimation);
  CHECK(got.message.type == 1004);
  CHECK(got.message.req_id == "r");
  CHECK_FALSE(got.message.end);
  REQUIRE(got.message.keyframes.size() == 1);
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    CHECK(got.message.keyframes[0].data()[i] == (i == kJawPoseOffset ? 0.25F : 0.0F));
  }
}

TEST_CASE("first protocol: all seven fields lie one number higher, laid out as sent or in any order") {
  const Bytes plain = full_keyframe(1, 2);
  const Bytes other_order =
      keyframe(unpacked(8, 21) + packed(2, {1, 2, 3}) + unpacked(8, 22) + packed(1, {9}));
  const Decoded got = decode(kType + first_response(animation(plain + other_order) + block(1, "r")));
  REQUIRE(got.status == Status::kOk);
  REQUIRE(got.message.keyframes.size() == 2);
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    CHECK(got.message.keyframes[0].data()[i] == static_cast<float>(i) + 1);
  }
  CHECK(got.message.keyframes[1].translation[2] == 3);
  CHECK(got.message.keyframes[1].expression[1] == 22);
  CHECK(got.message.keyframes[1].expression[2] == 0);
}

TEST_CASE("first protocol: the type counts wherever it stands, and the last one") {
  const Bytes body = first_response(animation(full_keyframe(1, 2)));
  CHECK(decode(body + kType).message.keyframes.size() == 1);
  CHECK(decode(number(1, 5) + body + kType).message.kind == MessageKind::kAnimation);
  CHECK(decode(kType + response(block(4, full_keyframe(1))) + number(1, 5)).message.keyframes.size() == 1);
}

TEST_CASE("first protocol: what is sent twice merges, so glued messages lose nothing") {
  const Bytes first = kType + first_response(block(1, "a") + animation(full_keyframe(1, 2)));
  const Bytes second = kType + first_response(block(1, "b") + animation(full_keyframe(2, 2)) +
                                              animation(keyframe("") + full_keyframe(3, 2)));
  const Decoded got = decode(first + second);
  REQUIRE(got.status == Status::kOk);
  CHECK(got.message.req_id == "b");
  REQUIRE(got.message.keyframes.size() == 4);
  CHECK(got.message.keyframes[0].translation[0] == 1);
  CHECK(got.message.keyframes[1].translation[0] == 2);
  CHECK(got.message.keyframes[2].translation[0] == 0);
  CHECK(got.message.keyframes[3].translation[0] == 3);
  CHECK(got.message.replaced_animations == 0);
}

TEST_CASE("first protocol: with another field set, or another type, it is of kind other") {
  const Bytes body = first_response(block(1, "r") + animation(full_keyframe(1, 2)));
  for (const std::uint32_t member : {2U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U}) {
    for (const Bytes& bytes : {kType + block(member, "\x0a"), kType + body + block(member, "")}) {
      const Decoded got = decode(bytes);
      CAPTURE(member);
      REQUIRE(got.status == Status::kOk);
      CHECK(got.message.kind == MessageKind::kOther);
      CHECK(got.message.type == 1004);
      CHECK(got.message.req_id.empty());
      CHECK(got.message.keyframes.empty());
    }
    CHECK(decode(kType + block(member, "") + body).message.keyframes.size() == 1);
    CHECK(decode(kType + body + block(member, "") + body).message.keyframes.size() == 1);
  }
  for (const std::uint64_t type : {1000U, 1003U, 1005U, 99999U, 0x7fffffffU}) {
    const Decoded got =
        decode(number(1, type) + body + response(block(4, full_keyframe(1))) + block(5, "\xff"));
    REQUIRE(got.status == Status::kOk);
    CHECK(got.message.kind == MessageKind::kOther);
    CHECK(got.message.type == static_cast<std::int32_t>(type));
    CHECK(got.message.keyframes.empty());
  }
  CHECK(decode(kType).message.kind == MessageKind::kOther);
  CHECK(decode(kType + block(20, "x") + body).message.kind == MessageKind::kAnimation);
  CHECK(decode(number(1, 999) + response(block(4, full_keyframe(1)))).message.keyframes.size() == 1);
}

TEST_CASE("first protocol: what another field replaces has to be well framed and no more") {
  const Bytes body = first_response(block(1, "r") + animation(full_keyframe(1, 2)));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Bytes& impossible : {keyframe(packed(2, {1e5F})), keyframe(packed(8, {nan})),
                                  keyframe(packed(3, {1, 2, 3, 4})), keyframe(unpacked(8, -2e4F))}) {
    const Bytes replaced = first_response(animation(impossible));
    CHECK_FALSE(accepts(kType + replaced));
    CHECK_FALSE(accepts(kType + block(4, "") + replaced));
    CHECK_FALSE(accepts(kType + replaced + body));
    CHECK(decode(kType + replaced + block(2, "")).message.kind == MessageKind::kOther);
    const Decoded got = decode(kType + replaced + block(11, "") + body);
    REQUIRE(got.status == Status::kOk);
    CHECK(got.message.req_id == "r");
    CHECK(got.message.keyframes.size() == 1);
  }
  for (const Bytes& broken : {animation("\x0a\x05"), animation(keyframe(block(2, "12345"))),
                              animation(keyframe("\x0a")), block(1, "\xff"), Bytes("\x12\x05")}) {
    CHECK_FALSE(accepts(kType + first_response(broken) + block(2, "")));
    CHECK_FALSE(accepts(kType + first_response(broken) + block(2, "") + body));
  }
  DecodeLimits limits;
  limits.max_keyframes = 2;
  const Bytes many = first_response(animation(keyframe("") + keyframe("") + keyframe("")));
  CHECK(decode(kType + many, limits).status == Status::kTooLarge);
  CHECK(decode(kType + many + block(2, "") + body, limits).message.keyframes.size() == 1);
}

TEST_CASE("first protocol: what is wrong is refused with its place, and nothing stays") {
  const Bytes head = kType + Bytes("\x1a\x0d\x0a\x01r\x12\x08", 7);
  const Decoded got = decode(head + keyframe(packed(2, {1e5F})));
  CHECK(got.status == Status::kMalformed);
  CHECK(got.failure.offset == head.size() + 4);
  CHECK(got.message.type == 0);
  CHECK(got.message.req_id.empty());
  CHECK_FALSE(accepts(kType + first_response(block(1, "\xff"))));
  CHECK_FALSE(accepts(kType + first_response(animation("\x0a\x05"))));
  CHECK_FALSE(accepts(kType + first_response(animation(keyframe(packed(7, {1, 2, 3}))))));
  CHECK_FALSE(accepts(kType + first_response(animation(keyframe(block(2, "12345"))))));
  CHECK_FALSE(accepts(kType + Bytes("\x1a\x05", 2)));

  const Bytes whole = kType + first_response(block(1, "r") + animation(full_keyframe(1, 2) + keyframe("")));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CAPTURE(size);
    CHECK(accepts(Bytes(prefix.begin(), prefix.end())) == (size == 0 || size == 3));
  }
}

TEST_CASE("first protocol: the limit on keyframes counts all animations together") {
  const Bytes bytes =
      kType + first_response(animation(keyframe("") + keyframe("")) + animation(keyframe("")));
  DecodeLimits limits;
  limits.max_keyframes = 3;
  CHECK(decode(bytes, limits).status == Status::kOk);
  limits.max_keyframes = 2;
  CHECK(decode(bytes, limits).status == Status::kTooLarge);
  const Bytes canonical =
      kType + first_response(animation(full_keyframe(1, 2)) + animation(full_keyframe(2, 2)));
  limits.max_keyframes = 1;
  CHECK(decode(canonical, limits).status == Status::kTooLarge);
}

TEST_CASE("first protocol: into a used message allocates nothing") {
  Bytes keyframes;
  for (int i = 0; i < 50; ++i) keyframes += full_keyframe(static_cast<float>(i), 2);
  const Bytes bytes = kType + first_response(block(1, "20251223042742_abcdefghijkl") + animation(keyframes));
  Message message;
  DecodeFailure failure;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  REQUIRE(decode_message(data, bytes.size(), message, failure) == Status::kOk);
  const std::size_t before = allocation_count();
  const Status again = decode_message(data, bytes.size(), message, failure);
  const std::size_t after = allocation_count();
  CHECK(again == Status::kOk);
  CHECK(after == before);
}
