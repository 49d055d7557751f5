#include "hostmode/player.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "threads/prefetch.h"

namespace hostmode {
namespace {

// How many players lie between one step of prefetching and the next: enough for memory to come, too few for
// it to go again.
constexpr std::size_t kAhead = 6;

}  // namespace

Player::Player(int sample_rate_hz, PlayerConfig config, int device_rate_hz)
    : device_rate_hz_(device_rate_hz == 0 ? checked_rate("sample_rate", sample_rate_hz)
                                          : checked_rate("device_rate", device_rate_hz)),
      config_(checked(std::move(config))),
      playback_(device_rate_hz_, checked_rate("sample_rate", sample_rate_hz), config_) {}

Player::~Player() = default;

// ---- producers

Status Player::push_audio(ByteView pcm, bool end, double now_s, std::string& conversation_id,
                          const std::string* to, NotPcm* not_pcm) {
  const std::lock_guard audio_lock(audio_mutex_);
  if (!driven() && pcm.size != 0 && std::isnan(unheard_since_s())) unheard_since_s_.store(now_s);
  AudioIntake::Chunk chunk;
  {
    const ChangeLock lock = change(now_s);
    chunk = playback_.take_chunk(pcm, end, to, now_s);
  }
  if (not_pcm != nullptr) *not_pcm = chunk.not_pcm;
  conversation_id = chunk.id;
  if (chunk.conversation == nullptr) return chunk.status;
  Conversation& conversation = *chunk.conversation;
  const PcmJoiner::Samples samples = conversation.pcm.join(pcm.data, pcm.size, pcm_scratch_);
  conversation.stream.append(samples.data, samples.count);
  conversation.stream.follow(conversation.drift.value());
  conversation.pause_finder.look(samples.data, samples.count);
  pcm_scratch_.clear();
  pcm_scratch_.shrink_to_fit();
  {
    const ChangeLock lock = change();
    playback_.finish_chunk(conversation, pcm, end);
  }
  if (chunk.opens) attach_early_motion(conversation, now_s);
  return Status::kOk;
}

std::string Player::open_conversation(double now_s, bool turn) {
  const std::lock_guard audio_lock(audio_mutex_);
  bool opens = false;
  ConversationPtr conversation;
  {
    const ChangeLock lock = change(now_s);
    conversation = playback_.open(turn, now_s, opens);
  }
  if (opens) attach_early_motion(*conversation, now_s);
  return conversation->id;
}

Status Player::push_motion(const ByteView* messages, std::size_t count, const std::string* conversation_id,
                           double now_s, MotionPush& result) {
  const std::lock_guard motion_lock(motion_mutex_);
  result = MotionPush{};
  // Before it is known whether anybody takes them: nobody waits for that, and one lock does for the rest.
  Status status = batch_.decode(messages, count, result.failed_message, result.failure);
  ConversationPtr conversation;
  MotionPlace place;
  {
    const ChangeLock lock = change(now_s);
    if (!playback_.route_motion(conversation_id, count, conversation)) {
      result = MotionPush{};  // what nobody takes need not be sound
      result.complete = conversation != nullptr && count == 0 && conversation->motion_ended();
      return Status::kOk;
    }
    if (status == Status::kOk) {
      status = playback_.judge_motion(batch_, conversation.get());
    } else {
      playback_.report_malformed(result.failed_message, result.failure, conversation.get());
    }
    if (status != Status::kOk || conversation == nullptr) return status;
    result.complete = batch_.begin() != batch_.end() && conversation->motion_ended();
    place = playback_.motion_place(*conversation);
  }
  for (const ArrivedMessage& arrived : batch_) {
    append_motion(arrived.message, *conversation, place, now_s);
  }
  return Status::kOk;
}

void Player::append_motion(const Message& message, Conversation& conversation, MotionPlace& place,
                           double now_s) {
  Timeline& timeline = conversation.timeline;
  const std::unique_ptr<Timeline::Batch> batch = timeline.prepare(
      message.keyframes.data(), message.keyframes.size(), timeline.keyframe_count(), place.shown_s,
      conversation.begins_sentence(message) ? place.sentence_s : std::nullopt);
  conversation.remember_sentence(message);
  const ChangeLock lock = change();
  playback_.append_motion(conversation, message, *batch, now_s);
  place = playback_.motion_place(conversation);
}

void Player::attach_early_motion(Conversation& conversation, double now_s) {
  const std::lock_guard motion_lock(motion_mutex_);
  std::vector<ArrivedMessage> messages;
  {
    const ChangeLock lock = change();
    messages = playback_.take_early_motion(conversation);
  }
  MotionPlace place;  // nothing of it is shown yet
  for (const ArrivedMessage& arrived : messages) {
    append_motion(arrived.message, conversation, place, now_s);
  }
}

void Player::pause(double now_s) {
  const ChangeLock lock = change(now_s);
  playback_.pause();
}

void Player::resume(double now_s) {
  const ChangeLock lock = change(now_s);
  playback_.resume();
}

std::optional<double> Player::interrupt(double now_s) {
  const ChangeLock lock = change(now_s);
  return playback_.interrupt();
}

Status Player::set_sample_rate(int sample_rate_hz, double now_s) {
  if (!is_player_rate(sample_rate_hz)) return Status::kInvalidArgument;
  auto conversion = FilterBank::between(sample_rate_hz, device_rate_hz_);
  const std::lock_guard audio_lock(audio_mutex_);
  const ChangeLock lock = change(now_s);
  playback_.interrupt();
  playback_.set_pcm_rate(sample_rate_hz, std::move(conversion));
  return Status::kOk;
}

Status Player::set_volume(double volume) noexcept {
  if (!(volume >= 0.0 && volume <= 1.0)) return Status::kInvalidArgument;
  const LookLock lock(mutex_);
  playback_.playout().set_volume(volume);
  return Status::kOk;
}

double Player::volume() const noexcept {
  const LookLock lock(mutex_);
  return playback_.playout().volume();
}

// ---- time

void Player::advance(double now_s) {
  const LookLock lock(mutex_);
  playback_.settle(admitted(now_s));
}

void Player::reset_clock(double now_s) {
  const ChangeLock lock = change();
  playback_.restart_clock(clock_, now_s);
}

void Player::start_silent_clock(double now_s) {
  driven_.store(true, std::memory_order_relaxed);
  const ChangeLock lock = change(now_s);
  playback_.playout().start_silently(now_s);
}

void Player::stop_silent_clock(double now_s) {
  const ChangeLock lock = change(now_s);
  playback_.playout().stop_silently();
}

ChangeLock Player::change() {
  return ChangeLock(mutex_, playback_.quiet());
}

ChangeLock Player::change(double& now_s) {
  ChangeLock lock(mutex_, playback_.quiet());
  now_s = admitted(now_s);
  playback_.settle(now_s);
  return lock;
}

double Player::admitted(double now_s) {
  const double inside_s = clock_.to_player(now_s);
  if (playback_.may_move_to(inside_s)) return inside_s;
  const double latest_s = clock_.to_caller(playback_.latest_s());
  throw std::invalid_argument(
      "now is " + std::to_string(now_s) + " s, the latest time before it " + std::to_string(latest_s) +
      " s; a time may lie 60 s ahead of that and 1 s back: take all times of a player from one clock that "
      "counts "
      "seconds, such as hostmode.now(), or call reset_clock(now) where that clock has started again");
}

// ---- samplers

void Player::sample(double now_s, float* out) {
  // Between two pictures an application touches much else: its one avatar is seldom in any cache.
  playback_.prefetch_motion();
  show(now_s, out);
}

void Player::show(double now_s, float* out) {
  const LookLock lock(mutex_);
  now_s = clock_.to_player(now_s);
  playback_.settle_to_look_at(now_s);
  playback_.show(now_s, out);
}

void Player::sample_into(const double* times_s, std::size_t count, float* out) {
  const LookLock lock(mutex_);
  playback_.sample_into(times_s, count, clock_, out);
}

void Player::sample_many(Player* const* players, std::size_t count, double now_s, float* out) {
  for (std::size_t step = 0; step < count + 2 * kAhead; ++step) {
    if (step < count) players[step]->prefetch();
    if (step >= kAhead && step - kAhead < count) players[step - kAhead]->playback_.prefetch_motion();
    if (step < 2 * kAhead) continue;
    const std::size_t i = step - 2 * kAhead;
    players[i]->show(now_s, out + i * kKeyframeFloats);
  }
}

void Player::prefetch() const noexcept {
  prefetch_memory(&mutex_, sizeof(mutex_));
  playback_.prefetch();
}

// ---- observers

double Player::audio_time(double now_s) {
  const LookLock lock(mutex_);
  now_s = clock_.to_player(now_s);
  playback_.settle_to_look_at(now_s);
  return playback_.audio_time(now_s);
}

int Player::sample_rate_hz() const {
  const LookLock lock(mutex_);
  return playback_.pcm_rate_hz();
}

std::string Player::conversation_id() const {
  const LookLock lock(mutex_);
  return playback_.conversation_id();
}

PlayerState Player::state() const {
  const LookLock lock(mutex_);
  return playback_.state();
}

std::vector<Event> Player::poll_events() {
  const LookLock lock(mutex_);
  return playback_.poll_events();
}

Stats Player::stats() {
  const LookLock lock(mutex_);
  return playback_.stats();
}

}  // namespace hostmode
