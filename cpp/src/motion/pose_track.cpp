#include "motion/pose_track.h"

#include <algorithm>

#include "motion/pose_blend.h"

namespace hostmode {
namespace {

// How far back a pose may be asked for.
constexpr double kHistory_s = 1.0;
// Samples further apart than this come at no rate that could be foreseen.
constexpr double kLongestStep_s = 0.1;

}  // namespace

PoseTrack::PoseTrack(double rate_hz, const PlayerConfig& config)
    : rate_hz_(rate_hz),
      speech_transition_s_(config.speech_transition_s),
      idle_transition_s_(config.idle_transition_s),
      av_offset_frames_(config.av_offset_s * rate_hz),
      idle_(config.seed),
      layers_(config.layers),
      segments_(1) {}

void PoseTrack::add_conversation(std::uint64_t generation, const Timeline* timeline) {
  sources_.push_back({generation, timeline});
}

void PoseTrack::forget(std::uint64_t generation) {
  const auto is_it = [generation](const Source& source) { return source.generation == generation; };
  sources_.erase(std::remove_if(sources_.begin(), sources_.end(), is_it), sources_.end());
}

bool PoseTrack::refers_to(std::uint64_t generation) const noexcept {
  const auto in_segment = [generation](const Segment& segment) { return segment.generation == generation; };
  const auto in_transition = [generation](const Transition& transition) {
    return !transition.anchored &&
           (transition.before.generation == generation || transition.after.generation == generation);
  };
  return std::any_of(segments_.begin(), segments_.end(), in_segment) ||
         std::any_of(transitions_.begin(), transitions_.end(), in_transition);
}

void PoseTrack::add_segment(const Segment& segment) {
  const Segment& before = segments_.back();
  const bool same_source = before.speaking() == segment.speaking() &&
                           (before.generation == segment.generation || !segment.speaking());
  if (!same_source) {
    const double duration_s = segment.speaking() ? speech_transition_s_ : idle_transition_s_;
    if (duration_s > 0) {
      transitions_.push_back(
          {static_cast<double>(segment.device_frame), duration_s * rate_hz_, before, segment, false, Pose{}});
    }
  }
  segments_.push_back(segment);
  latest_timeline_ = timeline_of(segment);
  latest_ = segment;
}

bool PoseTrack::expects_transition() const noexcept {
  return std::any_of(transitions_.begin(), transitions_.end(),
                     [](const Transition& transition) { return !transition.anchored; });
}

double PoseTrack::media_s(std::uint64_t generation, double frame) const noexcept {
  const Segment& segment = segment_at(frame);
  if (segment.generation != generation || !segment.speaking()) return -1.0;
  return segment.media_at(frame) / rate_hz_;
}

std::size_t PoseTrack::settle(const ClockSnapshot& clock, double frame) {
  const Transition* previous = nullptr;
  for (Transition& transition : transitions_) {
    if (transition.frame > frame) break;
    if (!transition.anchored) {
      step_offset(previous, transition, clock.time_of(transition.frame), transition.offset);
      transition.anchored = true;
    }
    previous = &transition;
  }
  const double oldest = frame - kHistory_s * rate_hz_;
  while (!transitions_.empty() && transitions_.front().anchored &&
         transitions_.front().frame + transitions_.front().duration_frames < oldest) {
    transitions_.pop_front();
  }
  std::size_t forgotten = 0;
  while (segments_.size() > 1 && static_cast<double>(segments_[1].device_frame) < oldest) {
    segments_.pop_front();
    ++forgotten;
  }
  return forgotten;
}

void PoseTrack::before_change(const ClockSnapshot& clock, double frame, double t_s) noexcept {
  sample(clock, frame, t_s, before_change_.data());
}

void PoseTrack::after_change(double frame, double t_s) {
  Pose after;
  const Segment& segment = segment_at(frame);
  base_pose(segment, frame, t_s, after.data());
  Transition transition{frame, speech_transition_s_ * rate_hz_, segment, segment, true, Pose{}};
  pose_offset(before_change_.data(), after.data(), transition.offset.data());
  const auto later = std::find_if(transitions_.begin(), transitions_.end(),
                                  [frame](const Transition& other) { return other.frame > frame; });
  if (transition.duration_frames > 0) transitions_.insert(later, transition);
}

void PoseTrack::sample(const ClockSnapshot& clock, double frame, double t_s, float* out) const noexcept {
  base_pose(segment_at(frame), frame, t_s, out);
  // The latest transition has taken up what was left of the one before.
  const Transition* latest = nullptr;
  Transition ahead;
  for (const Transition& transition : transitions_) {
    if (transition.frame > frame) break;
    if (transition.anchored) {
      latest = &transition;
      continue;
    }
    Pose offset;
    step_offset(latest, transition, clock.time_of(transition.frame), offset);
    ahead = transition;
    ahead.offset = offset;
    latest = &ahead;
  }
  if (latest != nullptr) add_transition(*latest, frame, out);
}

void PoseTrack::remember(double frame) noexcept {
  const double next_frame = frame + std::clamp(frame - last_frame_, 0.0, kLongestStep_s * rate_hz_);
  last_frame_ = frame;
  if (latest_timeline_ != nullptr) hint_.remember(*latest_timeline_, latest_.media_at(next_frame) / rate_hz_);
}

const Timeline* PoseTrack::timeline_of(const Segment& segment) const noexcept {
  if (!segment.speaking()) return nullptr;
  if (segment.generation == latest_.generation && latest_.speaking()) return latest_timeline_;
  for (const Source& source : sources_) {
    if (source.generation == segment.generation) return source.timeline;
  }
  return nullptr;
}

const Segment& PoseTrack::segment_at(double frame) const noexcept {
  if (static_cast<double>(latest_.device_frame) <= frame) return latest_;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (static_cast<double>(segment->device_frame) <= frame) return *segment;
  }
  return segments_.front();
}

void PoseTrack::base_pose(const Segment& segment, double frame, double t_s, float* out) const noexcept {
  const Timeline* timeline = timeline_of(segment);
  if (timeline == nullptr || timeline->keyframe_count() == 0) {
    idle_.sample(t_s, out);
    return;
  }
  const double media_s = segment.media_at(frame) / rate_hz_;
  timeline->sample(media_s, out);
  if (layers_) {
    const ChannelActivity activity = timeline->activity();
    if (!activity.eyes || !activity.eyelids) {
      float eyes[6];
      float lids[2];
      idle_.sample_eyes(t_s, eyes, lids);
      if (!activity.eyes) std::copy(eyes, eyes + 6, out + kEyePoseOffset);
      if (!activity.eyelids) std::copy(lids, lids + 2, out + kEyeLidOffset);
    }
  }
  const double over_s = media_s - timeline->last_keyframe_s();
  if (over_s > 0) {
    Pose idle;
    idle_.sample(t_s, idle.data());
    const double progress = idle_transition_s_ > 0 ? over_s / idle_transition_s_ : 1.0;
    blend_poses(out, idle.data(), ease(static_cast<float>(std::min(progress, 1.0))), out);
  }
}

void PoseTrack::step_offset(const Transition* previous, const Transition& transition, double t_s,
                            Pose& offset) const noexcept {
  Pose before;
  Pose after;
  base_pose(transition.before, transition.frame, t_s, before.data());
  if (previous != nullptr) add_transition(*previous, transition.frame, before.data());
  base_pose(transition.after, transition.frame, t_s, after.data());
  pose_offset(before.data(), after.data(), offset.data());
}

void PoseTrack::add_transition(const Transition& transition, double frame, float* pose) noexcept {
  const double since = frame - transition.frame;
  if (since >= transition.duration_frames) return;
  const float weight = 1.0F - ease(static_cast<float>(since / transition.duration_frames));
  add_pose_offset(pose, transition.offset.data(), weight);
}

}  // namespace hostmode
