// When motion counts as late: while its sound goes on, and not while it stands still.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "hostmode/player.h"

namespace hostmode {
namespace {

constexpr int kRate_hz = 8000;
constexpr double kBlock_s = 0.01;

class Talk {
 public:
  Talk() : player_(kRate_hz, config()) {
    const std::vector<std::int16_t> pcm(3 * kRate_hz, 1000);
    const ByteView bytes{reinterpret_cast<const std::uint8_t*>(pcm.data()), 2 * pcm.size()};
    REQUIRE(player_.push_audio(bytes, true, now_s_, id_) == Status::kOk);
    push(20);
  }

  void push(std::size_t count) {
    std::vector<Keyframe> keyframes(count);
    for (Keyframe& keyframe : keyframes) keyframe.expression[0] = 0.01F * static_cast<float>(++pushed_);
    std::vector<std::uint8_t> message;
    REQUIRE(encode_message(keyframes.data(), count, "", "", false, "", message) == Status::kOk);
    const ByteView view{message.data(), message.size()};
    MotionPush result;
    REQUIRE(player_.push_motion(&view, 1, &id_, now_s_, result) == Status::kOk);
  }

  void play(double duration_s) {
    for (const double until_s = now_s_ + duration_s; now_s_ < until_s;) {
      float block[static_cast<int>(kRate_hz * kBlock_s)];
      AudioObservation observation;
      observation.dac_s = now_s_;
      player_.render_audio(block, std::size(block), observation);
      now_s_ += kBlock_s;
      player_.advance(now_s_);
    }
  }

  // Motion of the next 0.4 s that lies far from all before it, as of another sentence.
  void push_far(float by) {
    pushed_ += static_cast<int>(by / 0.01F);
    push(10);
  }
  // The largest step of a picture while it plays.
  double largest_step(double duration_s) {
    std::array<float, kKeyframeFloats> pose;
    player_.sample(now_s_, pose.data());
    double largest = 0.0;
    for (const double until_s = now_s_ + duration_s; now_s_ < until_s;) {
      const float before = pose[kExpressionOffset];
      play(kBlock_s);
      player_.sample(now_s_, pose.data());
      largest = std::max(largest, static_cast<double>(std::abs(pose[kExpressionOffset] - before)));
    }
    return largest;
  }

  void pause() { player_.pause(now_s_); }
  void resume() { player_.resume(now_s_); }
  [[nodiscard]] double delay_s() { return player_.stats().face_delay_s; }

 private:
  static PlayerConfig config() {
    PlayerConfig config;
    config.prebuffer_s = config.max_prebuffer_s = 0.0;
    return config;
  }

  Player player_;
  std::string id_;
  double now_s_ = 1.0;
  int pushed_ = 0;
};

}  // namespace

TEST_CASE("motion that was missing while sound went on holds the face back") {
  Talk talk;
  talk.play(0.9);
  talk.push(5);
  talk.play(0.2);
  CHECK(talk.delay_s() > 0.01);
}

TEST_CASE("motion that comes while sound stands still is not late") {
  Talk talk;
  talk.play(0.9);
  talk.pause();
  talk.play(0.2);
  talk.push(5);
  talk.resume();
  talk.play(0.2);
  CHECK(talk.delay_s() == 0.0);
}

TEST_CASE("a gap that motion leaves at another place is blended no faster than a transition") {
  Talk talk;
  talk.play(0.9);  // 0.14 s after its motion ran out
  talk.push_far(0.5F);
  // An offset of about 0.5 within 0.32 s, beneath it 0.01 a keyframe.
  CHECK(talk.largest_step(0.5) < 1.1 * (1.5 * 0.55 / 0.32 + 0.01 / 0.04) * 0.01);
}

}  // namespace hostmode
