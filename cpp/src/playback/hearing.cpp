#include "playback/hearing.h"

#include <algorithm>

namespace hostmode {

void Hearing::listen(double frame, double now_s) {
  const auto& segments = poses_.segments();
  while (heard_segments_ < segments.size() &&
         static_cast<double>(segments[heard_segments_].device_frame) <= frame) {
    hear(segments[heard_segments_ - 1], segments[heard_segments_], now_s);
    ++heard_segments_;
  }
  if (heard_segments_ == segments.size()) hear_returned(segments.back().generation, now_s);
}

void Hearing::note_position(double frame) {
  const ConversationPtr conversation = conversations_.current();
  if (conversation != nullptr && conversation->generation() != heard_generation_) {
    heard_generation_ = conversation->generation();
    journal_.stats().heard_s = 0.0;
  }
  const double media_s = poses_.media_s(heard_generation_, frame);
  if (media_s >= 0) journal_.stats().heard_s = media_s;
}

double Hearing::position_s(std::uint64_t generation, double frame) const noexcept {
  const auto& segments = poses_.segments();
  double until = frame;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    const auto begin = static_cast<double>(segment->device_frame);
    if (begin > frame) continue;
    if (segment->generation == generation && segment->speaking()) return segment->media_at(until) / rate_hz_;
    until = begin;
  }
  return -1.0;
}

void Hearing::hear(const Segment& before, const Segment& segment, double now_s) {
  const auto frame = static_cast<double>(segment.device_frame);
  const double time_s = std::min(now_s, playout_.clock().time_of(frame));
  if (before.generation != 0 && before.generation != segment.generation) {
    if (before.generation == heard_generation_ && before.speaking()) {
      journal_.stats().heard_s = before.media_at(frame) / rate_hz_;
    }
    const ConversationPtr over = conversations_.find(before.generation);
    if (over != nullptr && !over->ended()) finish(*over, time_s);
  }
  const ConversationPtr conversation = conversations_.find(segment.generation);
  if (conversation == nullptr || conversation->ended()) return;

  const bool stalled = segment.cause == SegmentCause::kStall;
  if (stalled != conversation->stalled()) {
    conversation->phase = stalled ? Phase::kStalled : Phase::kGoing;
    journal_.add_stall(stalled, conversation->id, time_s);
  }
  if (segment.cause == SegmentCause::kUnderrun && !conversation->underrun_since_s) {
    conversation->underrun_since_s = time_s;
    journal_.add_underrun(conversation->id, time_s);
  }
  if (segment.media_advances()) hear_media(*conversation, time_s);
  if (conversation->started() && conversation->has_motion()) {
    journal_.set_animated(true, conversation->id, time_s);
  } else if (before.generation != segment.generation) {
    journal_.set_animated(false, conversation->id, time_s);
  }
}

void Hearing::hear_media(Conversation& conversation, double time_s) {
  if (conversation.underrun_since_s) {
    journal_.add_underrun_end(conversation.id, time_s, time_s - *conversation.underrun_since_s);
    conversation.underrun_since_s.reset();
  }
  if (conversation.started()) return;
  conversation.first_heard_s = time_s;
  // A block that was asked for before the opening may be heard from a moment earlier on.
  const double since_opened_s = std::max(0.0, time_s - conversation.opened_s);
  journal_.stats().time_to_first_sound_s = since_opened_s;
  journal_.add_started(conversation.id, time_s, since_opened_s);
  if (playout_.paused()) return;
  journal_.set_state(PlayerState::kPlaying, conversation.is_audio_only() ? "fallback_mode" : "user_action",
                     conversation.id, time_s);
}

// Edges are lost only where nobody took segments for long; what was handed back has then been played all the
// same.
void Hearing::hear_returned(std::uint64_t heard_generation, double now_s) {
  for (const ConversationPtr& conversation : conversations_.all()) {
    if (!conversation->returned() || conversation->ended()) continue;
    if (conversation->generation() != heard_generation) finish(*conversation, now_s);
  }
}

void Hearing::finish(Conversation& conversation, double time_s) {
  const bool timed_out = conversation.phase == Phase::kTimedOut;
  conversations_.end(conversation, timed_out ? EndCause::kWatchdog : EndCause::kPlaybackEnd,
                     conversation.stream.consumed(), time_s);
  playout_.set_paused(false);
  // What was queued follows without a rest between the two.
  const ConversationPtr next = conversations_.current();
  if (next == nullptr || !next->has_motion()) journal_.set_animated(false, conversation.id, time_s);
  if (next != nullptr) {
    journal_.set_state(PlayerState::kActive, "user_action", next->id, time_s);
  } else {
    journal_.set_state(PlayerState::kIdle, "playback_end", conversation.id, time_s);
  }
}

}  // namespace hostmode
