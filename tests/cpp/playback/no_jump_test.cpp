// Whatever arrives when, whatever is set: no value moves faster than it may. HOSTMODE_STRESS_CONVERSATIONS
// sets how many conversations are looked at.
#include <doctest/doctest.h>

#include <cstdlib>

#include "playback/random_face.h"

TEST_CASE("no value jumps from one picture to the next, whatever is set and whatever comes when") {
  const char* text = std::getenv("HOSTMODE_STRESS_CONVERSATIONS");
  const std::size_t conversations = text != nullptr ? std::strtoull(text, nullptr, 10) : 2000;
  constexpr std::size_t kEach = 10;
  for (std::uint32_t seed = 0; seed < conversations / kEach; ++seed) {
    CAPTURE(seed);
    hostmode::testing::RandomFace face(seed);
    face.look(kEach);
  }
}
