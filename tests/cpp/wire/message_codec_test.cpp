#include "hostmode/message.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "wire/decoded_message.h"
#include "wire/wire_builder.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

Bytes encode(const std::vector<Keyframe>& keyframes, const std::string& connection_id = "",
             const std::string& req_id = "", bool end = false, const std::string& avatar_id = "") {
  std::vector<std::uint8_t> bytes;
  REQUIRE(encode_message(keyframes.data(), keyframes.size(), connection_id, req_id, end, avatar_id, bytes) ==
          Status::kOk);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

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
