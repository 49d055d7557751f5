// Whether the counter counts: a test that finds nothing proves nothing otherwise.
#include "blocking_calls.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

using hostmode::testing::blocking_call_count;
using hostmode::testing::kCountsBlockingCalls;

namespace {

template <typename Action>
std::size_t calls_of(Action action) {
  const std::size_t before = blocking_call_count();
  action();
  return blocking_call_count() - before;
}

}  // namespace

TEST_CASE("blocking_calls: memory, locks, signals and sleep are counted" *
          doctest::skip(!kCountsBlockingCalls)) {
  std::mutex mutex;
  std::shared_mutex shared_mutex;
  std::condition_variable condition;
  std::vector<int> grows;
  void* volatile memory = nullptr;

  CHECK(calls_of([&] { memory = std::malloc(100); }) == 1);
  CHECK(calls_of([&] { memory = std::realloc(memory, 200); }) == 1);
  CHECK(calls_of([&] { std::free(memory); }) == 1);
  CHECK(calls_of([&] { memory = std::calloc(10, 10); }) == 1);
  CHECK(calls_of([&] { std::free(memory); }) == 1);
  CHECK(calls_of([&] { grows.resize(100); }) == 1);
  CHECK(calls_of([&] { mutex.lock(); }) == 1);
  CHECK(calls_of([&] { mutex.unlock(); }) == 1);
  CHECK(calls_of([&] { CHECK(mutex.try_lock()); }) == 1);
  mutex.unlock();
  CHECK(calls_of([&] { shared_mutex.lock_shared(); }) == 1);
  CHECK(calls_of([&] { shared_mutex.unlock_shared(); }) == 1);
  CHECK(calls_of([&] { condition.notify_one(); }) == 1);
  CHECK(calls_of([&] { std::this_thread::sleep_for(std::chrono::microseconds(1)); }) >= 1);
#if defined(__linux__)
  CHECK(calls_of([&] { CHECK(::syscall(SYS_gettid) > 0); }) == 1);
#endif
}

TEST_CASE("blocking_calls: another thread's calls and plain arithmetic are not counted" *
          doctest::skip(!kCountsBlockingCalls)) {
  std::atomic<int> step{0};
  std::thread other([&] {
    while (step.load() != 1) continue;
    std::free(std::malloc(100));
    step = 2;
  });

  CHECK(calls_of([&] {
          step = 1;
          while (step.load() != 2) continue;
        }) == 0);
  other.join();
}
