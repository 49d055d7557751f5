#include "sound/sample_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "sound/renderer.h"

namespace {

using hostmode::AudioObservation;
using hostmode::Renderer;
using hostmode::SampleQueue;

constexpr double kRate_hz = 16000;
constexpr std::int64_t kRamp = 80;

}  // namespace

TEST_CASE("a cut stream says how many of its samples are played once it is silent") {
  Renderer renderer(kRate_hz, 0.0);
  SampleQueue stream(1);
  const std::vector<std::int16_t> samples(16000, 1000);
  stream.append(samples.data(), samples.size());
  stream.set_motion_ready();
  renderer.hand_over(&stream);
  std::array<float, 160> block{};
  renderer.render(block.data(), block.size(), {});

  const std::int64_t played = stream.cut();
  renderer.render(block.data(), block.size(), {});

  CHECK(played == 160 + kRamp);
  CHECK(stream.consumed() == played);
  CHECK(renderer.take_back() == &stream);
}

TEST_CASE("a stream that is cut before it is heard plays nothing") {
  SampleQueue stream(1);
  const std::vector<std::int16_t> samples(1000, 1000);
  stream.append(samples.data(), samples.size());
  CHECK(stream.cut() == 0);
  CHECK_FALSE(stream.claim(10, 10));
}

TEST_CASE("a fade ends with the samples") {
  Renderer renderer(kRate_hz, 0.0);
  SampleQueue stream(1);
  const std::vector<std::int16_t> samples(200, 1000);
  stream.append(samples.data(), samples.size());
  stream.set_motion_ready();
  renderer.hand_over(&stream);
  std::array<float, 160> block{};
  renderer.render(block.data(), block.size(), {});
  CHECK(stream.cut() == 200);
  renderer.render(block.data(), block.size(), {});
  CHECK(stream.consumed() == 200);
}

TEST_CASE("what a cut says is true whenever it comes, while the audio thread renders") {
  std::mt19937 random(7);
  const std::vector<std::int16_t> samples(400000, 1000);
  for (int round = 0; round < 300; ++round) {
    Renderer renderer(kRate_hz, 0.0);
    SampleQueue stream(1);
    stream.append(samples.data(), samples.size());
    stream.set_motion_ready();
    renderer.hand_over(&stream);
    std::atomic<bool> over{false};
    std::thread audio([&] {
      std::array<float, 512> block{};
      while (!over.load()) renderer.render(block.data(), block.size(), {});
    });
    while (stream.consumed() == 0) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 50));
    const std::int64_t played = stream.cut();
    SampleQueue* back = nullptr;
    while (back == nullptr) back = renderer.take_back();
    over = true;
    audio.join();
    REQUIRE(stream.consumed() == played);
  }
}
