#include "playback/random_face.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace hostmode::testing {
namespace {

constexpr int kRate_hz = 8000;
constexpr double kPictureRate_hz = 120.0;
constexpr double kBlock_s = 0.01;
constexpr std::size_t kBlockFrames = 80;

using Channel = RandomFace::Channel;
constexpr Channel kChannels[] = {
    {kNeckPoseOffset, 0.15, 0.3, -0.018, 0.018}, {kJawPoseOffset, 0.1, 0.9, 0.0, 0.0},
    {kEyePoseOffset, 0.1, 0.5, -0.035, 0.035},   {kEyePoseOffset + 1, 0.1, 0.5, -0.07, 0.07},
    {kEyeLidOffset, 0.5, 0.6, 0.0, 1.0},         {kExpressionOffset, 1.0, 0.9, 0.0, 0.0},
    {kExpressionOffset + 20, 0.5, 0.4, 0.0, 0.0}};
// As much as the contract allows beyond the fastest ordinary speech step.
constexpr double kBeyondOrdinary = 1.5;
// Of the curve through keyframes against the straight line between two, where they jump.
constexpr double kCurve = 1.35;
// Another sentence catches up within twelve keyframes, and a face that was held back at so much of its pace.
constexpr double kCatchingUp = 13.0 / 12.0;
constexpr double kDelaySlew = 1.05;
constexpr double kEase = 1.5;  // the highest speed of an S-curve
constexpr double kRounding = 1e-5;

bool is_of_eyes(std::size_t channel) {
  return channel >= kEyePoseOffset && channel < kEyeLidOffset + 2;
}

}  // namespace

PlayerConfig RandomFace::draw_config(std::mt19937& random) {
  const auto draw = [&random](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const auto one_in = [&random](std::uint32_t chance) { return random() % chance == 0; };
  // Some are shorter than a keyframe interval.
  const auto draw_transition = [&draw](double most_s) {
    const double drawn_s = draw(0.04, most_s);
    return drawn_s < 0.1 ? drawn_s - 0.04 : drawn_s;
  };
  PlayerConfig config;
  if (one_in(3)) config.frame_starvation_mode = FrameStarvationMode::kStrictSync;
  config.queue = one_in(3);
  config.motion_wait_s = one_in(3) ? 0.0 : draw(0.0, 0.5);
  config.prebuffer_s = one_in(3) ? 0.0 : draw(0.0, 0.2);
  config.max_prebuffer_s = config.prebuffer_s + draw(0.0, 0.5);
  config.stall_risk = draw(0.01, 0.5);
  config.speech_transition_s = one_in(4) ? 0.0 : draw_transition(1.0);
  config.idle_transition_s = one_in(4) ? 0.0 : draw_transition(1.5);
  config.end_timeout_s = draw(0.1, 1.0);
  config.turn_timeout_s = draw(0.1, 3.0);
  config.early_motion_expiry_s = draw(0.0, 5.0);
  config.max_audio_s = draw(5.0, 20.0);
  config.max_motion_s = draw(5.0, 20.0);
  config.av_offset_s = one_in(2) ? 0.0 : draw(-0.6, 0.6);
  config.latency_s = draw(0.0, 0.3);
  config.layers = one_in(2);
  config.seed = random();
  if (one_in(2)) config.avatar_id = "avatar";
  return config;
}

RandomFace::RandomFace(std::uint32_t seed)
    : random_(seed),
      config_(draw_config(random_)),
      player_(kRate_hz, config_),
      idle_(*config_.seed),
      jumps_(one_in(4)),
      device_ahead_s_(one_in(3) ? 0.0 : draw(0.0, 0.2)) {}

double RandomFace::draw(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random_);
}

void RandomFace::look(std::size_t conversations) {
  while (opened_ < conversations) {
    act();
    push_due();
    render();
    compare();
    ++pictures_;
    now_s_ = static_cast<double>(pictures_) / kPictureRate_hz;
  }
}

void RandomFace::act() {
  const bool over = utterance_.pushed_samples == utterance_.samples;
  if (one_in(over ? 150 : 1500)) begin_utterance();
  if (one_in(600)) player_.pause(now_s_);
  if (one_in(100)) player_.resume(now_s_);
  if (one_in(1500)) {
    player_.interrupt(now_s_);
    utterance_ = Utterance{};
  }
  (void)player_.poll_events();
}

void RandomFace::begin_utterance() {
  std::string id;
  (void)player_.push_audio({}, true, now_s_, id);
  utterance_ = Utterance{};
  if (one_in(4)) utterance_.id = player_.open_conversation(now_s_, one_in(2));
  Utterance& u = utterance_;
  u.began_s = u.sound_due_s = u.motion_due_s = now_s_;
  u.keyframes = 1 + random_() % 75;
  const double length_s =
      std::max(0.02, static_cast<double>(u.keyframes) * 0.04 + (one_in(3) ? draw(-0.5, 0.5) : 0.0));
  u.samples = static_cast<std::size_t>(length_s * kRate_hz);
  u.sound_every_s = one_in(2) ? 0.0 : draw(0.02, 0.3);
  u.motion_lead_s = one_in(3) ? 100.0 : draw(-0.6, 0.3);
  u.jitter_s = one_in(2) ? 0.0 : draw(0.0, 0.2);
  u.cut = one_in(2) ? 1 : 1 + random_() % 20;
  u.second_from = one_in(2) ? u.keyframes : 1 + random_() % u.keyframes;
  u.req_id = "request-" + std::to_string(opened_);
  u.eyes_from = one_in(2) ? u.keyframes : random_() % u.keyframes;
  u.jumps_at = jumps_ ? random_() % u.keyframes : u.keyframes;
  u.phase = draw(0.0, 6.28);
  ++opened_;
  if (config_.av_offset_s < 0 && u.second_from < u.keyframes) ++sentences_after_the_first_;
}

void RandomFace::push_due() {
  Utterance& u = utterance_;
  while (u.pushed_samples < u.samples && u.sound_due_s <= now_s_) {
    const std::size_t left = u.samples - u.pushed_samples;
    const auto chunk = static_cast<std::size_t>(u.sound_every_s * kRate_hz);
    const std::size_t count = u.sound_every_s == 0.0 ? left : std::min(left, std::max<std::size_t>(chunk, 1));
    std::vector<std::int16_t> pcm(count, 1000);
    for (std::size_t i = 0; i < count; ++i) {  // speech that pauses
      const double t_s = static_cast<double>(u.pushed_samples + i) / kRate_hz;
      if (std::fmod(t_s + u.phase, 0.8) < 0.25) pcm[i] = 0;
    }
    const ByteView bytes{reinterpret_cast<const std::uint8_t*>(pcm.data()), 2 * count};
    const bool end = count == left;
    const Status status = player_.push_audio(bytes, end && !one_in(8), now_s_, u.id);
    REQUIRE((status == Status::kOk || status == Status::kBufferFull));
    u.pushed_samples += count;
    u.sound_due_s += u.sound_every_s + draw(-0.5, 1.0) * u.jitter_s;
  }
  while (!u.id.empty() && u.pushed_keyframes < u.keyframes && u.motion_due_s <= now_s_) {
    const std::size_t until = u.pushed_keyframes < u.second_from ? u.second_from : u.keyframes;
    push_motion(std::min(u.cut, until - u.pushed_keyframes));
    const double due_s = u.began_s + static_cast<double>(u.pushed_keyframes) * kKeyframeInterval_s;
    u.motion_due_s = std::max(u.motion_due_s, due_s - u.motion_lead_s + draw(0.0, 1.0) * u.jitter_s);
  }
}

void RandomFace::push_motion(std::size_t count) {
  Utterance& u = utterance_;
  std::vector<Keyframe> keyframes;
  for (std::size_t i = 0; i < count; ++i) keyframes.push_back(keyframe_at(u.pushed_keyframes + i));
  note_pace();
  std::vector<std::uint8_t> message;
  const bool end = u.pushed_keyframes + count == u.keyframes;
  const bool ends_request = u.pushed_keyframes + count == u.second_from;
  const std::string req_id = u.req_id + (u.pushed_keyframes < u.second_from ? "-1" : "-2");
  REQUIRE(encode_message(keyframes.data(), count, "", req_id, end || ends_request, config_.avatar_id,
                         message) == Status::kOk);
  const ByteView view{message.data(), message.size()};
  MotionPush result;
  const Status status = player_.push_motion(&view, 1, &u.id, now_s_, result);
  REQUIRE((status == Status::kOk || status == Status::kBufferFull));
  u.pushed_keyframes += count;
}

void RandomFace::note_pace() {
  const Utterance& u = utterance_;
  const double shown_s = player_.audio_time(now_s_) + std::max(0.0, -config_.av_offset_s);
  const double in_hand_s = (static_cast<double>(u.pushed_keyframes) - 1.0) * kKeyframeInterval_s;
  has_late_motion_ = has_late_motion_ || shown_s > in_hand_s;
  has_sentences_ = has_sentences_ || u.second_from < u.keyframes;
}

Keyframe RandomFace::keyframe_at(std::size_t index) const {
  Keyframe keyframe{};
  for (const Channel& channel : kChannels) {
    const bool still = is_of_eyes(channel.index) && index < utterance_.eyes_from;
    const auto at = static_cast<double>(still ? utterance_.eyes_from : index);
    const double turn = index >= utterance_.jumps_at && !is_of_eyes(channel.index) ? 3.14159 : 0.0;
    keyframe.data()[channel.index] =
        static_cast<float>(channel.amplitude * std::sin(channel.rate * at + utterance_.phase + turn));
  }
  return keyframe;
}

void RandomFace::render() {
  float block[kBlockFrames];
  while (static_cast<double>(blocks_) * kBlock_s <= now_s_) {
    AudioObservation observation;
    observation.dac_s = static_cast<double>(blocks_) * kBlock_s + device_ahead_s_;
    player_.render_audio(block, kBlockFrames, observation);
    ++blocks_;
  }
}

void RandomFace::compare() {
  Pose pose;
  player_.sample(now_s_, pose.data());
  Pose idle;
  idle_.sample(now_s_, idle.data());
  bool jumps = false;
  for (const Channel& channel : kChannels) {
    const float value = pose[channel.index];
    REQUIRE(std::isfinite(value));
    if (!has_last_) continue;
    const double step = std::abs(value - last_[channel.index]);
    CAPTURE(now_s_);
    CAPTURE(channel.index);
    const double most = most_step(channel) + std::abs(idle[channel.index] - last_idle_[channel.index]);
    if (step <= most) continue;
    CAPTURE(step);
    CAPTURE(most);
    REQUIRE(transitions_jump());
    jumps = true;
  }
  if (jumps) REQUIRE(++jumps_seen_ <= most_jumps());
  for (const Channel& channel : kChannels) {
    const double value = pose[channel.index];
    highest_[channel.index] = std::max(highest_[channel.index], value);
    lowest_[channel.index] = std::min(lowest_[channel.index], value);
  }
  last_ = pose;
  last_idle_ = idle;
  has_last_ = true;
}

// The most of what contract and settings allow a value to move from one picture to the next.
double RandomFace::most_step(const Channel& channel) const {
  // What it has been, beyond its keyframes and idle too: a transition that is cut off swings out.
  const double highest = std::max({channel.amplitude, channel.idle_highest, highest_[channel.index]});
  const double lowest = std::min({-channel.amplitude, channel.idle_lowest, lowest_[channel.index]});
  const double range = highest - lowest;
  const double ordinary = 2.0 * channel.amplitude * std::sin(channel.rate / 2);
  const bool jumps = jumps_ && !is_of_eyes(channel.index);
  const double own = jumps ? 2.0 * kCurve * channel.amplitude * fastest_pace() : 0.0;
  const double keyframes = std::max(kBeyondOrdinary * ordinary, own) * kKeyframeRateHz / kPictureRate_hz;
  const double transition = kEase * range / (shortest_transition_s() * kPictureRate_hz);
  return std::max(keyframes, transition) + kRounding;
}

double RandomFace::fastest_pace() const {
  return (has_sentences_ ? kCatchingUp : 1.0) * (has_late_motion_ ? kDelaySlew : 1.0);
}

// Where one takes no time, motion that runs out takes a keyframe interval to idle, and so does motion that
// comes late.
double RandomFace::shortest_transition_s() const {
  const double speech_s = config_.speech_transition_s;
  const double idle_s = config_.idle_transition_s;
  return std::max(speech_s > 0 ? std::min(speech_s, idle_s) : idle_s, kKeyframeInterval_s);
}

// One that is set to take no time is the application's wish to jump.
bool RandomFace::transitions_jump() const {
  return config_.speech_transition_s == 0 || config_.idle_transition_s == 0;
}

// Where a conversation begins, where its motion does, and where it ends; a face ahead of its sound ends it as
// well where the first request is over and no other is known.
std::size_t RandomFace::most_jumps() {
  const auto conversations = static_cast<std::size_t>(player_.stats().conversations);
  const std::size_t begin = config_.speech_transition_s == 0 ? 2 * conversations : 0;
  const std::size_t end = config_.idle_transition_s == 0 ? conversations + sentences_after_the_first_ : 0;
  return begin + end;
}

}  // namespace hostmode::testing
