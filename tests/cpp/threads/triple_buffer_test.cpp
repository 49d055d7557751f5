#include "threads/triple_buffer.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

using hostmode::TripleBuffer;

namespace {

template <typename T>
const T& newest(TripleBuffer<T>& buffer) {
  buffer.look();
  return buffer.seen();
}

struct Picture {
  std::array<std::uint64_t, 33> words{};
};

Picture picture(std::uint64_t number) {
  Picture result;
  result.words.fill(number);
  return result;
}

}  // namespace

TEST_CASE("triple_buffer: the initial value is read until the first write") {
  TripleBuffer<int> buffer(42);
  CHECK(newest(buffer) == 42);
  CHECK(newest(buffer) == 42);
  buffer.write(43);
  CHECK(newest(buffer) == 43);
}

TEST_CASE("triple_buffer: the newest of several writes is read, again and again") {
  TripleBuffer<int> buffer;
  for (int i = 1; i <= 100; ++i) {
    for (int j = 0; j < i % 5; ++j) buffer.write(-1);
    buffer.write(i);
    REQUIRE(newest(buffer) == i);
    REQUIRE(newest(buffer) == i);
  }
}

TEST_CASE(
    "triple_buffer: what was seen stays unchanged until the next look, however far the writer goes on") {
  TripleBuffer<int> buffer;
  buffer.write(1);
  const int& held = newest(buffer);
  for (int i = 2; i < 20; ++i) {
    buffer.write(i);
    REQUIRE(held == 1);
    REQUIRE(&buffer.seen() == &held);
  }
  CHECK(newest(buffer) == 19);
}

TEST_CASE("triple_buffer: a reader beside a writer sees whole values that never go back") {
  constexpr std::uint64_t kWrites = 200000;
  TripleBuffer<Picture> buffer;
  std::atomic<bool> reading{false};
  std::thread writer([&] {
    while (!reading.load()) std::this_thread::yield();
    for (std::uint64_t i = 1; i <= kWrites; ++i) buffer.write(picture(i));
  });
  std::uint64_t torn = 0;
  std::uint64_t backwards = 0;
  std::uint64_t number = 0;
  while (number < kWrites) {
    const Picture& seen = newest(buffer);
    reading.store(true);
    for (const std::uint64_t word : seen.words) torn += word != seen.words[0] ? 1 : 0;
    backwards += seen.words[0] < number ? 1 : 0;
    if (torn != 0 || backwards != 0) break;  // the last value might never come
    number = seen.words[0];
  }
  writer.join();
  CHECK(torn == 0);
  CHECK(backwards == 0);
  CHECK(newest(buffer).words[0] == kWrites);
}
