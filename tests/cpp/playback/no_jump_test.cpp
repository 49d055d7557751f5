// Whatever arrives when, whatever is set: no value moves faster than it may. HOSTMODE_STRESS_CONVERSATIONS
// sets how many conversations are looked at, HOSTMODE_STRESS_SEED from which seed on.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

#include "playback/random_face.h"

namespace {

std::size_t number_of(const char* variable, std::size_t otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("no value jumps from one picture to the next, whatever is set and whatever comes when") {
  constexpr std::size_t kEach = 10;
  const std::size_t seeds = number_of("HOSTMODE_STRESS_CONVERSATIONS", 2000) / kEach;
  const std::size_t first = number_of("HOSTMODE_STRESS_SEED", 0);
  for (std::size_t seed = first; seed < first + seeds; ++seed) {
    CAPTURE(seed);
    hostmode::testing::RandomFace face(static_cast<std::uint32_t>(seed));
    face.look(kEach);
  }
}

// Foreseen with the time of each picture, a queued conversation that may start by then took the place of a
// tail of motion between two of them.
TEST_CASE("what may start later changes nothing that a face ahead of its sound has begun to show") {
  for (const std::uint32_t seed : {200017U, 201073U, 202599U, 204643U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}
