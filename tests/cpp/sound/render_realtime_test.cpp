// The audio thread's promise: render_audio and the native callback neither allocate nor lock nor wait,
// whatever happens around them.
#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "blocking_calls.h"
#include "hostmode/player.h"
#include "portaudio_callback.h"

namespace {

using namespace hostmode;

constexpr int kRate_hz = 16000;
constexpr std::size_t kBlocks[] = {1, 7, 64, 255, 256, 257, 441, 1024, 4096};

// Allocations count twice where blocking calls are counted; all that matters is that there are none.
std::size_t forbidden_calls() {
  return testing::allocation_count() + testing::blocking_call_count();
}

// Everything that can happen to a Player between two blocks, seeded.
class Commotion {
 public:
  explicit Commotion(Player& player) : player_(player), samples_(6000, 8000) {
    const std::vector<Keyframe> keyframes(5);
    REQUIRE(encode_message(keyframes.data(), keyframes.size(), "", "", false, "", motion_) == Status::kOk);
  }

  void stir(double now_s) {
    switch (random_() % 12) {
      case 0:
      case 1:
        speak(1 + random_() % samples_.size(), random_() % 3 == 0, now_s);
        break;
      case 2:
        speak(1, false, now_s);
        break;
      case 3:
      case 4:
      case 5:
        move(random_() % 20 == 0 ? 0 : 1, now_s);
        break;
      case 6:
        player_.pause(now_s);
        ++pauses_;
        break;
      case 7:
      case 8:
        player_.resume(now_s);
        break;
      case 9:
        REQUIRE(player_.set_volume(static_cast<double>(random_() % 5) / 4) == Status::kOk);
        break;
      case 10:
        if (random_() % 8 == 0) player_.interrupt(now_s);
        break;
      default:
        break;
    }
    for (const Event& event : player_.poll_events()) {
      interrupted_ += event.reason == std::string("interrupted") ? 1 : 0;
      played_out_ +=
          event.reason == std::string("playback_end") && event.kind == EventKind::kConversationEnd ? 1 : 0;
    }
  }

  [[nodiscard]] std::size_t block() { return kBlocks[random_() % std::size(kBlocks)]; }

  // Mostly honest times, now and then none.
  [[nodiscard]] double dac_s(double now_s) {
    return random_() % 16 == 0 ? std::numeric_limits<double>::quiet_NaN() : now_s;
  }

  void check_that_all_of_it_happened() const {
    const Stats stats = player_.stats();
    CHECK(stats.conversations > 20);
    CHECK(stats.underruns > 0);
    CHECK(pauses_ > 0);
    CHECK(interrupted_ > 0);
    CHECK(played_out_ > 0);
    if (player_.config().frame_starvation_mode == FrameStarvationMode::kStrictSync) CHECK(stats.stalls > 0);
  }

 private:
  void speak(std::size_t count, bool end, double now_s) {
    std::string id;
    const Status status = player_.push_audio(
        {reinterpret_cast<const std::uint8_t*>(samples_.data()), count * 2}, end, now_s, id);
    REQUIRE((status == Status::kOk || status == Status::kBufferFull));
  }

  void move(std::size_t count, double now_s) {
    const std::string id = player_.conversation_id();
    const ByteView message{motion_.data(), motion_.size()};
    MotionPush result;
    if (!id.empty()) REQUIRE(player_.push_motion(&message, count, &id, now_s, result) == Status::kOk);
  }

  Player& player_;
  const std::vector<std::int16_t> samples_;
  std::vector<std::uint8_t> motion_;
  std::mt19937 random_{1};
  int pauses_ = 0;
  int interrupted_ = 0;
  int played_out_ = 0;
};

PlayerConfig config_of(bool queue, bool strict) {
  PlayerConfig config;
  config.queue = queue;
  config.max_prebuffer_s = 0.1;  // so that the sound runs dry now and then
  config.motion_wait_s = 0.1;
  config.max_audio_s = 5;
  config.end_timeout_s = 0.5;
  if (strict) config.frame_starvation_mode = FrameStarvationMode::kStrictSync;
  return config;
}

template <typename Sample>
std::size_t forbidden_calls_of_render_audio(bool queue, bool strict, int device_rate_hz) {
  Player player(kRate_hz, config_of(queue, strict), device_rate_hz);
  Commotion around(player);
  Sample sound[4096];
  double now_s = 0.0;
  std::size_t forbidden = 0;
  bool heard = false;
  for (int i = 0; i < 4000; ++i) {
    around.stir(now_s);
    const std::size_t count = around.block();
    AudioObservation observation;
    observation.dac_s = around.dac_s(now_s);
    const std::size_t before = forbidden_calls();
    player.render_audio(sound, count, observation);
    forbidden += forbidden_calls() - before;
    heard = heard || sound[count - 1] != Sample{};
    now_s += static_cast<double>(count) / device_rate_hz;
    player.advance(now_s);
  }
  CHECK(heard);
  around.check_that_all_of_it_happened();
  return forbidden;
}

}  // namespace

TEST_CASE("render_audio neither allocates nor blocks through start, underrun, stall, pause, cut and end") {
  for (const bool queue : {false, true}) {
    for (const bool strict : {false, true}) {
      CAPTURE(queue);
      CAPTURE(strict);
      for (const int device_rate_hz : {kRate_hz, 22050, 48000}) {
        CAPTURE(device_rate_hz);
        CHECK(forbidden_calls_of_render_audio<float>(queue, strict, device_rate_hz) == 0);
        CHECK(forbidden_calls_of_render_audio<std::int16_t>(queue, strict, device_rate_hz) == 0);
      }
    }
  }
}

TEST_CASE("portaudio_callback: neither allocates nor blocks, at the player's rate and at others") {
  for (const int device_rate_hz : {kRate_hz, 8000, 44100, 48000}) {
    for (const int channels : {1, 2}) {
      CAPTURE(device_rate_hz);
      CAPTURE(channels);
      Player player(kRate_hz, config_of(false, false));
      PortAudioStream stream(player, channels, device_rate_hz);
      Commotion around(player);
      std::vector<float> sound(20000 * static_cast<std::size_t>(channels));
      double now_s = 0.0;
      std::size_t forbidden = 0;
      for (int i = 0; i < 1000; ++i) {
        around.stir(now_s);
        // Now and then a block that is converted in parts.
        const std::size_t count = i % 200 == 0 ? 20000 : around.block();
        const HostmodePaTimeInfo times{0.0, now_s, around.dac_s(now_s + 0.01)};
        const std::size_t before = forbidden_calls();
        stream.render(sound.data(), count, &times, now_s);
        forbidden += forbidden_calls() - before;
        now_s += static_cast<double>(count) / device_rate_hz;
        player.advance(now_s);
      }
      CHECK(forbidden == 0);
      CHECK(stream.counters().sounding_until_s > 0);
      around.check_that_all_of_it_happened();

      const HostmodePaTimeInfo times{};
      const std::size_t before = forbidden_calls();
      CHECK(hostmode_portaudio_callback(nullptr, sound.data(), 480, &times, 4, &stream) == 0);
      CHECK(forbidden_calls() == before);
      CHECK(stream.counters().underflow_flag_count == 1);
    }
  }
}
