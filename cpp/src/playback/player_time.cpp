// The part of Player that moves with time: what has been heard, what has ended, what is overdue.
#include <algorithm>
#include <cmath>
#include <limits>

#include "hostmode/player.h"
#include "motion/pose_track.h"
#include "playback/conversation.h"
#include "playback/early_motion.h"

namespace hostmode {
namespace {

constexpr std::size_t kTombstones = 32;
// How finely the silent clock decides when a waiting conversation starts.
constexpr double kSilentBlock_s = 0.01;
// All motion is in and the audio covers it: what a late `end` marker is waited for.
constexpr double kCoveredEndGrace_s = 0.5;
// How often what is over is looked through for what may be forgotten.
constexpr double kHousekeeping_s = 0.1;

}  // namespace

void Player::settle(double now_s) {
  if (now_s > present_s_) present_s_ = now_s;
  if (present_s_ < quiet_until_s_ && renderer_.edges() == edges_taken_) return;
  if (silent_) play_silently();
  take_from_audio_thread();

  const double frame = heard_frame(present_s_);
  const auto& segments = poses_.segments();
  while (heard_segments_ < segments.size() &&
         static_cast<double>(segments[heard_segments_].device_frame) <= frame) {
    hear(segments[heard_segments_ - 1], segments[heard_segments_]);
    ++heard_segments_;
  }
  if (heard_segments_ == segments.size()) hear_ends(segments.back());
  heard_segments_ -= poses_.settle(renderer_.clock(), frame - config_.av_offset_s * sample_rate_hz_);

  note_heard(frame);
  if (const ConversationPtr conversation = current()) watch_for_overdue_data(*conversation);
  if (!early_->empty()) {
    const std::size_t expired = early_->expire(present_s_, config_.early_motion_expiry_s);
    if (expired > 0) count_discarded(stats_.discarded_expired, "expired", {}, expired);
  }
  release_finished();
  quiet_until_s_ = next_change_s();
}

void Player::note_heard(double frame) {
  const ConversationPtr conversation = current();
  if (conversation != nullptr && conversation->generation() != heard_generation_) {
    heard_generation_ = conversation->generation();
    stats_.heard_s = 0.0;
  }
  const double media_s = poses_.media_s(heard_generation_, frame);
  if (media_s >= 0) stats_.heard_s = media_s;
}

// What may happen next, but for what the audio thread reports: then edges() changes.
double Player::next_change_s() const noexcept {
  if (silent_ || heard_segments_ < poses_.segments().size() || poses_.expects_transition()) return kNow_s;
  double change_s = std::numeric_limits<double>::infinity();
  if (poses_.has_transitions() || (!conversations_.empty() && conversations_.front()->ended)) {
    change_s = present_s_ + kHousekeeping_s;
  }
  if (!early_->empty()) change_s = std::min(change_s, early_->oldest_s() + config_.early_motion_expiry_s);
  if (const ConversationPtr conversation = current()) {
    change_s = std::min(change_s, overdue_s(*conversation));
  }
  return change_s;
}

void Player::play_silently() {
  const std::int64_t due = samples(std::max(0.0, present_s_ - silent_since_s_));
  const std::int64_t block = std::max<std::int64_t>(1, samples(kSilentBlock_s));
  float unheard[2048];
  while (silent_frames_ < due) {
    const std::int64_t run =
        std::min({due - silent_frames_, block, static_cast<std::int64_t>(std::size(unheard))});
    AudioObservation observation;
    observation.entry_s = std::numeric_limits<double>::quiet_NaN();
    observation.host_current_s = observation.entry_s;
    observation.dac_s = silent_since_s_ + static_cast<double>(silent_frames_) / sample_rate_hz_;
    renderer_.render(unheard, static_cast<std::size_t>(run), observation);
    silent_frames_ += run;
    take_from_audio_thread();
  }
}

void Player::take_from_audio_thread() {
  edges_taken_ = renderer_.edges();
  Segment segment;
  while (renderer_.take_segment(segment)) poses_.add_segment(segment);
  while (SampleQueue* stream = renderer_.take_back()) {
    --streams_out_;
    if (const ConversationPtr conversation = find(stream->generation())) conversation->returned = true;
  }
  hand_over_waiting();
}

void Player::hand_over_waiting() {
  for (const ConversationPtr& conversation : conversations_) {
    if (streams_out_ == kMaxStreams) return;
    if (conversation->handed_over || conversation->returned) continue;
    if (conversation->stream.is_cut()) {
      conversation->returned = true;
      continue;
    }
    conversation->handed_over = true;
    ++streams_out_;
    renderer_.hand_over(&conversation->stream);
  }
}

double Player::heard_frame(double now_s) {
  return renderer_.clock().frame_at(now_s);
}

double Player::shown_frame(double now_s) {
  return heard_frame(now_s) - config_.av_offset_s * sample_rate_hz_;
}

void Player::hear(const Segment& before, const Segment& segment) {
  const double time_s =
      std::min(present_s_, renderer_.clock().time_of(static_cast<double>(segment.device_frame)));
  if (before.generation != 0 && before.generation != segment.generation) {
    if (before.generation == heard_generation_ && before.speaking()) {
      stats_.heard_s = before.media_at(static_cast<double>(segment.device_frame)) / sample_rate_hz_;
    }
    const ConversationPtr finished = find(before.generation);
    if (finished != nullptr && !finished->ended) finish_naturally(*finished, time_s);
  }
  const ConversationPtr conversation = find(segment.generation);
  if (conversation == nullptr || conversation->ended) return;

  const bool stalled = segment.cause == SegmentCause::kStall;
  if (stalled != conversation->stalled) {
    conversation->stalled = stalled;
    if (stalled) ++stats_.stalls;
    Event event;
    event.kind = EventKind::kPlaybackStall;
    event.time_s = time_s;
    event.conversation_id = conversation->id;
    event.value = stalled ? 1.0 : 0.0;
    add_event(std::move(event));
  }
  if (segment.cause == SegmentCause::kUnderrun) {
    Event event;
    event.kind = EventKind::kUnderrun;
    event.time_s = time_s;
    event.conversation_id = conversation->id;
    add_event(std::move(event));
  }
  if (segment.media_advances() && !conversation->started) {
    conversation->started = true;
    stats_.time_to_first_sound_s = time_s - conversation->opened_s;
    Event event;
    event.kind = EventKind::kPlaybackStarted;
    event.time_s = time_s;
    event.conversation_id = conversation->id;
    event.value = stats_.time_to_first_sound_s;
    add_event(std::move(event));
    if (!paused_) {
      set_state(PlayerState::kPlaying, conversation->audio_only ? "fallback_mode" : "user_action",
                conversation->id, time_s);
    }
  }
  if (conversation->started && conversation->has_motion()) show_animation(*conversation, time_s);
}

void Player::hear_ends(const Segment& segment) {
  // Edges are lost only where nobody took segments for long; what was handed back has then been played all
  // the same.
  for (const ConversationPtr& conversation : conversations_) {
    if (!conversation->returned || conversation->ended || conversation->generation() == segment.generation) {
      continue;
    }
    finish_naturally(*conversation, present_s_);
  }
}

double Player::overdue_s(const Conversation& conversation) const noexcept {
  const SampleQueue& stream = conversation.stream;
  if (paused_ || (stream.closed() && !conversation.stalled)) return std::numeric_limits<double>::infinity();
  const bool covered = conversation.motion_ended && stream.consumed() >= stream.motion_end();
  const double patience_s =
      covered ? std::min(kCoveredEndGrace_s, config_.end_timeout_s) : config_.end_timeout_s;
  return std::max(conversation.last_arrival_s, conversation.waiting_since_s) + patience_s;
}

void Player::watch_for_overdue_data(Conversation& conversation) {
  SampleQueue& stream = conversation.stream;
  const bool dry = !stream.closed() && stream.consumed() == stream.pushed();
  const bool waits = !paused_ && (dry || conversation.stalled);
  conversation.waiting_since_s =
      waits ? std::min(conversation.waiting_since_s, present_s_) : std::numeric_limits<double>::infinity();
  if (present_s_ < overdue_s(conversation)) return;
  conversation.timed_out = true;
  if (conversation.has_odd_byte) ++stats_.dropped_odd_bytes;
  if (conversation.stalled) {
    stream.cut();
    finish_naturally(conversation, present_s_);
    return;
  }
  stream.set_motion_end(stream.consumed());
  stream.close();
  if (accepting_audio_.get() == &conversation) accepting_audio_.reset();
}

void Player::end_conversation(Conversation& conversation, const char* cause, double time_s) {
  conversation.ended = true;
  stats_.played_s = static_cast<double>(conversation.stream.consumed()) / sample_rate_hz_;
  quiet_until_s_ = kNow_s;
  if (accepting_audio_.get() == &conversation) accepting_audio_.reset();
  if (!conversation.req_id.empty()) {
    tombstones_.push_back(conversation.req_id);
    if (tombstones_.size() > kTombstones) tombstones_.pop_front();
  }
  if (conversation.stalled) {
    Event event;
    event.kind = EventKind::kPlaybackStall;
    event.time_s = time_s;
    event.conversation_id = conversation.id;
    add_event(std::move(event));
  }
  Event event;
  event.kind = EventKind::kConversationEnd;
  event.time_s = time_s;
  event.conversation_id = conversation.id;
  event.reason = cause;
  add_event(std::move(event));

  if (animated_) {
    animated_ = false;
    Event animation;
    animation.kind = EventKind::kAnimationState;
    animation.time_s = time_s;
    animation.conversation_id = conversation.id;
    animation.reason = "idle";
    add_event(std::move(animation));
  }
}

void Player::finish_naturally(Conversation& conversation, double time_s) {
  end_conversation(conversation, conversation.timed_out ? "watchdog" : "playback_end", time_s);
  paused_ = false;
  renderer_.set_paused(false);
  set_state(PlayerState::kIdle, "playback_end", conversation.id, time_s);
  if (const ConversationPtr next = current()) {
    set_state(PlayerState::kActive, "user_action", next->id, time_s);
  }
}

void Player::show_animation(Conversation& conversation, double time_s) {
  if (animated_) return;
  animated_ = true;
  Event event;
  event.kind = EventKind::kAnimationState;
  event.time_s = time_s;
  event.conversation_id = conversation.id;
  event.reason = "mono";
  add_event(std::move(event));
}

void Player::release_finished() {
  const auto finished = [this](const ConversationPtr& conversation) {
    if (!conversation->ended || !conversation->returned || poses_.refers_to(conversation->generation())) {
      return false;
    }
    poses_.forget(conversation->generation());
    return true;
  };
  if (conversations_.empty() || !conversations_.front()->ended) return;
  conversations_.erase(std::remove_if(conversations_.begin(), conversations_.end(), finished),
                       conversations_.end());
}

}  // namespace hostmode
