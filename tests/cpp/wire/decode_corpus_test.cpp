// Replays the fuzzer's corpus, where no fuzzer is at hand.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "hostmode/message.h"

using namespace hostmode;

TEST_CASE("decode: every message of the fuzz corpus is refused cleanly or survives a round trip") {
  std::size_t decoded_count = 0;
  std::size_t refused_count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HOSTMODE_TEST_DATA "/decode_corpus")) {
    CAPTURE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> raw{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::vector<std::uint8_t> bytes(raw.begin(), raw.end());
    Message message;
    DecodeFailure failure;
    if (decode_message(bytes.data(), bytes.size(), message, failure) != Status::kOk) {
      ++refused_count;
      CHECK(failure.offset <= bytes.size());
      CHECK(message.keyframes.empty());
      continue;
    }
    ++decoded_count;
    std::vector<std::uint8_t> again;
    REQUIRE(encode_message(message.keyframes.data(), message.keyframes.size(), message.connection_id,
                           message.req_id, message.end, message.avatar_id, again) == Status::kOk);
    Message copy;
    REQUIRE(decode_message(again.data(), again.size(), copy, failure) == Status::kOk);
    CHECK(copy.keyframes.size() == message.keyframes.size());
    CHECK(copy.req_id == message.req_id);
  }
  CHECK(decoded_count > 0);
  CHECK(refused_count > 0);
}
