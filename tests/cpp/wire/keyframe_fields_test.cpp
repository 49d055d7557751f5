#include "hostmode/message.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "wire/decoded_message.h"
#include "wire/keyframe_wire.h"
#include "wire/wire_builder.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

const Bytes kNan = raw_float(std::numeric_limits<float>::quiet_NaN());

}  // namespace

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
