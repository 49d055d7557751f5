#include "hostmode/message.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "wire/decoded_message.h"
#include "wire/wire_builder.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

Bytes nested_groups(int depth) {
  Bytes bytes;
  for (int i = 0; i < depth; ++i) bytes += tag(20, 3);
  for (int i = 0; i < depth; ++i) bytes += tag(20, 4);
  return bytes;
}

}  // namespace

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
