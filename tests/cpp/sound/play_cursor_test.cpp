#include "sound/play_cursor.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

using namespace hostmode;

namespace {

constexpr std::size_t kStep = 80;

// A stream of 16 kHz that may start, in a cursor.
struct Playing {
  SampleQueue stream{1};
  PlayCursor cursor{16000, kStep};

  explicit Playing(std::size_t samples) {
    add(samples);
    stream.set_motion_ready();
    cursor.enter(&stream);
  }
  void add(std::size_t samples) {
    const std::vector<std::int16_t> sound(samples, 1000);
    stream.append(sound.data(), sound.size());
  }
  PlayStep next(std::size_t count, bool falling = false, std::size_t fade_left = 0) {
    return cursor.next(count, 0.0, falling, fade_left);
  }
  // Takes the next step and says what it was.
  PlayStep take(std::size_t count) {
    const PlayStep step = next(count);
    std::array<float, 1000> out{};
    if (step.cause != SegmentCause::kPlaying) {
      cursor.pass(step);
    } else {
      REQUIRE(cursor.claim(step, 0));
      REQUIRE(cursor.read(step, out.data()) == step.frames);
    }
    return step;
  }
};

void check(const PlayStep& step, SegmentCause cause, std::size_t frames) {
  CHECK(step.cause == cause);
  CHECK(step.frames == frames);
}

}  // namespace

TEST_CASE(
    "play_cursor: sound, then silence while it is late, then sound again, then motion alone, then nothing") {
  Playing one(300);
  check(one.take(200), SegmentCause::kPlaying, 200);
  check(one.take(200), SegmentCause::kPlaying, 100);
  check(one.take(200), SegmentCause::kUnderrun, kStep);
  check(one.take(30), SegmentCause::kUnderrun, 30);
  CHECK(one.cursor.underruns() == 1);

  one.add(50);
  one.stream.close();
  one.stream.set_motion_end(420);
  check(one.take(200), SegmentCause::kPlaying, 50);
  check(one.take(40), SegmentCause::kTail, 40);
  CHECK(one.cursor.media_sample() == 390);
  check(one.take(200), SegmentCause::kTail, 30);
  check(one.take(200), SegmentCause::kSilence, 0);
}

TEST_CASE("play_cursor: nothing starts before its gate, and a pause then is no pause of its sound") {
  SampleQueue stream(1);
  PlayCursor cursor(16000, kStep);
  cursor.enter(&stream);
  const std::vector<std::int16_t> sound(100, 1000);
  stream.append(sound.data(), sound.size());
  check(cursor.next(200, 0.0, false, 0), SegmentCause::kWaiting, kStep);
  CHECK(cursor.pause() == SegmentCause::kWaiting);
  stream.set_motion_ready();
  check(cursor.next(200, 0.0, false, 0), SegmentCause::kPlaying, 100);
  CHECK(cursor.pause() == SegmentCause::kPaused);
}

TEST_CASE("play_cursor: sound waits where it is told to, for so long, and is held for its motion") {
  Playing one(1000);
  one.stream.set_rest(160, 110);
  one.stream.set_hold_at(400);
  check(one.take(900), SegmentCause::kPlaying, 160);
  check(one.take(100), SegmentCause::kRest, 100);
  check(one.take(100), SegmentCause::kRest, 10);
  CHECK(one.cursor.rested() == 110);
  check(one.take(900), SegmentCause::kPlaying, 240);
  check(one.take(900), SegmentCause::kStall, kStep);
  one.stream.set_hold_at(500);
  check(one.take(900), SegmentCause::kPlaying, 100);
}

TEST_CASE("play_cursor: sound that falls silent waits for nothing and takes what its fade takes") {
  Playing one(1000);
  one.stream.set_rest(160, 110);
  check(one.take(160), SegmentCause::kPlaying, 160);
  check(one.next(900, true, 60), SegmentCause::kPlaying, 60);
  one.stream.set_hold_at(160);
  check(one.next(900, true, 60), SegmentCause::kStall, 0);

  Playing dry(100);
  check(dry.take(100), SegmentCause::kPlaying, 100);
  check(dry.next(900, true, 60), SegmentCause::kUnderrun, 0);
  CHECK(dry.cursor.underruns() == 0);
}

TEST_CASE("play_cursor: another stream begins anew") {
  Playing one(100);
  check(one.take(200), SegmentCause::kPlaying, 100);
  check(one.take(200), SegmentCause::kUnderrun, kStep);
  CHECK(one.cursor.leave() == &one.stream);
  CHECK(one.cursor.stream() == nullptr);

  SampleQueue other(2);
  one.cursor.enter(&other);
  check(one.take(200), SegmentCause::kWaiting, kStep);
  CHECK(one.cursor.underruns() == 1);
  const std::vector<std::int16_t> sound(100, 1000);
  other.append(sound.data(), sound.size());
  other.set_rest(0, 50);
  other.set_motion_ready();
  check(one.take(200), SegmentCause::kRest, 50);
  check(one.take(200), SegmentCause::kPlaying, 100);
}
