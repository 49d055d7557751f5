// Replays the corpus of the player's fuzz target, where no fuzzer is at hand.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);  // aborts where a rule is broken

TEST_CASE("player: every sequence of calls of the fuzz corpus keeps the rules") {
  std::size_t played_count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HOSTMODE_TEST_DATA "/player_corpus")) {
    CAPTURE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> raw{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::vector<std::uint8_t> bytes(raw.begin(), raw.end());
    CHECK(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) == 0);
    ++played_count;
  }
  CHECK(played_count > 0);
}
