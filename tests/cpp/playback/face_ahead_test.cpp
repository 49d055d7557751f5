// A face that runs ahead of its sound: what is foreseen and then turns out otherwise does not jump.
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
constexpr double kPicture_s = 1.0 / 120.0;

// Holds expression 0 for a second a message, under sound that is not said to end.
class Held {
 public:
  Held(const PlayerConfig& config, double sound_s, double device_ahead_s)
      : player_(kRate_hz, config), device_ahead_s_(device_ahead_s) {
    push_sound(sound_s);
  }

  void push_sound(double duration_s) {
    const std::vector<std::int16_t> pcm(static_cast<std::size_t>(duration_s * kRate_hz), 1000);
    const ByteView bytes{reinterpret_cast<const std::uint8_t*>(pcm.data()), 2 * pcm.size()};
    REQUIRE(player_.push_audio(bytes, false, now_s_, id_) == Status::kOk);
  }

  // Nothing of it is to come any more.
  void end() {
    REQUIRE(player_.push_audio({nullptr, 0}, true, now_s_, id_) == Status::kOk);
    std::vector<std::uint8_t> message;
    REQUIRE(encode_message(nullptr, 0, "", "", true, "", message) == Status::kOk);
    const ByteView view{message.data(), message.size()};
    MotionPush result;
    REQUIRE(player_.push_motion(&view, 1, &id_, now_s_, result) == Status::kOk);
  }

  // A second of it, in which expression 0 has that value.
  void push_motion(float value) {
    std::vector<Keyframe> keyframes(25);
    for (Keyframe& keyframe : keyframes) keyframe.expression[0] = value;
    std::vector<std::uint8_t> message;
    REQUIRE(encode_message(keyframes.data(), keyframes.size(), "", "", false, "", message) == Status::kOk);
    const ByteView view{message.data(), message.size()};
    MotionPush result;
    REQUIRE(player_.push_motion(&view, 1, &id_, now_s_, result) == Status::kOk);
  }

  // The sound of a block leaves with the block, so that most pictures lie beyond the latest.
  float picture() {
    for (; block_s_ <= now_s_; block_s_ += kBlock_s) {
      float block[static_cast<int>(kRate_hz * kBlock_s)];
      AudioObservation observation;
      observation.dac_s = block_s_ + device_ahead_s_;
      player_.render_audio(block, std::size(block), observation);
    }
    std::array<float, kKeyframeFloats> pose;
    player_.sample(now_s_, pose.data());
    return pose[kExpressionOffset];
  }

  float shown_after(double duration_s) {
    float shown = picture();
    for (const double until_s = now_s_ + duration_s; now_s_ < until_s;) {
      now_s_ += kPicture_s;
      const float next = picture();
      largest_step_ = std::max(largest_step_, std::abs(next - shown));
      shown = next;
    }
    return shown;
  }
  void wait(double duration_s) { now_s_ += duration_s; }
  [[nodiscard]] float largest_step() const { return largest_step_; }

 private:
  Player player_;
  const double device_ahead_s_;
  std::string id_;
  double now_s_ = 1.0;
  double block_s_ = 1.0;
  float largest_step_ = 0.0F;
};

PlayerConfig ahead(double idle_transition_s) {
  PlayerConfig config;
  config.prebuffer_s = config.max_prebuffer_s = 0.0;
  config.speech_transition_s = 0.2;
  config.idle_transition_s = idle_transition_s;
  config.av_offset_s = -0.4;
  config.end_timeout_s = 0.1;
  return config;
}

// Motion comes back to a stall that is still heard when the watchdog's patience is over.
float largest_step_of_a_cut(double idle_transition_s) {
  PlayerConfig config = ahead(idle_transition_s);
  config.frame_starvation_mode = FrameStarvationMode::kStrictSync;
  Held face(config, 2.0, 0.3);
  face.push_motion(1.0F);
  face.shown_after(1.25);
  face.push_motion(1.0F);
  REQUIRE(face.shown_after(1.0) == doctest::Approx(0.0));
  return face.largest_step();
}

}  // namespace

TEST_CASE("what is heard otherwise than foreseen is blended in from the latest picture") {
  PlayerConfig config = ahead(0.04);
  config.speech_transition_s = 0.04;
  config.end_timeout_s = 5.0;
  Held face(config, 0.8, 0.0);
  face.push_motion(1.0F);
  face.push_motion(-1.0F);
  face.shown_after(0.895);
  face.wait(0.0005);
  REQUIRE(face.picture() == doctest::Approx(1.0));  // just after a block
  face.push_sound(1.0);
  face.wait(0.0085);
  REQUIRE(face.picture() == doctest::Approx(1.0));  // of a dry conversation, beyond its latest block
  face.wait(0.002);
  CHECK(face.picture() > 0.9F);
}

TEST_CASE("a face ahead of its sound comes to rest as much before the end of what is complete") {
  Held face(ahead(0.8), 1.0, 0.0);
  face.push_motion(1.0F);
  face.end();
  CHECK(face.shown_after(0.54) == doctest::Approx(1.0));
  CHECK(face.shown_after(0.5) > 0.1F);
  CHECK(face.shown_after(0.42) == doctest::Approx(0.0));
}

TEST_CASE("a conversation that the watchdog cuts is left by a transition where its face runs ahead") {
  CHECK(largest_step_of_a_cut(0.4) < 1.6 * kPicture_s / 0.2);
}

TEST_CASE("the first motion of a face that is ahead of a device not yet heard begins with a transition") {
  for (const double ahead_s : {0.02, 0.08, 0.11}) {
    CAPTURE(ahead_s);
    PlayerConfig config = ahead(0.4);
    config.motion_wait_s = 0.0;
    config.av_offset_s = -ahead_s;
    Held face(config, 2.0, 0.25);
    const float shown = face.shown_after(0.15);
    face.push_motion(1.0F);
    CHECK(face.picture() == doctest::Approx(shown));
    CHECK(face.shown_after(0.5) == doctest::Approx(1.0));
    CHECK(face.largest_step() < 1.6 * kPicture_s / 0.2);
  }
}

TEST_CASE("what was foreseen and does not come about is blended where transitions take no time") {
  CHECK(largest_step_of_a_cut(0.0) < 1.6 * kPicture_s / kKeyframeInterval_s);
}

}  // namespace hostmode
