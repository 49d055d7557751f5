// Sound that waits for a face far behind it: where its speech pauses, and as long as it must.
#include "playback/sound_rest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "hostmode/player.h"

namespace hostmode {
namespace {

constexpr int kRate_hz = 16000;
// No multiple of it is a multiple of the 10 ms in which pauses are found, but for those of 170 ms.
constexpr int kBlock = 170;
constexpr double kBlock_s = static_cast<double>(kBlock) / kRate_hz;
constexpr double kPause_s = 3.0;
constexpr double kPauseLength_s = 0.3;
// A keyframe's, so that a second of motion moves by 0.25.
constexpr float kRise = 0.01F;

// 8 s of sound, all there, whose motion comes a keyframe at a time, `late_s` after its instant.
class Late {
 public:
  explicit Late(double late_s, double length_s = 8.0, bool strict = false, double av_offset_s = 0.0,
                std::size_t block = kBlock)
      : late_s_(late_s), block_(block), player_(kRate_hz, config(strict, av_offset_s)) {
    pcm_.assign(static_cast<std::size_t>(length_s * kRate_hz), 0);
    for (std::size_t i = 0; i < pcm_.size(); ++i) {
      const double t_s = static_cast<double>(i) / kRate_hz;
      const bool pauses = t_s >= kPause_s && t_s < kPause_s + kPauseLength_s;
      if (!pauses) pcm_[i] = static_cast<std::int16_t>(1 + (i * 7919) % 9973);
    }
    const ByteView bytes{reinterpret_cast<const std::uint8_t*>(pcm_.data()), 2 * pcm_.size()};
    REQUIRE(player_.push_audio(bytes, true, now_s_, id_) == Status::kOk);
  }

  void play(double duration_s) {
    for (const double until_s = now_s_ + duration_s - 1e-9; now_s_ < until_s;) {
      while (0.04 * static_cast<double>(keyframes_) + late_s_ <= now_s_ + 1e-9) push();
      AudioObservation observation;
      observation.dac_s = now_s_;
      player_.render_audio(block_.data(), block_.size(), observation);
      heard_.insert(heard_.end(), block_.begin(), block_.end());
      now_s_ += static_cast<double>(block_.size()) / kRate_hz;
      player_.advance(now_s_);
      std::array<float, kKeyframeFloats> pose;
      player_.sample(now_s_, pose.data());
      levels_.push_back(pose[kExpressionOffset]);
    }
  }

  void pause() { player_.pause(now_s_); }
  void resume() { player_.resume(now_s_); }
  [[nodiscard]] Stats stats() { return player_.stats(); }
  [[nodiscard]] double waited_s() { return player_.stats().waited_for_motion_s; }
  [[nodiscard]] double now_s() const { return now_s_; }
  [[nodiscard]] const std::vector<float>& heard() const { return heard_; }
  [[nodiscard]] const std::vector<std::int16_t>& pcm() const { return pcm_; }
  [[nodiscard]] const std::vector<float>& levels() const { return levels_; }

 private:
  static PlayerConfig config(bool strict, double av_offset_s) {
    PlayerConfig config;
    config.prebuffer_s = config.max_prebuffer_s = config.motion_wait_s = 0.0;
    if (strict) config.frame_starvation_mode = FrameStarvationMode::kStrictSync;
    config.av_offset_s = av_offset_s;
    config.layers = false;
    config.seed = 1;
    return config;
  }

  void push() {
    Keyframe keyframe{};
    keyframe.expression[0] = kRise * static_cast<float>(++keyframes_);
    std::vector<std::uint8_t> message;
    REQUIRE(encode_message(&keyframe, 1, "", "", false, "", message) == Status::kOk);
    const ByteView view{message.data(), message.size()};
    MotionPush result;
    REQUIRE(player_.push_motion(&view, 1, &id_, now_s_, result) == Status::kOk);
  }

  const double late_s_;
  std::vector<float> block_;
  Player player_;
  std::string id_;
  double now_s_ = 0.0;
  int keyframes_ = 0;
  std::vector<std::int16_t> pcm_;
  std::vector<float> heard_;
  std::vector<float> levels_;
};

}  // namespace

TEST_CASE(
    "sound waits in the pause of its speech for a face far behind, as long as that is, and loses nothing") {
  Late talk(0.2);
  talk.play(2.9);
  const double behind_s = talk.stats().face_delay_s;
  CHECK(behind_s > 0.2);
  CHECK(talk.waited_s() == 0.0);
  talk.play(5.0);
  CHECK(talk.waited_s() == doctest::Approx(behind_s).epsilon(0.05));
  CHECK(talk.stats().face_delay_s < 0.02);
  CHECK(talk.stats().heard_s == doctest::Approx(talk.now_s() - talk.waited_s()).epsilon(1e-6));
  CHECK(talk.stats().underruns == 0);

  // Every sample once, in order, beside the fades of 5 ms, which lie in the pause.
  const auto waited = static_cast<std::size_t>(std::lround(talk.waited_s() * kRate_hz));
  const auto pause = static_cast<std::size_t>(kPause_s * kRate_hz);
  const auto after = static_cast<std::size_t>((kPause_s + kPauseLength_s) * kRate_hz);
  for (std::size_t i = kRate_hz / 100; i < talk.heard().size(); ++i) {
    if (i >= pause && i < after + waited) {
      REQUIRE(talk.heard()[i] == 0.0F);
    } else {
      REQUIRE(talk.heard()[i] == static_cast<float>(talk.pcm()[i < pause ? i : i - waited]) / 32768.0F);
    }
  }
}

TEST_CASE("sound waits in its pause however long the blocks of its device are") {
  for (const std::size_t block : {480U, 4096U, 9000U, 16000U}) {
    CAPTURE(block);
    Late talk(0.35, 8.0, false, 0.0, block);
    talk.play(7.5);
    const auto waited = static_cast<std::size_t>(std::lround(talk.waited_s() * kRate_hz));
    REQUIRE(waited > kRate_hz / 10);
    const auto begins = static_cast<std::size_t>(kPause_s * kRate_hz);
    const auto ends = static_cast<std::size_t>((kPause_s + kPauseLength_s) * kRate_hz) + waited;
    for (std::size_t i = kRate_hz / 100; i < talk.heard().size(); ++i) {
      const bool pauses = i >= begins && i < ends;
      const float given =
          pauses ? 0.0F : static_cast<float>(talk.pcm()[i < begins ? i : i - waited]) / 32768.0F;
      REQUIRE(talk.heard()[i] == given);
    }
  }
}

TEST_CASE("a face goes on at its pace while sound waits for it") {
  for (const double av_offset_s : {0.0, 0.1, -0.1}) {
    CAPTURE(av_offset_s);
    Late talk(av_offset_s < 0 ? 0.1 : 0.2, 8.0, false, av_offset_s);
    talk.play(7.0);
    REQUIRE(talk.waited_s() > 0.125);
    // A keyframe that comes late is held for up to 5 ms.
    const double pace = 4 * kBlock_s * kKeyframeRateHz * kRise;
    for (std::size_t i = 150; i < 600; ++i) {
      const double step = talk.levels()[i] - talk.levels()[i - 4];
      REQUIRE(step > 0.85 * pace);
      REQUIRE(step < 1.15 * pace);
    }
  }
}

TEST_CASE(
    "sound waits not for a face that is hardly behind, nor before its last words, nor where it stalls") {
  Late hardly(0.05);
  hardly.play(7.0);
  CHECK(hardly.waited_s() == 0.0);
  Late over(0.2, 4.0);
  over.play(4.2);
  CHECK(over.waited_s() == 0.0);
  Late strict(0.2, 8.0, true);
  strict.play(8.0);
  CHECK(strict.waited_s() == 0.0);
}

TEST_CASE("a pause of the application's in the midst of the wait only interrupts it") {
  Late talk(0.2);
  talk.play(3.15);
  const double begun_s = talk.waited_s();
  CHECK(begun_s > 0.0);
  CHECK(begun_s < 0.15);
  talk.pause();
  const double paused_at_s = talk.now_s();
  talk.play(0.5);
  const double paused_s = talk.now_s() - paused_at_s;
  CHECK(talk.waited_s() == begun_s);
  talk.resume();
  talk.play(3.0);
  CHECK(talk.waited_s() == doctest::Approx(0.235).epsilon(0.1));
  CHECK(talk.stats().heard_s == doctest::Approx(talk.now_s() - paused_s - talk.waited_s()).epsilon(1e-6));
}

}  // namespace hostmode
