#include "playback/face_rest.h"

#include <doctest/doctest.h>

#include <cmath>

using hostmode::FaceOutlook;
using hostmode::kHitch_s;
using hostmode::rests_from_s;

namespace {

// Motion up to second 4.
FaceOutlook outlook(double sound_end_s, bool all_is_in, bool another_moves) {
  return {4.0, sound_end_s, all_is_in, another_moves};
}

}  // namespace

TEST_CASE("a face whose motion is only late rests after a hitch, not at once") {
  for (const double sound_end_s : {0.0, 4.0, 6.0}) {
    for (const bool another_moves : {false, true}) {
      CHECK(rests_from_s(outlook(sound_end_s, false, another_moves)) == 4.0 + kHitch_s);
    }
  }
}

TEST_CASE("a face whose motion is over rests where it ends") {
  for (const double sound_end_s : {3.9, 4.06, 6.0}) {
    CHECK(rests_from_s(outlook(sound_end_s, true, false)) == 4.0);
  }
}

TEST_CASE("a face does not rest for a moment between two conversations that move it") {
  for (const double sound_end_s : {3.9, 4.0, 4.0 + 0.9 * kHitch_s}) {
    CHECK(std::isinf(rests_from_s(outlook(sound_end_s, true, true))));
  }
  CHECK(rests_from_s(outlook(4.0 + 1.1 * kHitch_s, true, true)) == 4.0);
}
