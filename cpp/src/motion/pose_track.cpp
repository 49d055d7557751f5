#include "motion/pose_track.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "motion/blend_pace.h"
#include "motion/layers.h"
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
      idle_(config.seed.value_or(fresh_seed())),
      layers_(config.layers),
      segments_(1) {}

void PoseTrack::add_conversation(std::uint64_t generation, const Timeline* timeline) {
  sources_.push_back({generation, timeline, nullptr});
}

void PoseTrack::hold_back(std::uint64_t generation, const FaceDelay* delay) noexcept {
  for (Source& source : sources_) {
    if (source.generation == generation) source.delay = delay;
  }
  latest_source_ = source_of(latest_);
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

void PoseTrack::add_segment(const Segment& segment, double shown_frame) {
  add(segment, shown_frame, false);
}

void PoseTrack::add(const Segment& segment, double shown_frame, bool foreseen) {
  const Segment& before = segments_.back();
  const auto frame = static_cast<double>(segment.device_frame);
  const bool same_source = before.speaking() == segment.speaking() &&
                           (before.generation == segment.generation || !segment.speaking());
  const bool in_order = transitions_.empty() || frame >= transitions_.back().frame;
  // One of no length ends those that go on.
  if (!same_source && frame >= shown_frame && in_order) {
    const double duration_frames = change_s(before, segment) * rate_hz_;
    transitions_.push_back({frame, duration_frames, duration_frames, before, segment, Blend::kReplaces, false,
                            foreseen, Pose{}, Pose{}});
  }
  segments_.push_back(segment);
  set_latest(segment);
}

double PoseTrack::change_s(const Segment& before, const Segment& after) const noexcept {
  if (before.speaking() && before.generation == after.generation && after.speaking()) {
    return blend_s(speech_transition_s_);
  }
  return after.speaking() ? speech_transition_s_ : idle_transition_s_;
}

double PoseTrack::blend_s(double gap_s) const noexcept {
  return std::max(std::min(gap_s, speech_transition_s_), kKeyframeInterval_s);
}

void PoseTrack::foresee(const std::vector<Segment>& segments) {
  for (const Segment& segment : segments) add(segment, 0.0, true);
  foreseen_segments_ = segments.size();
}

void PoseTrack::forget_foreseen() {
  if (foreseen_segments_ == 0) return;
  segments_.resize(segments_.size() - foreseen_segments_);
  foreseen_segments_ = 0;
  const auto foreseen = [](const Transition& transition) { return transition.foreseen; };
  transitions_.erase(std::remove_if(transitions_.begin(), transitions_.end(), foreseen), transitions_.end());
  set_latest(segments_.back());
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

double PoseTrack::face_s(std::uint64_t generation, double frame) const noexcept {
  const Segment& segment = segment_at(frame);
  if (segment.generation != generation || !segment.speaking()) return -1.0;
  return face_s(source_of(segment), segment, frame);
}

double PoseTrack::face_s(const Source& source, const Segment& segment, double frame) const noexcept {
  const double media_s = segment.media_at(frame) / rate_hz_;
  if (source.delay == nullptr) return media_s;
  return media_s - source.delay->at(media_s, segment.rested_at(frame) / rate_hz_);
}

std::size_t PoseTrack::settle(const ClockSnapshot& clock, double frame) {
  for (std::size_t i = 0; i < transitions_.size() && transitions_[i].frame <= frame; ++i) {
    if (transitions_[i].anchored) continue;
    transitions_[i].offset = offset_of(clock, i);
    transitions_[i].anchored = true;
  }
  const double oldest = frame - kHistory_s * rate_hz_;
  while (!transitions_.empty() && transitions_.front().anchored &&
         transitions_.front().frame + transitions_.front().longest_frames < oldest) {
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

void PoseTrack::after_change(const ClockSnapshot& clock, double frame, double t_s, double duration_s,
                             Blend blend) {
  Pose after;
  sample(clock, frame, t_s, after.data());
  const auto differ = [](float a, float b) { return std::abs(a - b) > kInvisible; };
  if (std::equal(after.begin(), after.end(), before_change_.begin(), std::not_fn(differ))) return;
  const Segment& segment = segment_at(frame);
  // A transition that is only foreseen will not stay: nothing can be added to it.
  const bool on_foreseen = std::any_of(transitions_.begin(), transitions_.end(), [frame](const auto& other) {
    return other.foreseen && other.frame <= frame;
  });
  if (on_foreseen && blend == Blend::kAdds) {
    blend = Blend::kReplaces;
    duration_s = blend_s(speech_transition_s_);
  }
  if (blend == Blend::kAdds && extend_blend(frame, duration_s, after)) return;
  if (blend == Blend::kReplaces) base_pose(segment, frame, t_s, after.data());
  const double duration_frames = duration_s * rate_hz_;
  Transition transition{frame, duration_frames, duration_frames, segment, segment, blend,
                        true,  false,           Pose{},          Pose{}};
  pose_offset(before_change_.data(), after.data(), transition.offset.data());
  if (blend == Blend::kAdds) set_pace(transition);
  const auto later = std::find_if(transitions_.begin(), transitions_.end(),
                                  [&](const Transition& other) { return !has_begun(other, frame); });
  if (transition.duration_frames > 0 || blend == Blend::kReplaces) transitions_.insert(later, transition);
}

bool PoseTrack::extend_blend(double frame, double duration_s, const Pose& after) noexcept {
  const auto same = std::find_if(transitions_.begin(), transitions_.end(), [frame](const Transition& other) {
    return other.frame == frame && other.blend == Blend::kAdds;
  });
  if (same == transitions_.end()) return false;
  Pose more;
  pose_offset(before_change_.data(), after.data(), more.data());
  add_pose_offset(same->offset.data(), more.data(), 1.0F);
  const double most_frames = blend_s(speech_transition_s_) * rate_hz_;
  same->duration_frames = std::min(same->duration_frames + duration_s * rate_hz_, most_frames);
  set_pace(*same);
  return true;
}

void PoseTrack::set_pace(Transition& blend) const noexcept {
  const Timeline* const timeline = source_of(blend.after).timeline;
  const Keyframe step = timeline != nullptr ? timeline->fastest_step() : Keyframe{};
  blend.longest_frames = rate_hz_ * pace_blend(blend.offset.data(), step, blend.duration_frames / rate_hz_,
                                               blend_s(speech_transition_s_), blend.pace.data());
}

double PoseTrack::shown_frame(const ClockSnapshot& clock, double t_s, double present_s) const noexcept {
  double frame = clock.frame_at(t_s);
  if (t_s > present_s && clock.started()) {
    const double known_s = std::max(present_s, clock.time_of(static_cast<double>(clock.rendered_frames())));
    if (t_s > known_s) frame = clock.frame_at(known_s) + (t_s - known_s) * rate_hz_;
  }
  return frame - av_offset_frames_;
}

void PoseTrack::sample(const ClockSnapshot& clock, double frame, double t_s, float* out) const noexcept {
  base_pose(segment_at(frame), frame, t_s, out);
  if (!transitions_.empty()) add_transitions(clock, transitions_.size(), frame, out);
}

void PoseTrack::remember(double frame) noexcept {
  const double next_frame = frame + std::clamp(frame - last_frame_, 0.0, kLongestStep_s * rate_hz_);
  last_frame_ = frame;
  if (latest_source_.timeline == nullptr) return;
  hint_.remember(*latest_source_.timeline, face_s(latest_source_, latest_, next_frame));
}

PoseTrack::Source PoseTrack::source_of(const Segment& segment) const noexcept {
  if (!segment.speaking()) return {};
  for (const Source& source : sources_) {
    if (source.generation == segment.generation) return source;
  }
  return {};
}

void PoseTrack::set_latest(const Segment& segment) noexcept {
  latest_ = segment;
  latest_source_ = source_of(segment);
}

const Segment& PoseTrack::segment_at(double frame) const noexcept {
  if (static_cast<double>(latest_.device_frame) <= frame) return latest_;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (static_cast<double>(segment->device_frame) <= frame) return *segment;
  }
  return segments_.front();
}

void PoseTrack::base_pose(const Segment& segment, double frame, double t_s, float* out) const noexcept {
  const bool latest = &segment == &latest_;
  const Source source = latest ? latest_source_ : source_of(segment);
  const Timeline* const timeline = source.timeline;
  if (timeline == nullptr || timeline->keyframe_count() == 0) {
    idle_.sample(t_s, out);
    return;
  }
  const double at_s = face_s(source, segment, frame);
  timeline->sample(at_s, out);
  if (layers_) add_layers(idle_, *timeline, at_s, t_s, out);
  const double over_s = at_s - timeline->runs_out_s();
  if (over_s > 0) {
    Pose idle;
    idle_.sample(t_s, idle.data());
    const double progress = over_s / std::max(idle_transition_s_, kKeyframeInterval_s);
    blend_poses(out, idle.data(), ease(static_cast<float>(std::min(progress, 1.0))), out);
  }
}

void PoseTrack::add_transitions(const ClockSnapshot& clock, std::size_t count, double frame,
                                float* pose) const noexcept {
  while (count > 0 && !has_begun(transitions_[count - 1], frame)) --count;
  std::size_t first = count;
  while (first > 0 && (first == count || transitions_[first].blend == Blend::kAdds)) --first;
  for (std::size_t i = first; i < count; ++i) {
    const Transition& transition = transitions_[i];
    const double since = std::max(0.0, frame - transition.frame);
    if (since >= transition.longest_frames) continue;
    const auto progress = static_cast<float>(since / transition.duration_frames);
    if (transition.blend == Blend::kAdds) {
      add_paced_offset(pose, transition.offset.data(), transition.pace.data(), progress);
      continue;
    }
    const float weight = 1.0F - ease(progress);
    if (transition.anchored) {
      add_pose_offset(pose, transition.offset.data(), weight);
    } else {
      add_pose_offset(pose, offset_of(clock, i).data(), weight);
    }
  }
}

PoseTrack::Pose PoseTrack::offset_of(const ClockSnapshot& clock, std::size_t index) const noexcept {
  const Transition& transition = transitions_[index];
  const double t_s = clock.time_of(transition.frame + av_offset_frames_);  // when it is shown
  Pose before;
  Pose after;
  base_pose(transition.before, transition.frame, t_s, before.data());
  add_transitions(clock, index, transition.frame, before.data());
  base_pose(transition.after, transition.frame, t_s, after.data());
  Pose offset;
  pose_offset(before.data(), after.data(), offset.data());
  return offset;
}

}  // namespace hostmode
