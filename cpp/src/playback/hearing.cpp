#include "playback/hearing.h"

#include <algorithm>
#include <limits>

#include "playback/face_rest.h"

namespace hostmode {

void Hearing::listen(double frame, double now_s) {
  const auto& segments = poses_.segments();
  while (heard_segments_ < segments.size() &&
         static_cast<double>(segments[heard_segments_].device_frame) <= frame) {
    watch_face(segments[heard_segments_ - 1], static_cast<double>(segments[heard_segments_].device_frame),
               now_s);
    hear(segments[heard_segments_ - 1], segments[heard_segments_], now_s);
    ++heard_segments_;
  }
  watch_face(segments[heard_segments_ - 1], frame, now_s);
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
    if (at_rest_for_s(*conversation, segment, frame) < 0) {
      journal_.set_animated(true, conversation->id, time_s);
    }
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

ConversationPtr Hearing::moved_in(const Segment& segment) const noexcept {
  const ConversationPtr conversation = conversations_.find(segment.generation);
  const bool moves = conversation != nullptr && !conversation->ended() && conversation->has_motion();
  return moves && segment.media_advances() ? conversation : nullptr;
}

void Hearing::watch_face(const Segment& segment, double until, double now_s) {
  const ConversationPtr conversation = moved_in(segment);
  if (conversation == nullptr) return;
  const double over_s = at_rest_for_s(*conversation, segment, until);
  if (over_s < 0) return;
  const double frame = std::max(static_cast<double>(segment.device_frame), until - over_s * rate_hz_);
  journal_.set_animated(false, conversation->id, std::min(now_s, playout_.clock().time_of(frame)));
}

void Hearing::note_motion(const Conversation& conversation, double frame, double now_s) {
  const Segment& segment = poses_.segment_at(frame);
  if (conversation.ended() || !conversation.started() || segment.generation != conversation.generation()) {
    return;
  }
  if (at_rest_for_s(conversation, segment, frame) < 0) {
    journal_.set_animated(true, conversation.id, now_s);
  }
}

double Hearing::face_rests_s(double frame) const noexcept {
  constexpr double kNever_s = std::numeric_limits<double>::infinity();
  const Segment& segment = poses_.segment_at(frame);
  const ConversationPtr conversation = moved_in(segment);
  if (conversation == nullptr || !journal_.animated()) return kNever_s;
  const double left_s = -at_rest_for_s(*conversation, segment, frame);
  // A face that was held back may catch up meanwhile.
  const double fastest = conversation->face_delay.is_used() ? 1.0 + FaceDelay::kGivesBack : 1.0;
  return playout_.clock().time_of(frame + left_s / fastest * rate_hz_);
}

double Hearing::at_rest_for_s(const Conversation& conversation, const Segment& segment,
                              double frame) const noexcept {
  const auto& all = conversations_.all();
  const auto waits = [&conversation](const ConversationPtr& other) {
    return !other->ended() && other.get() != &conversation;
  };
  const auto next = std::find_if(all.begin(), all.end(), waits);
  FaceOutlook face;
  face.runs_out_s = conversation.timeline.runs_out_s();
  face.sound_end_s = static_cast<double>(conversation.stream.pushed()) / rate_hz_;
  face.all_is_in = conversation.stream.closed() && conversation.motion_is_final();
  face.another_moves = next != all.end() && (*next)->has_motion();
  const double media_s = segment.media_at(frame) / rate_hz_;
  const double delay_s = conversation.face_delay.at(media_s, segment.rested_at(frame) / rate_hz_);
  return media_s - delay_s - av_offset_s_ - rests_from_s(face);
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
