// Random conversations in virtual time, and real threads. HOSTMODE_STRESS_CONVERSATIONS sets how many (a
// million is a command of its own: nox --session stress).
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr int kRate_hz = 8000;
constexpr std::size_t kBlock = 80;
constexpr double kBlock_s = 0.01;

std::size_t conversations_wanted() {
  const char* text = std::getenv("HOSTMODE_STRESS_CONVERSATIONS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 3000;
}

// Conversation n speaks in samples of one value and moves in keyframes of one value, so that a stale one
// shows.
std::int16_t level_of(std::size_t n) {
  return static_cast<std::int16_t>(1000 * (n % 30 + 1));
}
float pose_of(std::size_t n) {
  return 0.1F * static_cast<float>(n % 7 + 1);
}

std::vector<std::uint8_t> motion_of(std::size_t n, std::size_t keyframes, bool end) {
  std::vector<Keyframe> frames(keyframes);
  for (Keyframe& frame : frames) frame.expression[0] = pose_of(n);
  std::vector<std::uint8_t> bytes;
  REQUIRE(encode_message(frames.data(), frames.size(), "", "req-" + std::to_string(n), end, "", bytes) ==
          Status::kOk);
  return bytes;
}

AudioObservation at(double t_s) {
  AudioObservation observation;
  observation.dac_s = t_s;
  return observation;
}

class Stress {
 public:
  explicit Stress(std::uint32_t seed) : random_(seed) {
    PlayerConfig config;
    config.layers = false;
    config.end_timeout_s = 0.3;
    config.motion_wait_s = 0.05;
    config.speech_transition_s = 0;
    config.idle_transition_s = 0;
    player_ = std::make_unique<Player>(kRate_hz, config);
  }

  void run(std::size_t conversations) {
    while (opened_ < conversations) {
      act();
      step();
    }
    for (int i = 0; i < 400 && player_->state() != PlayerState::kIdle; ++i) {
      player_->resume(now_s_);
      step();
    }
    CHECK(player_->state() == PlayerState::kIdle);
    CHECK(ends_.size() == opened_);
    for (const auto& [id, count] : ends_) CHECK(count == 1);
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  void act() {
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        speak();
        break;
      case 4:
      case 5:
        move(id_);
        break;
      case 6:
        if (!old_id_.empty()) move(old_id_);
        break;
      case 7:
        player_->pause(now_s_);
        break;
      case 8:
      case 9:
        player_->resume(now_s_);
        break;
      case 10:
        if (pick(3) == 0) player_->interrupt(now_s_);
        break;
      default:
        break;
    }
  }

  void speak() {
    std::string id;
    const std::size_t count = 1 + pick(400);
    // Which conversation this will be is known only afterwards: an open one goes on, else the next one opens.
    const bool opens = player_->conversation_id().empty() || closed_;
    const std::size_t number = opens ? opened_ + 1 : opened_;
    const std::vector<std::int16_t> samples(count, level_of(number));
    const bool end = pick(4) == 0;
    REQUIRE(player_->push_audio({reinterpret_cast<const std::uint8_t*>(samples.data()), count * 2}, end,
                                now_s_, id) == Status::kOk);
    if (id != id_) {
      old_id_ = id_;
      id_ = id;
      ++opened_;
      closed_ = false;
    }
    CHECK(opened_ == number);
    closed_ = closed_ || end;
  }

  void move(const std::string& id) {
    if (id.empty()) return;
    const std::vector<std::uint8_t> bytes = motion_of(id == id_ ? opened_ : 0, 1 + pick(20), pick(3) == 0);
    const ByteView view{bytes.data(), bytes.size()};
    MotionPush result;
    REQUIRE(player_->push_motion(&view, 1, &id, now_s_, result) == Status::kOk);
  }

  void step() {
    std::int16_t block[kBlock];
    player_->render_audio(block, kBlock, at(now_s_));
    now_s_ += kBlock_s;
    player_->advance(now_s_);
    // Fades scale a conversation's level; nothing may be louder than the loudest of what is allowed to sound.
    const int allowed = std::max(level_of(opened_), level_of(opened_ == 0 ? 0 : opened_ - 1));
    for (const std::int16_t sample : block) {
      if (sample < 0 || sample > allowed)
        FAIL_CHECK("a sample of neither this conversation nor the last one");
    }
    // Two blocks after an interrupt, or later, nothing sounds.
    silent_steps_ = player_->conversation_id().empty() ? silent_steps_ + 1 : 0;
    if (silent_steps_ > 2) CHECK(block[kBlock - 1] == 0);

    float pose[kKeyframeFloats];
    player_->sample(now_s_, pose);
    const float shown = pose[kExpressionOffset];
    const bool stale = shown != 0 && std::abs(shown - pose_of(opened_)) > 1e-5F &&
                       std::abs(shown - pose_of(opened_ == 0 ? 0 : opened_ - 1)) > 1e-5F;
    CHECK_FALSE(stale);
    if (silent_steps_ > 2) CHECK(shown == 0.0F);

    const double audio_s = player_->audio_time(now_s_);
    const std::string id = player_->conversation_id();
    if (id == clock_id_) CHECK(audio_s >= last_audio_s_);
    clock_id_ = id;
    last_audio_s_ = audio_s;
    for (const Event& event : player_->poll_events()) {
      if (event.kind == EventKind::kConversationEnd) ++ends_[event.conversation_id];
      CHECK(event.time_s <= now_s_);
    }
  }

  std::mt19937 random_;
  std::unique_ptr<Player> player_;
  std::map<std::string, int> ends_;
  std::string id_;
  std::string old_id_;
  std::string clock_id_;
  std::size_t opened_ = 0;
  bool closed_ = false;
  int silent_steps_ = 0;
  double now_s_ = 0.0;
  double last_audio_s_ = 0.0;
};

}  // namespace

TEST_CASE("random conversations end exactly once and leave nothing stale") {
  Stress(1).run(conversations_wanted());
}

TEST_CASE("producers, the audio thread and samplers may run at once") {
  Player player(kRate_hz);
  std::atomic<bool> stop{false};
  std::atomic<int> clock{0};
  const auto now_s = [&clock] { return clock.load(std::memory_order_relaxed) * kBlock_s; };
  std::thread audio([&] {
    float block[kBlock];
    while (!stop.load()) {
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
  std::thread interrupter([&] {
    for (int i = 0; !stop.load(); ++i) {
      if (i % 50 == 0) player.interrupt(now_s());
      if (i % 7 == 0) player.pause(now_s());
      player.resume(now_s());
      (void)player.poll_events();
      (void)player.stats();
    }
  });
  const std::vector<std::int16_t> samples(500, 1000);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    std::string id;
    const ByteView pcm{reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size() * 2};
    if (player.push_audio(pcm, i % 5 == 0, now_s(), id) == Status::kOk) ++accepted;
    const std::vector<std::uint8_t> bytes = motion_of(i, 10, i % 5 == 0);
    const ByteView view{bytes.data(), bytes.size()};
    MotionPush result;
    CHECK(player.push_motion(&view, 1, &id, now_s(), result) == Status::kOk);
  }
  stop = true;
  audio.join();
  sampler.join();
  interrupter.join();
  CHECK(accepted > 0);
  CHECK(player.stats().conversations > 0);
}
