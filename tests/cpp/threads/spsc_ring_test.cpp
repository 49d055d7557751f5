#include "threads/spsc_ring.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <thread>

using hostmode::SpscRing;

namespace {

// Wide enough that no processor writes it in one piece.
struct Record {
  std::array<std::uint64_t, 9> words;
};

Record record(std::uint64_t number) {
  Record result;
  result.words.fill(number);
  return result;
}

}  // namespace

TEST_CASE("spsc_ring: capacity is rounded up to a power of two") {
  CHECK(SpscRing<int>(0).capacity() == 1);
  CHECK(SpscRing<int>(1).capacity() == 1);
  CHECK(SpscRing<int>(5).capacity() == 8);
  CHECK(SpscRing<int>(64).capacity() == 64);
}

TEST_CASE("spsc_ring: a full ring refuses and an empty ring leaves the value alone") {
  SpscRing<int> ring(2);
  int value = -1;
  CHECK_FALSE(ring.try_pop(value));
  CHECK(value == -1);
  CHECK(ring.try_push(10));
  CHECK(ring.try_push(11));
  CHECK_FALSE(ring.try_push(12));
  CHECK(ring.size() == 2);
  CHECK(ring.try_pop(value));
  CHECK(value == 10);
  CHECK(ring.try_push(13));
  CHECK(ring.try_pop(value));
  CHECK(value == 11);
  CHECK(ring.try_pop(value));
  CHECK(value == 13);
  CHECK(ring.empty());
}

TEST_CASE("spsc_ring: random pushes and pops give what a deque gives") {
  std::mt19937 random(7);
  SpscRing<std::uint32_t> ring(8);
  std::deque<std::uint32_t> model;
  for (int i = 0; i < 20000; ++i) {
    const std::uint32_t number = static_cast<std::uint32_t>(random());
    if (number % 2 == 0) {
      const bool fits = model.size() < ring.capacity();
      REQUIRE(ring.try_push(number) == fits);
      if (fits) model.push_back(number);
    } else {
      std::uint32_t value = 0;
      REQUIRE(ring.try_pop(value) == !model.empty());
      if (!model.empty()) {
        REQUIRE(value == model.front());
        model.pop_front();
      }
    }
    REQUIRE(ring.size() == model.size());
  }
}

TEST_CASE("spsc_ring: two threads pass every record once, in order and whole") {
  constexpr std::uint64_t kRecords = 100000;
  SpscRing<Record> ring(16);
  std::thread producer([&ring] {
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      while (!ring.try_push(record(i))) std::this_thread::yield();
    }
  });
  std::uint64_t wrong = 0;
  std::uint64_t oversize = 0;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    Record received = record(~std::uint64_t{0});
    while (!ring.try_pop(received)) std::this_thread::yield();
    for (const std::uint64_t word : received.words) wrong += word != i ? 1 : 0;
    oversize += ring.size() > ring.capacity() ? 1 : 0;
  }
  producer.join();
  CHECK(wrong == 0);
  CHECK(oversize == 0);
  CHECK(ring.empty());
}
