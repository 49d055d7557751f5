// When motion counts as late: while its sound goes on, and not while it stands still.
#include <doctest/doctest.h>

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

}  // namespace hostmode
