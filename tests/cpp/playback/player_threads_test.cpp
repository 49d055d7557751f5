// Producers, the audio thread, samplers and controls at once: for ThreadSanitizer above all.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr int kRate_hz = 8000;
constexpr std::size_t kBlock = 80;
constexpr double kBlock_s = 0.01;

AudioObservation at(double t_s) {
  AudioObservation observation;
  observation.dac_s = t_s;
  return observation;
}

}  // namespace

TEST_CASE("producers, the audio thread and samplers may run at once") {
  PlayerConfig config;
  // A face ahead of its sound looks at the clock again and again within one picture.
  SUBCASE("the face with its sound") {}
  SUBCASE("the face ahead of its sound") {
    config.av_offset_s = -0.1;
  }
  Player player(kRate_hz, config);
  std::atomic<bool> stop{false};
  std::atomic<int> clock{0};
  const auto now_s = [&clock] { return clock.load(std::memory_order_relaxed) * kBlock_s; };
  // Time waits for those who move things: a time that is a second old would be refused.
  std::atomic<int> producer_at{0};
  std::atomic<int> interrupter_at{0};
  std::thread audio([&] {
    float block[kBlock];
    while (!stop.load()) {
      while (!stop.load() && clock.load() > std::min(producer_at.load(), interrupter_at.load()) + 50) {
        std::this_thread::yield();
      }
      player.render_audio(block, kBlock, at(now_s()));
      clock.fetch_add(1);
    }
  });
  std::thread sampler([&] {
    float pose[kKeyframeFloats];
    while (!stop.load()) {
      player.sample(now_s(), pose);
      if (!std::isfinite(pose[kExpressionOffset])) std::abort();
    }
  });
  std::thread crowd([&] {
    Player silent(kRate_hz);
    Player* const players[] = {&player, &silent, &player};
    std::vector<float> poses(std::size(players) * kKeyframeFloats);
    while (!stop.load()) {
      Player::sample_many(players, std::size(players), now_s(), poses.data());
      if (!std::isfinite(poses[kExpressionOffset])) std::abort();
    }
  });
  std::thread interrupter([&] {
    for (int i = 0; !stop.load(); ++i) {
      interrupter_at = clock.load();
      if (i % 50 == 0) player.interrupt(now_s());
      if (i % 7 == 0) player.pause(now_s());
      player.resume(now_s());
      (void)player.poll_events();
      (void)player.stats();
    }
  });
  const std::vector<std::int16_t> samples(500, 1000);
  std::size_t accepted = 0;
  // On a busy machine the interrupter may end every conversation before its first sound for a while.
  for (std::size_t i = 0; i < 400 || (i < 40000 && player.stats().conversations == 0); ++i) {
    producer_at = clock.load();
    std::string id;
    const ByteView pcm{reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size() * 2};
    if (player.push_audio(pcm, i % 5 == 0, now_s(), id) == Status::kOk) ++accepted;
    std::vector<std::uint8_t> bytes;
    std::vector<Keyframe> keyframes(10);
    for (std::size_t k = 0; k < keyframes.size(); ++k) keyframes[k].expression[0] = static_cast<float>(k);
    REQUIRE(encode_message(keyframes.data(), keyframes.size(), "", "req-" + std::to_string(i), i % 5 == 0, "",
                           bytes) == Status::kOk);
    const ByteView view{bytes.data(), bytes.size()};
    MotionPush result;
    CHECK(player.push_motion(&view, 1, &id, now_s(), result) == Status::kOk);
  }
  stop = true;
  audio.join();
  sampler.join();
  crowd.join();
  interrupter.join();
  CHECK(accepted > 0);
  CHECK(player.stats().conversations > 0);
}
