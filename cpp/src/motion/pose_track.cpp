#include "motion/pose_track.h"

#include <algorithm>
#include <cmath>
#include <functional>

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
      times_(config),
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
    transitions_.push_back({frame, change_s(before, segment), before, segment, Blend::kReplaces, false, false,
                            foreseen, Decay{}});
  }
  segments_.push_back(segment);
  set_latest(segment);
}

double PoseTrack::change_s(const Segment& before, const Segment& after) const noexcept {
  if (before.speaking() && before.generation == after.generation && after.speaking()) {
    return times_.blend_s(times_.speech_s());
  }
  return after.speaking() ? times_.speech_s() : times_.idle_s();
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
    transitions_[i].decay = decay_of(clock, i);
    transitions_[i].anchored = true;
  }
  const double oldest = frame - kHistory_s * rate_hz_;
  while (!transitions_.empty() && transitions_.front().anchored &&
         transitions_.front().frame + transitions_.front().decay.deviation.longest_s() * rate_hz_ < oldest) {
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
  const Segment& segment = segment_at(frame);
  Pose base;
  const float motion = base_pose(segment, frame, t_s, base.data());
  std::size_t count = latest_begun(transitions_.size(), frame);
  Pose offset;
  pose_offset(before_change_.data(), base.data(), offset.data());
  const auto is_left = [&](const Transition& latest) {
    return !latest.anchored || (frame - latest.frame) / rate_hz_ < latest.decay.deviation.longest_s();
  };
  const bool is_over = count == 0 || !is_left(transitions_[count - 1]);
  const auto is_nothing = [](float value) { return std::abs(value) <= kInvisible; };
  if (is_over && std::all_of(offset.begin(), offset.end(), is_nothing)) return;
  Transition transition{frame, duration_s, segment, segment, blend, true, true, false, Decay{}};
  transition.decay.yields = motion >= 1.0F;
  if (blend == Blend::kReplaces) {
    Pose after = base;
    add_deviation(clock, count, frame, motion, after.data());
    const auto same = [](float a, float b) { return std::abs(a - b) <= kInvisible; };
    if (std::equal(after.begin(), after.end(), before_change_.begin(), same)) return;
    transition.decay.deviation = Deviation(base, offset, duration_s, beneath(segment, frame, duration_s));
  } else {
    const Transition* const latest = count > 0 ? &transitions_[count - 1] : nullptr;
    const Decay before = latest != nullptr ? decay_of(clock, count - 1) : Decay{};
    const double since_s = latest != nullptr ? std::max(0.0, frame - latest->frame) / rate_hz_ : 0.0;
    const double transition_s = times_.blend_s(times_.speech_s());
    const bool goes_on = latest != nullptr && latest->frame == frame && latest->blend == Blend::kAdds;
    // What comes in one go is blended in as one.
    if (goes_on) transition.duration_s = std::min(latest->duration_s + duration_s, transition_s);
    bool changes = false;
    transition.decay.deviation =
        Deviation(before.deviation, since_s, before.yields ? motion : 1.0F, base, offset,
                  transition.duration_s, beneath(segment, frame, transition_s), changes);
    if (!changes) return;
    if (goes_on) transitions_.erase(transitions_.begin() + static_cast<std::ptrdiff_t>(--count));
  }
  transitions_.insert(transitions_.begin() + static_cast<std::ptrdiff_t>(count), transition);
}

MotionBeneath PoseTrack::beneath(const Segment& segment, double frame, double transition_s) const noexcept {
  const Source source = source_of(segment);
  const double at_s = source.timeline != nullptr ? face_s(source, segment, frame) : 0.0;
  MotionBeneath beneath = motion_beneath(source.timeline, at_s, transition_s, times_, layers_);
  if (beneath.motion != nullptr && source.delay != nullptr) {
    beneath.pace *=
        source.delay->pace(segment.media_at(frame) / rate_hz_, segment.rested_at(frame) / rate_hz_);
  }
  return beneath;
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
  const float motion = base_pose(segment_at(frame), frame, t_s, out);
  if (transitions_.empty()) return;
  add_deviation(clock, latest_begun(transitions_.size(), frame), frame, motion, out);
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

float PoseTrack::base_pose(const Segment& segment, double frame, double t_s, float* out) const noexcept {
  const bool latest = &segment == &latest_;
  const Source source = latest ? latest_source_ : source_of(segment);
  const Timeline* const timeline = source.timeline;
  if (timeline == nullptr || timeline->keyframe_count() == 0) {
    idle_.sample(t_s, out);
    return 1.0F;
  }
  const double at_s = face_s(source, segment, frame);
  timeline->sample(at_s, out);
  if (layers_) add_layers(idle_, *timeline, times_, at_s, t_s, out);
  const double over_s = at_s - timeline->runs_out_s();
  if (over_s <= 0) return 1.0F;
  Pose idle;
  idle_.sample(t_s, idle.data());
  const double progress = over_s / times_.run_out_s();
  const float weight = ease(static_cast<float>(std::min(progress, 1.0)));
  blend_poses(out, idle.data(), weight, out);
  return 1.0F - weight;
}

std::size_t PoseTrack::latest_begun(std::size_t count, double frame) const noexcept {
  while (count > 0 && !has_begun(transitions_[count - 1], frame)) --count;
  return count;
}

void PoseTrack::add_deviation(const ClockSnapshot& clock, std::size_t count, double frame, float motion,
                              float* pose) const noexcept {
  if (count == 0) return;
  const Transition& transition = transitions_[count - 1];
  const double since_s = std::max(0.0, frame - transition.frame) / rate_hz_;
  const auto add = [&](const Decay& decay) {
    decay.deviation.add_to(pose, since_s, decay.yields ? motion : 1.0F);
  };
  if (transition.anchored) {
    add(transition.decay);
  } else {
    add(decay_of(clock, count - 1));
  }
}

PoseTrack::Decay PoseTrack::decay_of(const ClockSnapshot& clock, std::size_t index) const noexcept {
  const Transition& transition = transitions_[index];
  if (transition.anchored) return transition.decay;
  const double t_s = clock.time_of(transition.frame + av_offset_frames_);  // when it is shown
  Pose before;
  Pose after;
  const float was_motion = base_pose(transition.before, transition.frame, t_s, before.data());
  add_deviation(clock, latest_begun(index, transition.frame), transition.frame, was_motion, before.data());
  const float motion = base_pose(transition.after, transition.frame, t_s, after.data());
  Pose offset;
  pose_offset(before.data(), after.data(), offset.data());
  const double duration_s = transition.duration_s;
  return {Deviation(after, offset, duration_s, beneath(transition.after, transition.frame, duration_s)),
          motion >= 1.0F};
}

}  // namespace hostmode
