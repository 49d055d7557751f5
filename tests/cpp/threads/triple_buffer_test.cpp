#include "threads/triple_buffer.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

using hostmode::TripleBuffer;

namespace {

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
  CHECK(buffer.read() == 42);
  CHECK(buffer.read() == 42);
  buffer.write(43);
  CHECK(buffer.read() == 43);
}

TEST_CASE("triple_buffer: the newest of several writes is read, again and again") {
  TripleBuffer<int> buffer;
  for (int i = 1; i <= 100; ++i) {
    for (int j = 0; j < i % 5; ++j) buffer.write(-1);
    buffer.write(i);
    REQUIRE(buffer.read() == i);
    REQUIRE(buffer.read() == i);
  }
}

TEST_CASE("triple_buffer: what was read stays unchanged while the writer goes on") {
  TripleBuffer<int> buffer;
  buffer.write(1);
  const int& held = buffer.read();
  for (int i = 2; i < 20; ++i) {
    buffer.write(i);
    REQUIRE(held == 1);
  }
  CHECK(buffer.read() == 19);
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
  std::uint64_t newest = 0;
  while (newest < kWrites) {
    const Picture& seen = buffer.read();
    reading.store(true);
    for (const std::uint64_t word : seen.words) torn += word != seen.words[0] ? 1 : 0;
    backwards += seen.words[0] < newest ? 1 : 0;
    if (torn != 0 || backwards != 0) break;  // the last value might never come
    newest = seen.words[0];
  }
  writer.join();
  CHECK(torn == 0);
  CHECK(backwards == 0);
  CHECK(buffer.read().words[0] == kWrites);
}
