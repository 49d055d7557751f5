#include "playback/packet_face.h"

#include <algorithm>
#include <cmath>

#include "motion/layers.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

constexpr double kHistory_s = 1.0;

// What lies between two frames needs the second, and whoever asks for it does so now and then only.
constexpr double kLookAhead_s = kKeyframeInterval_s + 0.02;

// Sound comes so much later than its packet, more or less: what a sender and a receiver hold of it.
constexpr double kUsualLead_s = 0.25;

double position_at(std::int64_t position) noexcept {
  return static_cast<double>(position) * kKeyframeInterval_s;
}

}  // namespace

void PacketFace::open() {
  rounds_.push_back(std::make_unique<Round>());
  delay_.restart();
}

void PacketFace::arrive(std::int64_t position, std::optional<double> media_s, double now_s,
                        const float* under) {
  Round& round = *rounds_.back();
  const bool shown = is_shown(round, now_s);
  const double face_before_s = face_s(round, now_s);
  const Pose before = shown ? shown_pose(now_s, under) : Pose{};
  delay_.add(position_at(position), now_s);
  if (lead_s_) {
    round.playhead.follow(delay_.floor_s() + *lead_s_ - kLookAhead_s, now_s);
  } else {
    round.playhead.follow(delay_, now_s);
  }
  if (media_s && !round.tie_s) round.tie_s = *media_s - position_at(position);
  if (shown && std::abs(face_s(round, now_s) - face_before_s) > 1e-6) {
    blend(before, now_s, times_.speech_s(), under);
  }
}

void PacketFace::append(std::int64_t position, const Keyframe& keyframe, double now_s, const float* under) {
  Round& round = *rounds_.back();
  if (!round.first) {
    round.first = position;
    // Others may have something to show still.
    const double begins_s = time_of(round, position_at(position));
    double over_s = now_s;
    for (const auto& other : rounds_) {
      if (other.get() == &round || !other->first) continue;
      over_s =
          std::max(over_s, time_of(*other, position_at(*other->first) + other->timeline.last_keyframe_s()));
    }
    round.since_s = std::max(now_s, std::min(begins_s, over_s));
  }
  const bool shown = is_shown(round, now_s);
  const double at_s = face_s(round, now_s);
  const double gap_s = at_s - round.timeline.last_keyframe_s();
  const bool late = shown && round.timeline.keyframe_count() > 0 && gap_s > 0;
  const Pose before = late ? shown_pose(now_s, under) : Pose{};
  const auto batch = round.timeline.prepare(&keyframe, 1, static_cast<std::size_t>(position - *round.first),
                                            shown ? at_s : -1.0);
  round.timeline.commit(*batch, shown ? at_s : -1.0);
  if (late) blend(before, now_s, times_.blend_s(gap_s), under);
}

void PacketFace::finish() noexcept {
  if (!rounds_.empty()) rounds_.back()->finished = true;
}

void PacketFace::cut(double now_s, const float* under) {
  if (rounds_.empty()) return;
  const Pose before = shown_pose(now_s, under);
  rounds_.clear();
  blend(before, now_s, times_.idle_s(), under);
}

void PacketFace::settle(double now_s, const float* under) {
  for (std::size_t i = 0; i < rounds_.size(); ++i) {
    Round& round = *rounds_[i];
    if (round.blended || !is_shown(round, now_s)) continue;
    blends_.push_back(blend_into(i, under));
    round.blended = true;
  }
  while (!blends_.empty() && blends_.front().from_s + blends_.front().duration_s < now_s - kHistory_s) {
    blends_.pop_front();
  }
  while (!rounds_.empty()) {
    const Round& oldest = *rounds_.front();
    const bool replaced = rounds_.size() > 1 && rounds_[1]->first && rounds_[1]->since_s < now_s - kHistory_s;
    const bool over =
        oldest.finished && oldest.first &&
        face_s(oldest, now_s - kHistory_s) > oldest.timeline.last_keyframe_s() + times_.run_out_s();
    if (!replaced && !over && !(oldest.finished && !oldest.first)) break;
    rounds_.pop_front();
  }
}

void PacketFace::advance_clock(double position_s, double time_s, const float* under) {
  const bool shown = !rounds_.empty() && rounds_.back()->tie_s && is_shown(*rounds_.back(), time_s);
  const double face_before_s = shown ? face_s(*rounds_.back(), time_s) : 0.0;
  const Pose before = shown ? shown_pose(time_s, under) : Pose{};
  clock_.report(position_s, time_s);
  if (shown && std::abs(face_s(*rounds_.back(), time_s) - face_before_s) > 1e-6) {
    blend(before, time_s, kKeyframeInterval_s, under);
  }
}

void PacketFace::hear(double position_s, double time_s, double pace, double now_s, const float* under) {
  if (rounds_.empty() || !rounds_.back()->playhead.started()) return;
  Round& round = *rounds_.back();
  const bool shown = is_shown(round, now_s);
  const Pose before = shown ? shown_pose(now_s, under) : Pose{};
  const double shown_s = round_s(round, now_s);
  if (!round.heard) {
    round.heard.emplace();
    round.lead_before_s = lead_s_;
  }
  const bool jumps = round.heard->place(time_s, position_s, pace, now_s - av_offset_s_, shown_s);
  // Of sound that has stopped for a while it is none that the next round could go by.
  const double lead_s = time_s - position_s - delay_.floor_s();
  lead_s_ = std::abs(lead_s - kUsualLead_s) <= kLeadReach_s ? std::optional(lead_s) : std::nullopt;
  if (shown && jumps) blend(before, now_s, times_.speech_s(), under);
}

void PacketFace::unhear(double now_s, const float* under) {
  if (rounds_.empty() || !rounds_.back()->heard) return;
  Round& round = *rounds_.back();
  const bool shown = is_shown(round, now_s);
  const Pose before = shown ? shown_pose(now_s, under) : Pose{};
  round.heard.reset();
  lead_s_ = round.lead_before_s;
  if (shown) blend(before, now_s, times_.speech_s(), under);
}

bool PacketFace::is_tied() const noexcept {
  return !rounds_.empty() && rounds_.back()->tie_s && clock_.started();
}

std::optional<double> PacketFace::expected_s() const noexcept {
  if (rounds_.empty() || !rounds_.back()->playhead.started()) return std::nullopt;
  const Round& round = *rounds_.back();
  return round.heard ? round.heard->time_of(0.0) : delay_.floor_s() + kUsualLead_s;
}

double PacketFace::correction_s(double now_s) const noexcept {
  if (rounds_.empty() || (!rounds_.back()->heard && !lead_s_)) return 0.0;
  const double alone_s = now_s - kLookAhead_s - delay_.floor_s() - delay_.target_s();
  return alone_s - round_s(*rounds_.back(), now_s + av_offset_s_);
}

PacketFace::Pose PacketFace::shown_pose(double t_s, const float* under) const noexcept {
  Pose pose;
  std::copy(under, under + kKeyframeFloats, pose.begin());
  show(t_s, pose.data());
  return pose;
}

void PacketFace::show(double t_s, float* pose) const noexcept {
  if (is_used()) compose(rounds_at(t_s), t_s, pose);
}

double PacketFace::position_s(double t_s) const noexcept {
  if (rounds_.empty() || !rounds_.back()->first) return 0.0;
  return std::clamp(face_s(*rounds_.back(), t_s), 0.0, rounds_.back()->timeline.last_keyframe_s());
}

std::optional<double> PacketFace::begins_s() const noexcept {
  if (rounds_.empty() || !rounds_.back()->first) return std::nullopt;
  return time_of(*rounds_.back(), position_at(*rounds_.back()->first));
}

std::optional<double> PacketFace::ends_s() const noexcept {
  if (rounds_.empty() || !rounds_.back()->first) return std::nullopt;
  const Round& round = *rounds_.back();
  return time_of(round, position_at(*round.first) + round.timeline.last_keyframe_s());
}

std::int64_t PacketFace::position_needed(double t_s) const noexcept {
  if (rounds_.empty() || !rounds_.back()->playhead.started()) return -1;
  const Round& round = *rounds_.back();
  const double at_s = face_s(round, t_s) + (round.first ? position_at(*round.first) : 0.0);
  return static_cast<std::int64_t>(std::floor(std::clamp(at_s, -1e6, 1e9) * kKeyframeRateHz)) + 1;
}

double PacketFace::buffered_s(double now_s) const noexcept {
  if (rounds_.empty() || !rounds_.back()->first) return 0.0;
  return std::max(0.0, rounds_.back()->timeline.last_keyframe_s() - face_s(*rounds_.back(), now_s));
}

// How many of the rounds have been, or are, shown at `t_s`.
std::size_t PacketFace::rounds_at(double t_s) const noexcept {
  std::size_t count = rounds_.size();
  while (count > 0 && !is_shown(*rounds_[count - 1], t_s)) --count;
  return count;
}

bool PacketFace::is_shown(const Round& round, double t_s) const noexcept {
  return round.first && round.since_s <= t_s;
}

double PacketFace::face_s(const Round& round, double t_s) const noexcept {
  return round_s(round, t_s) - (round.first ? position_at(*round.first) : 0.0);
}

double PacketFace::round_s(const Round& round, double t_s) const noexcept {
  t_s -= av_offset_s_;
  if (round.heard) return round.heard->position_s(t_s);
  if (round.tie_s && clock_.started()) return clock_.at(t_s) - *round.tie_s;
  return round.playhead.position_s(t_s - kLookAhead_s);
}

double PacketFace::time_of(const Round& round, double position_s) const noexcept {
  if (round.heard) return round.heard->time_of(position_s) + av_offset_s_;
  if (round.tie_s && clock_.started()) {
    return clock_.latest_s() + position_s + *round.tie_s - clock_.at(clock_.latest_s()) + av_offset_s_;
  }
  return round.playhead.time_of(position_s) + kLookAhead_s + av_offset_s_;
}

// `pose` is what lies under it, and receives that of the last of the first `rounds` rounds.
void PacketFace::base_pose(std::size_t rounds, double t_s, float* pose) const noexcept {
  if (rounds == 0) return;
  const Round& round = *rounds_[rounds - 1];
  Pose under;
  std::copy(pose, pose + kKeyframeFloats, under.begin());
  const double at_s = face_s(round, t_s);
  round.timeline.sample(at_s, pose);
  if (layers_) {
    add_layers(&under[kEyePoseOffset], &under[kEyeLidOffset], round.timeline, times_, at_s, pose);
  }
  const double over_s = at_s - round.timeline.last_keyframe_s();
  if (over_s <= 0) return;
  const double progress = over_s / times_.run_out_s();
  blend_poses(pose, under.data(), ease(static_cast<float>(std::min(progress, 1.0))), pose);
}

void PacketFace::compose(std::size_t rounds, double t_s, float* pose) const noexcept {
  Pose under;
  std::copy(pose, pose + kKeyframeFloats, under.begin());
  base_pose(rounds, t_s, pose);
  const auto add = [&](const Blend& blend) {
    const double since_s = t_s - blend.from_s;
    if (since_s >= blend.duration_s) return;
    const float weight = 1.0F - ease(static_cast<float>(since_s / blend.duration_s));
    add_pose_offset(pose, blend.offset.data(), weight);
  };
  if (rounds > 0 && !rounds_[rounds - 1]->blended) {
    add(blend_into(rounds - 1, under.data()));
    return;
  }
  for (auto blend = blends_.rbegin(); blend != blends_.rend(); ++blend) {
    if (blend->from_s > t_s) continue;
    add(*blend);
    if (!blend->adds) return;
  }
}

PacketFace::Blend PacketFace::blend_into(std::size_t round, const float* under) const noexcept {
  Blend blend{rounds_[round]->since_s, times_.blend_s(times_.speech_s()), false, {}};
  Pose before;
  Pose after;
  std::copy(under, under + kKeyframeFloats, before.begin());
  after = before;
  compose(round, blend.from_s, before.data());
  base_pose(round + 1, blend.from_s, after.data());
  pose_offset(before.data(), after.data(), blend.offset.data());
  return blend;
}

void PacketFace::blend(const Pose& before, double now_s, double duration_s, const float* under) {
  settle(now_s, under);
  Pose after;
  std::copy(under, under + kKeyframeFloats, after.begin());
  show(now_s, after.data());
  Blend blend{now_s, std::max(duration_s, kKeyframeInterval_s), true, {}};
  pose_offset(before.data(), after.data(), blend.offset.data());
  blends_.push_back(blend);
}

}  // namespace hostmode
