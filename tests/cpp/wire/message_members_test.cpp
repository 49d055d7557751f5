#include "hostmode/message.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "wire/decoded_message.h"
#include "wire/wire_builder.h"

using namespace hostmode;
using namespace hostmode::testing;

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
