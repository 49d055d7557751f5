#include "hostmode/player.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

#include "motion/pose_track.h"
#include "playback/conversation.h"
#include "playback/conversation_id.h"
#include "playback/early_motion.h"

namespace hostmode {
namespace {

constexpr std::size_t kMaxUnpolledEvents = 1024;

bool is_state_edge(const Event& event) noexcept {
  return event.kind == EventKind::kConversationState || event.kind == EventKind::kConversationEnd ||
         event.kind == EventKind::kAnimationState || event.kind == EventKind::kPlaybackStall;
}

}  // namespace

Player::Player(int sample_rate_hz, PlayerConfig config)
    : present_s_(kNow_s),
      quiet_until_s_(kNow_s),
      poses_(static_cast<double>(sample_rate_hz), config),
      renderer_(static_cast<double>(sample_rate_hz), config.latency_s),
      sample_rate_hz_(sample_rate_hz),
      config_(std::move(config)),
      ids_(std::make_unique<ConversationIdGenerator>()),
      early_(std::make_unique<EarlyMotion>()) {
  if (!is_player_rate(sample_rate_hz)) {
    throw std::invalid_argument(
        "sample_rate is " + std::to_string(sample_rate_hz) +
        "; allowed are 8000, 16000, 22050, 24000, 32000, 44100 and 48000 for conversations, and 88200, "
        "96000, "
        "176400 and 192000 besides for a player that feeds a device: resample to one of them");
  }
  if (const char* fault = validate(config_)) throw std::invalid_argument(fault);
}

Player::~Player() = default;

void Player::pause(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  const ConversationPtr conversation = current();
  if (conversation == nullptr || paused_) return;
  paused_ = true;
  quiet_until_s_ = kNow_s;
  renderer_.set_paused(true);
  set_state(PlayerState::kPaused, "user_action", conversation->id, present_s_);
}

void Player::resume(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  if (!paused_) return;
  paused_ = false;
  quiet_until_s_ = kNow_s;
  renderer_.set_paused(false);
  if (const ConversationPtr conversation = current()) {
    set_state(conversation->started ? PlayerState::kPlaying : PlayerState::kActive, "user_action",
              conversation->id, present_s_);
  }
}

void Player::interrupt(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  early_->clear();
  bool any = false;
  for (const ConversationPtr& conversation : conversations_) {
    if (conversation->ended) continue;
    any = true;
    conversation->stream.cut();
    end_conversation(*conversation, "interrupted", present_s_);
  }
  if (!any) return;
  paused_ = false;
  renderer_.set_paused(false);
  set_state(PlayerState::kIdle, "user_action", state_id_, present_s_);
  if (silent_) play_silently();
}

Status Player::set_volume(double volume) noexcept {
  if (!(volume >= 0.0 && volume <= 1.0)) return Status::kInvalidArgument;
  const std::lock_guard lock(mutex_);
  volume_ = volume;
  renderer_.set_volume(static_cast<float>(volume));
  return Status::kOk;
}

double Player::volume() const noexcept {
  const std::lock_guard lock(mutex_);
  return volume_;
}

void Player::advance(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
}

void Player::start_silent_clock(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  if (silent_) return;
  silent_ = true;
  quiet_until_s_ = kNow_s;
  silent_since_s_ = now_s;
  silent_frames_ = 0;
}

void Player::stop_silent_clock(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  silent_ = false;
}

double Player::audio_time(double now_s) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  const ConversationPtr conversation = current();
  if (conversation == nullptr) return 0.0;
  return std::max(0.0, poses_.media_s(conversation->generation(), heard_frame(now_s)));
}

std::string Player::conversation_id() const {
  const std::lock_guard lock(mutex_);
  const ConversationPtr conversation = current();
  return conversation == nullptr ? std::string() : conversation->id;
}

PlayerState Player::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::vector<Event> Player::poll_events() {
  const std::lock_guard lock(mutex_);
  std::vector<Event> events(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
  events_.clear();
  return events;
}

Stats Player::stats() {
  const std::lock_guard lock(mutex_);
  note_heard(heard_frame(present_s_));
  Stats stats = stats_;
  stats.underruns = renderer_.underruns();
  stats.prebuffer_s = prebuffer_s();
  if (const ConversationPtr conversation = current()) {
    const double rate_hz = sample_rate_hz_;
    const SampleQueue& stream = conversation->stream;
    stats.buffered_audio_s = static_cast<double>(stream.pushed() - stream.consumed()) / rate_hz;
    stats.played_s = static_cast<double>(stream.consumed()) / rate_hz;
    if (conversation->has_motion()) {
      stats.buffered_motion_s = std::max(0.0, conversation->timeline.last_keyframe_s() - stats.heard_s);
    }
  }
  return stats;
}

Player::ConversationPtr Player::current() const noexcept {
  for (const ConversationPtr& conversation : conversations_) {
    if (!conversation->ended) return conversation;
  }
  return nullptr;
}

Player::ConversationPtr Player::find(const std::string& id) const noexcept {
  for (const ConversationPtr& conversation : conversations_) {
    if (!conversation->ended && conversation->id == id) return conversation;
  }
  return nullptr;
}

Player::ConversationPtr Player::find(std::uint64_t generation) const noexcept {
  for (const ConversationPtr& conversation : conversations_) {
    if (conversation->generation() == generation) return conversation;
  }
  return nullptr;
}

std::int64_t Player::samples(double seconds) const noexcept {
  return static_cast<std::int64_t>(std::llround(seconds * sample_rate_hz_));
}

void Player::set_state(PlayerState state, const char* reason, const std::string& id, double time_s) {
  if (state == state_ && id == state_id_) return;
  state_ = state;
  state_id_ = id;
  Event event;
  event.kind = EventKind::kConversationState;
  event.time_s = time_s;
  event.conversation_id = id;
  event.state = state;
  event.reason = reason;
  add_event(std::move(event));
}

void Player::add_event(Event event) {
  if (events_.size() >= kMaxUnpolledEvents && !is_state_edge(event)) {
    ++stats_.dropped_events;
    return;
  }
  events_.push_back(std::move(event));
}

void Player::count_discarded(std::uint64_t& counter, const char* reason, const std::string& id,
                             std::size_t messages) {
  counter += messages;
  Event event;
  event.kind = EventKind::kMotionDiscarded;
  event.time_s = present_s_;
  event.conversation_id = id;
  event.reason = reason;
  event.value = static_cast<double>(messages);
  add_event(std::move(event));
}

}  // namespace hostmode
