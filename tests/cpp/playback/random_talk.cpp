#include "playback/random_talk.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace hostmode::testing {
namespace {

constexpr int kRate_hz = 8000;
constexpr std::size_t kLargestBlock = 4096;
constexpr std::size_t kFadeFrames = kRate_hz / 200;  // 5 ms
// So many samples that count up by one come from no fade: a rise over a decay may look like it, for 5 ms.
constexpr std::size_t kCertainRun = kFadeFrames + 8;

// A sample is the conversation's number in its upper 6 bits and its own place in the lower 9.
constexpr std::size_t kPlaces = 512;
constexpr std::size_t kNames = 62;

// Neighbours lie far apart, or the rise of one over the decay of the other could pass for either.
int name_of(std::size_t number) {
  return static_cast<int>(number * 23 % kNames) + 1;
}

std::int16_t sample_of(std::size_t number, std::size_t place) {
  return static_cast<std::int16_t>(name_of(number) * static_cast<int>(kPlaces) +
                                   static_cast<int>(place % kPlaces));
}

// A keyframe has its conversation's level in one channel and its place in another.
constexpr float kPlaceStep = 0.01F;
constexpr float kTolerance = 1e-4F;
// Where a keyframe had no neighbour yet when it was shown, the curve leaves the straight line by 0.15 of a
// step.
constexpr float kPlaceTolerance = 0.2F * kPlaceStep;

float level_of(std::size_t number) {
  return 0.1F * static_cast<float>(name_of(number));
}

// Of leaving a gap in the motion, without transitions.
constexpr double kLongestBlend_s = 2 * kKeyframeInterval_s;

constexpr float kHighestLevel = 0.1F * static_cast<float>(kNames);
// The difference that a transition takes along decays while what it was added to moves on.
constexpr float kOvershoot = 0.25F * kHighestLevel;

std::vector<std::uint8_t> motion_of(std::size_t number, std::size_t first, std::size_t count, bool end,
                                    const std::string& req_id) {
  std::vector<Keyframe> frames(count);
  for (std::size_t i = 0; i < count; ++i) {
    frames[i].expression[0] = level_of(number);
    frames[i].expression[1] = kPlaceStep * static_cast<float>(first + i);
  }
  std::vector<std::uint8_t> bytes;
  REQUIRE(encode_message(frames.data(), frames.size(), "", req_id, end, "", bytes) == Status::kOk);
  return bytes;
}

std::string req_id_of(std::size_t number) {
  return "req-" + std::to_string(number);
}

// The first conversation from `oldest` on that has this name.
std::size_t number_of(int name, std::size_t oldest) {
  std::size_t number = oldest;
  REQUIRE(name >= 1);
  REQUIRE(name <= static_cast<int>(kNames));
  while (name_of(number) != name) ++number;
  return number;
}

}  // namespace

RandomTalk::RandomTalk(std::uint32_t seed, const PlayerConfig& config)
    : queue_(config.queue),
      exact_poses_(config.speech_transition_s == 0 && config.idle_transition_s == 0),
      player_(std::make_unique<Player>(kRate_hz, config)),
      random_(seed) {
  REQUIRE_FALSE(config.layers);
}

void RandomTalk::talk_until(std::size_t conversations) {
  while (opened_ < conversations) {
    act();
    read_events();
    check_agreement();
    // As many short blocks as long ones.
    step(1 + pick(1U << pick(13)));
  }
}

void RandomTalk::fall_silent() {
  for (int i = 0; i < 1000 && !open_.empty(); ++i) {
    player_->resume(now_s_);
    for (Open& conversation : open_) give_up_motion(conversation);
    push_audio({}, true);
    step(800);
  }
  REQUIRE(open_.empty());
  interrupt();  // forgets early motion
  for (int i = 0; i < 20; ++i) step(800);
  REQUIRE(player_->state() == PlayerState::kIdle);
  REQUIRE(player_->stats().conversations == opened_);
}

// ---- what is done

void RandomTalk::act() {
  switch (pick(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      speak();
      break;
    case 5:
    case 6:
    case 7:
    case 8:
      move();
      break;
    case 9:
      move_early();
      break;
    case 10:
      move_wrongly();
      break;
    case 11:
      player_->pause(now_s_);
      break;
    case 12:
    case 13:
      player_->resume(now_s_);
      break;
    case 14:
      if (pick(3) == 0) interrupt();
      break;
    default:
      break;
  }
}

void RandomTalk::speak() {
  // Nothing, pushed, tells which conversation takes the audio: none where the next push opens one.
  std::string id;
  REQUIRE(player_->push_audio({}, false, now_s_, id) == Status::kOk);
  const bool opens = id.empty();
  REQUIRE((opens || id == open_.back().id));

  const std::size_t number = opens ? opened_ + 1 : opened_;
  const std::size_t first = opens ? 0 : open_.back().samples;
  std::vector<std::int16_t> samples(1 + pick(pick(4) == 0 ? 4000 : 400));
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = sample_of(number, first + i);
  const bool end = pick(4) == 0;
  const bool end_apart = end && pick(2) == 0;
  push_audio(samples, end && !end_apart);
  if (end_apart) push_audio({}, true);
}

void RandomTalk::push_audio(const std::vector<std::int16_t>& samples, bool end) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(samples.data());
  const std::size_t size = samples.size() * 2;
  // Every fourth push is cut in the middle of a sample.
  const std::size_t cut =
      size > 0 && pick(4) == 0 ? 2 * pick(static_cast<std::uint32_t>(samples.size())) + 1 : 0;
  std::string id;
  Status status = Status::kOk;
  if (cut > 0) status = player_->push_audio({bytes, cut}, false, now_s_, id);
  if (cut > 0 && status == Status::kOk && (open_.empty() || id != open_.back().id)) note_opened(id);
  if (status == Status::kOk) status = player_->push_audio({bytes + cut, size - cut}, end, now_s_, id);
  if (status == Status::kBufferFull) {
    if (cut > 0) interrupt();  // or half a sample could be left
    return;
  }
  REQUIRE(status == Status::kOk);
  if (id.empty()) {
    REQUIRE((size == 0 && open_.empty()));
    return;
  }
  if (size > 0 && (open_.empty() || id != open_.back().id)) note_opened(id);
  open_.back().samples += samples.size();
}

void RandomTalk::interrupt() {
  note_cut();
  player_->interrupt(now_s_);
  early_ = 0;
  read_events();
  REQUIRE(open_.empty());
}

void RandomTalk::move() {
  if (open_.empty()) return;
  Open& conversation = open_[pick(static_cast<std::uint32_t>(open_.size()))];
  if (pick(10) == 0) {
    give_up_motion(conversation);
    return;
  }
  const std::size_t count = pick(20);
  const bool end = pick(3) == 0;
  if (conversation.motion_ended) {  // whatever follows is discarded
    push_motion(
        motion_of(conversation.number, conversation.keyframes, count, end, req_id_of(conversation.number)),
        &conversation.id);
    return;
  }
  if (!conversation.audio_only) keyframes_ += count;
  const bool heard = &conversation == &open_.front() && player_->audio_time(now_s_) > 0;
  const double in_time = static_cast<double>(conversation.keyframes) - 1.0;
  conversation.late = conversation.late || (heard && player_->audio_time(now_s_) * kKeyframeRateHz > in_time);
  push_motion(
      motion_of(conversation.number, conversation.keyframes, count, end, req_id_of(conversation.number)),
      &conversation.id);
  if (conversation.audio_only) return;
  conversation.motion_ended = end;
  conversation.keyframes += count;
  conversation.has_req_id = true;
}

void RandomTalk::give_up_motion(Open& conversation) {
  MotionPush result;
  REQUIRE(player_->push_motion(nullptr, 0, &conversation.id, now_s_, result) == Status::kOk);
  conversation.audio_only = true;
}

void RandomTalk::move_early() {
  const std::size_t count = 1 + pick(20);
  push_motion(motion_of(opened_ + 1, early_, count, false, req_id_of(opened_ + 1)), nullptr);
  if (open_.empty()) early_ += count;
}

// Motion that must change nothing.
void RandomTalk::move_wrongly() {
  const std::size_t stale = tombstoned_ > 0 ? tombstoned_ : opened_;
  std::vector<std::uint8_t> message = motion_of(stale, 1, 5, true, req_id_of(stale));
  // No first message of a conversation begins there, so this one is no replay.
  const std::string nobody = "20250101000000_abcdefghijkl";
  switch (pick(5)) {
    case 0:
      push_motion(message, &nobody);
      break;
    case 1:
      if (!ended_id_.empty()) push_motion(message, &ended_id_);
      break;
    case 2:  // of an utterance that is over, for whatever is current
      if (tombstoned_ > 0) push_motion(message, open_.empty() ? nullptr : &open_.back().id);
      break;
    case 3:  // of another utterance than the conversation's
      if (!open_.empty() && open_.back().has_req_id && !open_.back().motion_ended) {
        push_motion(motion_of(0, 0, 5, true, "another"), &open_.back().id);
      }
      break;
    default:
      message.pop_back();
      if (!open_.empty() && !open_.back().audio_only) {
        push_motion(message, &open_.back().id, Status::kMalformed);
      }
      break;
  }
}

void RandomTalk::push_motion(const std::vector<std::uint8_t>& message, const std::string* id, Status wanted) {
  const ByteView view{message.data(), message.size()};
  MotionPush result;
  REQUIRE(player_->push_motion(&view, 1, id, now_s_, result) == wanted);
}

void RandomTalk::step(std::size_t block) {
  const std::size_t oldest = oldest_open();
  const bool silent = open_.empty() && !fading();
  if (pick(2) == 0) {
    render<float>(block);
  } else {
    render<std::int16_t>(block);
  }
  frames_since_end_ += block;
  if (silent) REQUIRE(std::all_of(heard_.begin(), heard_.end(), [](int sample) { return sample == 0; }));
  listen(oldest);

  now_s_ += static_cast<double>(block) / kRate_hz;
  player_->advance(now_s_);
  look(fading() ? std::min(oldest, fading_from_) : oldest);
  read_events();
  check_agreement();
}

// ---- what is seen

template <typename Sample>
void RandomTalk::render(std::size_t block) {
  Sample sound[kLargestBlock];
  AudioObservation observation;
  observation.dac_s = now_s_;
  player_->render_audio(sound, block, observation);
  heard_.resize(block);
  const float scale = std::is_same_v<Sample, float> ? 32768.0F : 1.0F;
  std::transform(sound, sound + block, heard_.begin(), [scale](Sample sample) {
    return static_cast<int>(std::lround(static_cast<float>(sample) * scale));
  });
}

void RandomTalk::listen(std::size_t oldest) {
  for (const int sample : heard_) {
    run_ = sample == last_sample_ + 1 && sample % static_cast<int>(kPlaces) != 0 ? run_ + 1 : 1;
    last_sample_ = sample;
    if (run_ < kCertainRun) continue;
    if (name_of(heard_number_) != sample / static_cast<int>(kPlaces) || heard_number_ < oldest) {
      heard_number_ = number_of(sample / static_cast<int>(kPlaces), std::max(oldest, heard_number_));
    }
    REQUIRE(heard_number_ <= opened_);
  }
  // The last sample's place is the number of samples consumed: none was lost and none repeated.
  if (run_ < kCertainRun || open_.empty() || heard_number_ != open_.front().number) return;
  const auto consumed = static_cast<std::size_t>(std::llround(player_->stats().played_s * kRate_hz));
  REQUIRE(last_sample_ == sample_of(heard_number_, consumed - 1));
}

void RandomTalk::look(std::size_t oldest) {
  const std::string id = player_->conversation_id();
  const double audio_s = player_->audio_time(now_s_);
  REQUIRE((id != clock_id_ || audio_s >= last_audio_s_));
  REQUIRE((!id.empty() || audio_s == 0.0));
  clock_id_ = id;
  last_audio_s_ = audio_s;

  float pose[kKeyframeFloats];
  player_->sample(now_s_, pose);
  const float level = pose[kExpressionOffset];
  const float place = pose[kExpressionOffset + 1];
  if (!exact_poses_ || is_blended(audio_s)) {
    REQUIRE(level >= -kOvershoot);
    REQUIRE(level <= kHighestLevel + kOvershoot);
    return;
  }
  if (std::abs(level) < kTolerance) {
    REQUIRE(std::abs(place) < kTolerance);
    return;
  }
  const std::size_t number = number_of(static_cast<int>(std::lround(level * 10)), oldest);
  REQUIRE(number <= opened_);
  REQUIRE(level == doctest::Approx(level_of(number)).epsilon(kTolerance));
  const auto conversation =
      std::find_if(open_.begin(), open_.end(), [number](const Open& open) { return open.number == number; });
  if (conversation == open_.end() || conversation->id != id || audio_s == 0.0) return;
  const float expected = kPlaceStep * static_cast<float>(audio_s * kKeyframeRateHz);
  REQUIRE(std::abs(place - expected) < kPlaceTolerance);
}

void RandomTalk::read_events() {
  for (const Event& event : player_->poll_events()) {
    REQUIRE(event.time_s <= now_s_);
    if (event.kind == EventKind::kMotionDiscarded && event.reason == std::string("expired")) early_ = 0;
    if (event.kind != EventKind::kConversationEnd) continue;
    const auto ended = std::find_if(open_.begin(), open_.end(),
                                    [&event](const Open& open) { return open.id == event.conversation_id; });
    REQUIRE(ended != open_.end());  // or it ended twice, or never began
    note_cut();
    // Motion that ran out before the sound may be on its way to idle.
    const double faded_s = last_audio_s_ + static_cast<double>(kFadeFrames) / kRate_hz;
    const bool ran_out = ended->id == clock_id_ && has_run_out(*ended, faded_s);
    if (ended->late || ended->motion_ended || ran_out) blends_until_s_ = now_s_ + kLongestBlend_s;
    ended_id_ = ended->id;
    if (ended->has_req_id && event.reason != std::string("watchdog")) tombstoned_ = ended->number;
    open_.erase(ended);
  }
}

void RandomTalk::check_agreement() const {
  REQUIRE(player_->conversation_id() == (open_.empty() ? std::string() : open_.front().id));
  REQUIRE(player_->stats().keyframes == keyframes_);
}

void RandomTalk::note_opened(const std::string& id) {
  read_events();
  REQUIRE((queue_ || open_.empty()));
  ++opened_;
  Open conversation{id, opened_};
  conversation.keyframes = early_;
  conversation.has_req_id = early_ > 0;
  keyframes_ += early_;
  early_ = 0;
  open_.push_back(conversation);
}

void RandomTalk::note_cut() {
  if (!fading()) fading_from_ = oldest_open();
  frames_since_end_ = 0;
}

bool RandomTalk::has_run_out(const Open& heard, double audio_s) {
  const double over_s = audio_s - (static_cast<double>(heard.keyframes) - 1.0) * kKeyframeInterval_s;
  return heard.keyframes > 0 && over_s > 0 && over_s < kLongestBlend_s;
}

bool RandomTalk::is_blended(double audio_s) const {
  if (now_s_ < blends_until_s_) return true;
  if (audio_s == 0.0) return false;
  // The end of the one before it may not have been read yet.
  const auto current =
      std::find_if(open_.begin(), open_.end(), [this](const Open& open) { return open.id == clock_id_; });
  return current != open_.end() && (current->late || has_run_out(*current, audio_s));
}

std::size_t RandomTalk::oldest_open() const {
  return open_.empty() ? opened_ + 1 : open_.front().number;
}

bool RandomTalk::fading() const {
  return frames_since_end_ <= kFadeFrames;
}

}  // namespace hostmode::testing
