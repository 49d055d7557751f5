// The part of Player that takes in audio and motion.
#include <algorithm>
#include <cstring>
#include <limits>

#include "hostmode/player.h"
#include "motion/pose_track.h"
#include "playback/conversation.h"
#include "playback/conversation_id.h"
#include "playback/early_motion.h"

namespace hostmode {
namespace {

// Joins the bytes of a push, an odd byte left over from the last one before them, into samples.
void join_samples(const std::uint8_t* odd, ByteView pcm, std::vector<std::int16_t>& samples) {
  const std::size_t before = odd != nullptr ? 1 : 0;
  samples.resize((pcm.size + before) / 2);
  auto* bytes = reinterpret_cast<std::uint8_t*>(samples.data());
  const std::size_t wanted = samples.size() * 2;
  if (wanted == 0) return;
  if (odd != nullptr) bytes[0] = *odd;
  std::memcpy(bytes + before, pcm.data, wanted - before);
}

}  // namespace

Status Player::push_audio(ByteView pcm, bool end, double now_s, std::string& conversation_id) {
  const std::lock_guard audio_lock(audio_mutex_);
  conversation_id.clear();
  ConversationPtr conversation;
  bool opened = false;
  std::uint8_t odd_byte = 0;
  const std::uint8_t* odd = nullptr;
  {
    const std::lock_guard lock(mutex_);
    settle(now_s);
    conversation = accepting_audio_;
    if (pcm.size == 0 && conversation == nullptr) {
      const ConversationPtr playing = current();
      if (end && playing != nullptr) conversation_id = playing->id;
      return Status::kOk;
    }
    const std::int64_t kept = conversation == nullptr && !config_.queue ? 0 : waiting_samples();
    const std::size_t joined = pcm.size + (conversation != nullptr && conversation->has_odd_byte ? 1 : 0);
    if (kept + static_cast<std::int64_t>(joined / 2) > samples(config_.max_audio_s)) {
      return Status::kBufferFull;
    }
    if (conversation == nullptr) {
      conversation = begin_conversation(now_s);
      opened = true;
    }
    conversation_id = conversation->id;
    conversation->last_arrival_s = now_s;
    if (pcm.size > 0) {
      jitter_.on_chunk(now_s, static_cast<double>(conversation->stream.pushed()) / sample_rate_hz_);
    }
    update_gate(*conversation);
    if (conversation->has_odd_byte) {
      odd_byte = conversation->odd_byte;
      odd = &odd_byte;
    }
  }

  const bool aligned = reinterpret_cast<std::uintptr_t>(pcm.data) % alignof(std::int16_t) == 0;
  if (odd == nullptr && aligned) {
    conversation->stream.append(reinterpret_cast<const std::int16_t*>(pcm.data), pcm.size / 2);
  } else {
    join_samples(odd, pcm, pcm_scratch_);
    conversation->stream.append(pcm_scratch_.data(), pcm_scratch_.size());
    pcm_scratch_.clear();
    pcm_scratch_.shrink_to_fit();
  }

  {
    const std::lock_guard lock(mutex_);
    const bool odd_total = ((pcm.size + (odd != nullptr ? 1 : 0)) & 1) != 0;
    if (odd_total && pcm.size > 0) conversation->odd_byte = pcm.data[pcm.size - 1];
    conversation->has_odd_byte = odd_total;
    if (end && !conversation->ended) {
      if (odd_total) ++stats_.dropped_odd_bytes;
      conversation->stream.close();
      accepting_audio_.reset();
    }
  }
  if (opened) attach_early_motion(conversation, now_s);
  return Status::kOk;
}

std::string Player::open_conversation(double now_s) {
  const std::lock_guard audio_lock(audio_mutex_);
  ConversationPtr conversation;
  {
    const std::lock_guard lock(mutex_);
    settle(now_s);
    if (accepting_audio_ != nullptr) return accepting_audio_->id;
    conversation = begin_conversation(now_s);
  }
  attach_early_motion(conversation, now_s);
  return conversation->id;
}

Player::ConversationPtr Player::begin_conversation(double now_s) {
  auto opened = std::make_shared<Conversation>(++last_generation_, ids_->next(), now_s);
  const bool replaces = !config_.queue && current() != nullptr;
  if (replaces) {
    for (const ConversationPtr& conversation : conversations_) {
      if (conversation->ended) continue;
      conversation->stream.cut();
      end_conversation(*conversation, "replaced", now_s);
    }
  }
  const bool waits = current() != nullptr;
  conversations_.push_back(opened);
  accepting_audio_ = opened;
  poses_.add_conversation(opened->generation(), &opened->timeline);
  ++stats_.conversations;
  stats_.time_to_first_sound_s = -1.0;
  stats_.time_to_first_motion_s = -1.0;
  jitter_.start_utterance(now_s);
  opened->stream.set_start_by(now_s + config_.motion_wait_s,
                              now_s + config_.motion_wait_s + config_.max_prebuffer_s);
  update_gate(*opened);
  if (!waits) {
    set_state(paused_ ? PlayerState::kPaused : PlayerState::kActive, "user_action", opened->id, now_s);
  }
  hand_over_waiting();
  return opened;
}

std::int64_t Player::waiting_samples() const noexcept {
  std::int64_t waiting = 0;
  for (const ConversationPtr& conversation : conversations_) {
    if (!conversation->ended) waiting += conversation->stream.pushed() - conversation->stream.consumed();
  }
  return waiting;
}

void Player::update_gate(Conversation& conversation) {
  quiet_until_s_ = kNow_s;
  SampleQueue& stream = conversation.stream;
  stream.set_prebuffer(samples(prebuffer_s()));
  const Timeline& timeline = conversation.timeline;
  const std::int64_t motion_end = samples(timeline.last_keyframe_s());
  stream.set_motion_end(conversation.audio_only ? 0 : motion_end);
  const bool motion_final = conversation.audio_only || conversation.motion_ended;
  if (config_.frame_starvation_mode == FrameStarvationMode::kStrictSync) {
    stream.set_hold_at(motion_final ? std::numeric_limits<std::int64_t>::max() : motion_end);
  }
  if (motion_final || conversation.has_motion()) stream.set_motion_ready();
}

double Player::prebuffer_s() const noexcept {
  return std::min(config_.prebuffer_s + jitter_.estimate_s(), config_.max_prebuffer_s);
}

Status Player::push_motion(const ByteView* messages, std::size_t count, const std::string* conversation_id,
                           double now_s, MotionPush& result) {
  const std::lock_guard motion_lock(motion_mutex_);
  result = MotionPush{};
  ConversationPtr conversation;
  {
    const std::lock_guard lock(mutex_);
    settle(now_s);
    conversation = conversation_id != nullptr ? find(*conversation_id) : nullptr;
    const bool foreign = conversation_id != nullptr ? conversation == nullptr : current() != nullptr;
    if (foreign) {
      count_discarded(stats_.discarded_wrong_id, "wrong_id",
                      conversation_id != nullptr ? *conversation_id : std::string(), count);
      return Status::kOk;
    }
    if (conversation != nullptr) {
      if (count == 0) {
        conversation->audio_only = true;
        update_gate(*conversation);
      } else if (conversation->audio_only) {
        count_discarded(stats_.discarded_audio_only, "audio_only", conversation->id, count);
      }
      if (conversation->audio_only) {
        result.complete = conversation->motion_ended;
        return Status::kOk;
      }
    }
  }

  if (const Status status = decode_all(messages, count, result); status != Status::kOk) {
    const std::lock_guard lock(mutex_);
    ++stats_.malformed_messages;
    report_error("invalid_animation_data",
                 "message " + std::to_string(result.failed_message) + ", byte " +
                     std::to_string(result.failure.offset) + ": " + result.failure.reason,
                 conversation);
    return status;
  }
  std::size_t keyframes = 0;
  if (conversation != nullptr) {
    keyframes = conversation->timeline.keyframe_count();
  } else {
    const std::lock_guard lock(mutex_);
    keyframes = early_->keyframe_count();
  }
  for (std::size_t i = 0; i < scratch_count_; ++i) keyframes += scratch_[i].keyframes.size();
  if (keyframes > max_motion_keyframes()) return Status::kBufferFull;

  for (std::size_t i = 0; i < scratch_count_; ++i) {
    if (!accept(scratch_[i], conversation)) continue;
    if (conversation != nullptr) {
      append_motion(scratch_[i], conversation, now_s);
      continue;
    }
    const std::lock_guard lock(mutex_);
    early_->add(std::move(scratch_[i]), now_s);
    quiet_until_s_ = kNow_s;
  }
  const std::lock_guard lock(mutex_);
  result.complete = conversation != nullptr && conversation->motion_ended;
  return Status::kOk;
}

Status Player::decode_all(const ByteView* messages, std::size_t count, MotionPush& result) {
  if (scratch_.size() < count) scratch_.resize(count);
  scratch_count_ = 0;
  std::size_t empty = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (messages[i].size == 0) {
      ++empty;
      continue;
    }
    const Status status =
        decode_message(messages[i].data, messages[i].size, scratch_[scratch_count_], result.failure);
    if (status != Status::kOk) {
      result.failed_message = i;
      return status;
    }
    ++scratch_count_;
  }
  const std::lock_guard lock(mutex_);
  stats_.empty_messages += empty;
  return Status::kOk;
}

bool Player::accept(const Message& message, const ConversationPtr& conversation) {
  const std::lock_guard lock(mutex_);
  const std::string id = conversation != nullptr ? conversation->id : std::string();
  if (message.kind == MessageKind::kServerError) {
    report_error("server_error", std::to_string(message.error_code) + ": " + message.error_message,
                 conversation);
    return false;
  }
  if (message.kind == MessageKind::kOther) {
    ++stats_.unknown_messages;
    return false;
  }
  if (!config_.avatar_id.empty() && !message.avatar_id.empty() && message.avatar_id != config_.avatar_id) {
    count_discarded(stats_.discarded_avatar, "avatar_mismatch", id, 1);
    report_error("avatar_mismatch",
                 "motion is for avatar " + message.avatar_id + ", configured is " + config_.avatar_id,
                 conversation);
    return false;
  }
  if (message.req_id.empty()) return true;
  if (std::find(tombstones_.begin(), tombstones_.end(), message.req_id) != tombstones_.end()) {
    count_discarded(stats_.discarded_tombstoned, "tombstoned", id, 1);
    return false;
  }
  if (conversation == nullptr) return true;
  if (conversation->req_id.empty()) conversation->req_id = message.req_id;
  if (conversation->req_id != message.req_id) {
    count_discarded(stats_.discarded_other_req_id, "other_req_id", id, 1);
    return false;
  }
  return true;
}

void Player::append_motion(const Message& message, const ConversationPtr& conversation, double now_s) {
  Timeline& timeline = conversation->timeline;
  const std::uint64_t generation = conversation->generation();
  double playhead_s = 0.0;
  {
    const std::lock_guard lock(mutex_);
    playhead_s = poses_.media_s(generation, shown_frame(present_s_));
  }
  const std::unique_ptr<Timeline::Batch> batch = timeline.prepare(
      message.keyframes.data(), message.keyframes.size(), timeline.keyframe_count(), playhead_s);

  const std::lock_guard lock(mutex_);
  if (conversation->ended) return;
  conversation->last_arrival_s = now_s;
  conversation->motion_ended = conversation->motion_ended || message.end;
  if (!message.keyframes.empty()) {
    const double frame = shown_frame(present_s_);
    const double media_s = poses_.media_s(generation, frame);
    const bool steps = media_s >= 0 && (!conversation->has_motion() || media_s > timeline.last_keyframe_s());
    if (steps) poses_.before_change(renderer_.clock(), frame, present_s_);
    count_motion(*conversation, message.keyframes.size(), media_s);
    timeline.commit(*batch);
    if (steps) poses_.after_change(frame, present_s_);
    if (conversation->started) show_animation(*conversation, present_s_);
  }
  update_gate(*conversation);
}

void Player::count_motion(const Conversation& conversation, std::size_t keyframes, double media_s) {
  const std::size_t first = conversation.timeline.keyframe_count();
  stats_.keyframes += keyframes;
  if (first == 0) stats_.time_to_first_motion_s = present_s_ - conversation.opened_s;
  const double late = media_s * kKeyframeRateHz - static_cast<double>(first);
  if (late > 0) stats_.late_keyframes += std::min(keyframes, static_cast<std::size_t>(late) + 1);
}

void Player::attach_early_motion(const ConversationPtr& conversation, double now_s) {
  const std::lock_guard motion_lock(motion_mutex_);
  std::vector<Message> messages;
  {
    const std::lock_guard lock(mutex_);
    messages = early_->take_newest();
  }
  for (const Message& message : messages) {
    if (accept(message, conversation)) append_motion(message, conversation, now_s);
  }
}

std::size_t Player::max_motion_keyframes() const noexcept {
  return static_cast<std::size_t>(config_.max_motion_s * kKeyframeRateHz);
}

void Player::report_error(const char* code, std::string text, const ConversationPtr& conversation) {
  Event event;
  event.kind = EventKind::kError;
  event.time_s = present_s_;
  if (conversation != nullptr) event.conversation_id = conversation->id;
  event.reason = code;
  event.message = std::move(text);
  add_event(std::move(event));
}

}  // namespace hostmode
