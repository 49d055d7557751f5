#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "hostmode/player.h"
#include "portaudio_callback.h"

namespace {

constexpr int kRateHz = 48000;
constexpr std::size_t kFrames = 480;

void say_something(hostmode::Player& player) {
  const std::vector<std::int16_t> pcm(20 * kRateHz, std::int16_t{12000});
  std::string id;
  REQUIRE(player.push_audio({reinterpret_cast<const std::uint8_t*>(pcm.data()), 2 * pcm.size()}, true, 0.0,
                            id) == hostmode::Status::kOk);
}

hostmode::PlayerConfig at_once() {
  hostmode::PlayerConfig config;
  config.motion_wait_s = 0.0;
  return config;
}

bool is_silent(const std::vector<float>& block) {
  return std::all_of(block.begin(), block.end(), [](float sample) { return sample == 0.0F; });
}

}  // namespace

TEST_CASE("a disconnected stream gives silence and takes nothing from the player") {
  hostmode::Player player(kRateHz, at_once());
  hostmode::PortAudioStream stream(player, 1, kRateHz);
  say_something(player);
  std::vector<float> block(kFrames, 1.0F);
  double now_s = 1.0;
  const auto render = [&] {
    const HostmodePaTimeInfo time{0.0, now_s, now_s + 0.05};
    player.advance(now_s);
    stream.render(block.data(), kFrames, &time, now_s);
    now_s += static_cast<double>(kFrames) / kRateHz;
  };
  CHECK(stream.counters().handed_until_s == 0.0);
  for (int i = 0; i < 100; ++i) render();
  CHECK_FALSE(is_silent(block));
  const double handed_until_s = stream.counters().handed_until_s;
  CHECK(handed_until_s == doctest::Approx(now_s + 0.05));

  stream.disconnect();
  const double played_s = player.stats().played_s;
  for (int i = 0; i < 100; ++i) {
    render();
    CHECK(is_silent(block));
  }
  CHECK(player.stats().played_s == played_s);
  CHECK(stream.counters().handed_until_s == handed_until_s);
  CHECK(stream.counters().callback_count == 200);
}

TEST_CASE("after disconnect() returns no callback is in the player, whenever the device calls") {
  hostmode::Player player(kRateHz, at_once());
  say_something(player);
  std::vector<float> block(64);
  for (int i = 0; i < 200; ++i) {
    hostmode::PortAudioStream stream(player, 1, kRateHz);
    std::atomic<bool> over{false};
    std::thread device([&] {
      std::vector<float> taken(kFrames);
      double now_s = 1.0 + i;
      while (!over.load()) {
        const HostmodePaTimeInfo time{0.0, now_s, now_s + 0.05};
        stream.render(taken.data(), kFrames, &time, now_s);
        now_s += static_cast<double>(kFrames) / kRateHz;
      }
    });
    while (stream.counters().callback_count < 3) std::this_thread::yield();
    stream.disconnect();
    // Two renderers at a time are a race that the thread sanitiser sees.
    for (int blocks = 0; blocks < 20; ++blocks) {
      player.render_audio(block.data(), block.size(), hostmode::AudioObservation{});
    }
    over = true;
    device.join();
  }
}
