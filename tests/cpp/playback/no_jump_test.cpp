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

// Jaws that jump from one extreme to the other while a transition goes on: both together were too fast.
TEST_CASE("a jaw that jumps in the middle of a transition moves no faster than it may") {
  for (const std::uint32_t seed : {1003238U, 1011644U, 1015676U, 1023006U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}

// A value that was held went over to the motion in a time that suited what was then known of it.
TEST_CASE("late motion that reaches farther than what came before moves no faster than it may") {
  for (const std::uint32_t seed : {51U, 110U, 312U, 1220U, 1450U, 2094U, 2390U, 1208072U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}

// A delay of a few milliseconds is given back as fast as any other, and counted for less.
TEST_CASE("a face that catches up while a blend goes on moves no faster than it may") {
  hostmode::testing::RandomFace(5001184U).look(10);
}

// What goes to idle, or over to eyes of its own, moves as well, and so does a jump that is still ahead.
TEST_CASE("a blend leaves room for all that moves beneath it") {
  for (const std::uint32_t seed : {1017729U, 1025144U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}

// Its motion came keyframe by keyframe, behind sound that was complete: each was taken for the last.
TEST_CASE("a face ahead of its sound does not end before the motion does") {
  for (const std::uint32_t seed : {1017896U, 1018161U, 1017847U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}

// Before a device is heard, each of its keyframes was taken for the first.
TEST_CASE("a face ahead of its sound begins once") {
  hostmode::testing::RandomFace(2000576U).look(10);
}

// An eyelid left its rest at once, as its keyframe came, under a sentence that caught up.
TEST_CASE("a value that leaves its rest while its sentence catches up moves no faster than it may") {
  hostmode::testing::RandomFace(20039718U).look(10);
}

// A lid that a blink had shut was taken over by the stream's, and motion ran out into one.
TEST_CASE("a blend leaves room for where a blink has the lids") {
  for (const std::uint32_t seed : {40022041U, 40030058U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}

// They swung at full speed while a blink that was just shut was still going over to them.
TEST_CASE("a stream's own lids that swing fast leave a blink no faster than they may") {
  hostmode::testing::RandomFace(40059391U).look(10);
}

// It was held while motion that had hardly moved it ran out into an idle gaze on the other side.
TEST_CASE("a gaze that is held goes over into another that has wandered no faster than it may") {
  for (const std::uint32_t seed : {40085202U, 30071175U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}

// It had nearly gone over to motion that had run out, and went on as if from where motion set in again.
TEST_CASE("a gaze that was held goes on at its own speed where motion sets in again") {
  hostmode::testing::RandomFace(33087070U).look(10);
}

// Just in time and as steep as may be, beneath a blend.
TEST_CASE("a face that was held back catches up no faster than leaves room for a blend") {
  hostmode::testing::RandomFace(31031153U).look(10);
}

// The first motion came when it was due on the screen already, but not yet in the ear.
TEST_CASE("a face ahead of a device that is not heard yet begins with a transition") {
  hostmode::testing::RandomFace(40032010U).look(10);
}

TEST_CASE("transitions shorter than a keyframe interval take one") {
  for (const std::uint32_t seed : {1018044U, 1018066U}) {
    CAPTURE(seed);
    hostmode::testing::RandomFace(seed).look(10);
  }
}
