#include "playback/screen.h"

#include <algorithm>
#include <limits>

#include "playback/foresight.h"

namespace hostmode {
namespace {

// Times this close are one, computed on two ways.
constexpr double kInstant_s = 1e-6;

}  // namespace

void Screen::take_news(double present_s) {
  const ClockSnapshot& clock = playout_.clock();
  const double frame = poses_.shown_frame(clock, present_s, present_s);
  // A face ahead of its sound shows what is foreseen, which all that is pushed, paused or cut may change.
  bool changes = config_.av_offset_s < 0;
  Segment before;
  const auto note_before = [&] {
    before = poses_.segment_at(frame);
    poses_.before_change(clock, frame, present_s);
  };
  if (changes) {
    poses_.foresee(foreseen_);
    note_before();
    poses_.forget_foreseen();
  }
  foreseen_from_s_ = playout_.rendered_s();
  playout_.take_news(conversations_, [&](const Segment& segment) {
    if (!changes && static_cast<double>(segment.device_frame) < frame) {
      changes = true;
      note_before();
    }
    // What comes about as it was foreseen has its transition already.
    poses_.add_segment(segment, is_foreseen(segment) ? 0.0 : frame);
  });
  if (!changes) return;
  begin_foresight(frame);
  double duration_s = poses_.change_s(before, poses_.segment_at(frame));
  // What was foreseen and does not come about is no transition: even where those take no time, it is blended.
  if (frame > static_cast<double>(clock.rendered_frames()))
    duration_s = std::max(duration_s, kKeyframeInterval_s);
  poses_.after_change(clock, frame, present_s, duration_s, PoseTrack::Blend::kReplaces);
  end_foresight();
}

double Screen::append(Conversation& conversation, Timeline::Batch& batch, double present_s) {
  const ClockSnapshot& clock = playout_.clock();
  const double frame = poses_.shown_frame(clock, present_s, present_s);
  begin_foresight(frame);
  const double heard_s = poses_.media_s(conversation.generation(), frame);
  // Before its first frame is heard, a device is still at it.
  const bool device_is_heard = !(clock.time_of(clock.frame_at(present_s)) > present_s + kInstant_s);
  const bool is_heard = heard_s >= 0 && device_is_heard;
  if (heard_s >= 0 || frame > static_cast<double>(clock.rendered_frames())) {
    append_seen(conversation, batch, frame, present_s, heard_s, is_heard);
  } else {
    conversation.timeline.commit(batch, heard_s);
  }
  end_foresight();
  return heard_s;
}

void Screen::append_seen(Conversation& conversation, Timeline::Batch& batch, double frame, double present_s,
                         double media_s, bool is_heard) {
  Timeline& timeline = conversation.timeline;
  FaceDelay& delay = conversation.face_delay;
  const bool first = !conversation.has_motion();
  const double face_s = poses_.face_s(conversation.generation(), frame);
  const double missing_s = first ? -kKeyframeInterval_s : timeline.last_keyframe_s();
  const double in_hand_s = missing_s + static_cast<double>(batch.keyframe_count()) * kKeyframeInterval_s;
  // How long motion was missing, or how much of it is skipped because it is later still.
  const double gap_s = std::max(face_s - timeline.runs_out_s(), std::min(face_s, in_hand_s) - missing_s);

  poses_.before_change(playout_.clock(), frame, present_s);
  // While sound stands still nothing comes too late.
  if (is_heard && poses_.advances(frame)) {
    delay.learn(media_s, media_s - missing_s, in_hand_s, !first, poses_.rested_s(frame));
  }
  if (delay.is_used()) poses_.hold_back(conversation.generation(), &delay);
  timeline.commit(batch, face_s);
  const bool begins = first || media_s < 0;
  poses_.after_change(playout_.clock(), frame, present_s,
                      begins ? poses_.times().speech_s() : poses_.times().blend_s(gap_s),
                      begins ? PoseTrack::Blend::kReplaces : PoseTrack::Blend::kAdds);
}

double Screen::face_s(const Conversation& conversation, double present_s) {
  return poses_.face_s(conversation.generation(), poses_.shown_frame(playout_.clock(), present_s, present_s));
}

std::size_t Screen::waiting_keyframes(const Conversation& conversation, double present_s) {
  const std::size_t count = conversation.timeline.keyframe_count();
  const double shown = conversation.timeline.position_at(face_s(conversation, present_s));
  return shown > 0 ? count - std::min(count, static_cast<std::size_t>(shown)) : count;
}

void Screen::look_ahead(double frame, double t_s, float* out) {
  begin_foresight(frame);
  poses_.sample(playout_.clock(), frame, t_s, out);
  end_foresight();
}

void Screen::look_ahead(const double* times_s, std::size_t count, double present_s, float* out) {
  const ClockSnapshot& clock = playout_.clock();
  begin_foresight(std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < count; ++i) {
    const double frame = poses_.shown_frame(clock, times_s[i], present_s);
    poses_.sample(clock, frame, times_s[i], out + i * kKeyframeFloats);
  }
  end_foresight();
}

bool Screen::is_foreseen(const Segment& segment) const noexcept {
  return std::any_of(foreseen_.begin(), foreseen_.end(), [&](const Segment& one) {
    return one.device_frame == segment.device_frame && one.generation == segment.generation &&
           one.media_sample == segment.media_sample && one.cause == segment.cause;
  });
}

void Screen::begin_foresight(double frame) {
  const std::int64_t rendered = playout_.clock().rendered_frames();
  foreseen_.clear();
  if (frame > static_cast<double>(rendered)) {
    foresee(conversations_, playout_.paused(), poses_.segments().back(), rendered, foreseen_from_s_,
            foreseen_);
  }
  poses_.foresee(foreseen_);
}

}  // namespace hostmode
