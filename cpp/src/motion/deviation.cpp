#include "motion/deviation.h"

#include <algorithm>
#include <cmath>

#include "motion/hull.h"
#include "motion/idle_motion.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

// How much faster than ordinary speech a value may be.
constexpr double kMostOfOrdinary = 1.5;
// The curve through keyframes is at its steepest steeper than the line between two of them: by so much where
// a value swings at 3.6 Hz, as fast as jaws do, and the next keyframe comes late; by more where it is kept
// within its keyframes' hull (second).
constexpr double kCurve[] = {1.09, 1.32};
// Where it jumps by so many ordinary steps, it all but stands still at both ends (checked for swings of up to
// 3.6 Hz that jump from anywhere to anywhere).
constexpr double kJump = 1.25;
constexpr double kJumpingCurve[] = {1.25, 1.45};
// A movement gathers speed: the latest step may be so much larger than those that are known to be ordinary.
constexpr double kGathering = 2.0;
// What is left for a deviation, whatever may happen beneath it.
constexpr double kMostBeneath = 0.95;
// An S-curve between two values, one of which moves at a share r of the most that is allowed, stays below
// that where its own highest speed is at most this times sqrt(1 - r) of it (checked for r from 0 to 0.95).
constexpr double kHeld = 0.93;
// What a deviation may take in any case, however quick transitions are.
constexpr double kLongest_s = 1.0;
// From here on a held value has become motion.
constexpr double kHalf = 0.5;
// A difference of a time that nobody can see.
constexpr double kInvisible_s = 1e-6;

double eased(double x) noexcept {
  return (1.0 - x) * (1.0 - x) * (1.0 + 2.0 * x);
}

}  // namespace

// A deviation may be larger than all that the motion has been, as of a gaze that idle motion has turned away
// and the stream does not move, and then goes from one side to the other of where gaze wanders.
Deviation::Speeds Deviation::speeds_of(const MotionBeneath& beneath, std::size_t i, double size) noexcept {
  if (beneath.motion == nullptr || size <= kInvisible) return {};
  const OrdinaryMotion& motion = *beneath.motion;
  const double fastest = motion.fastest(i);
  const double step = motion.largest_step(i);
  const double ordinary = std::min(step, kGathering * fastest);
  const double own = kMostOfOrdinary * (ordinary > 0 ? ordinary : step) / kKeyframeInterval_s;
  const double range = std::max({static_cast<double>(motion.range(i)), size, 2 * IdleMotion::wander(i)});
  const double most = std::max(own, kEaseSpeed * range / beneath.fastest_transition_s);
  const bool is_steep = step > kJump * fastest || motion.has_hardly_begun();
  const double curve = (is_steep ? kJumpingCurve : kCurve)[keeps_hull(i) ? 1 : 0] * beneath.pace;
  const double curve_speed = std::max(curve * ordinary, beneath.pace * beneath.ahead[i]);
  const double moves = curve_speed / kKeyframeInterval_s + beneath.besides[i];
  return {own, most, std::min(moves, kMostBeneath * most)};
}

// What `offset` takes that moves by `speed` at first. One that moves away has to turn round, and is then by a
// third of that faster than one from rest.
double Deviation::decay_s(double offset, double speed, const Speeds& speeds) noexcept {
  const double left = speeds.most - speeds.beneath;
  return kEaseSpeed * std::abs(offset) / (offset * speed > 0 ? left - std::abs(speed) / 3 : left);
}

// What value `i` takes that is held at `held`. What it goes over into may run out meanwhile, into a gaze that
// wanders where the motion never looked.
double Deviation::held_s(const MotionBeneath& beneath, std::size_t i, double held,
                         const Speeds& speeds) noexcept {
  const double wander = IdleMotion::wander(i);
  const double to_idle = wander > 0 ? std::abs(held) + wander : 0.0;
  const double distance = std::max(beneath.motion->distance(i, held), to_idle);
  return kEaseSpeed * distance / (kHeld * speeds.most * std::sqrt(1.0 - speeds.beneath / speeds.most));
}

// What a blend of that size takes so as to be no faster than ordinary speech, or than over a transition.
double Deviation::blend_s(double size, const Speeds& speeds, double transition_s) noexcept {
  const double most = std::max(speeds.own, kEaseSpeed * size / transition_s);
  return speeds.own > 0 ? std::min(kEaseSpeed * size / std::max(most - speeds.beneath, 1e-6), transition_s)
                        : 0.0;
}

Deviation::Deviation(const Pose& base, const Pose& offset, double duration_s,
                     const MotionBeneath& beneath) noexcept {
  if (duration_s <= 0) return;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    begin(i, base[i], offset[i], 0.0, duration_s, beneath, speeds_of(beneath, i, std::abs(offset[i])));
  }
}

Deviation::Deviation(const Deviation& before, double since_s, float share, const Pose& base,
                     const Pose& offset, double duration_s, const MotionBeneath& beneath,
                     bool& changes) noexcept {
  changes = false;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    const double rate_hz = before.rate_hz_[i];
    if (rate_hz <= 0 && std::abs(offset[i]) <= kInvisible) continue;
    const double x = std::min(before.progress_[i] + since_s * rate_hz, 1.0);
    const double rest = 1.0 - x;
    const double left_s = rest > 0 && rate_hz > 0 ? rest / rate_hz : 0.0;
    const double size = std::abs(offset[i]);
    const Speeds speeds = speeds_of(beneath, i, size);
    if (before.held_[i] > 0 && left_s > 0) {
      const double left = eased(x);
      const bool moved = std::abs(left * (before.offset_[i] - base[i]) - offset[i]) > kInvisible;
      changes = changes || moved;
      if (left >= kHalf || !moved) {
        const double held = moved ? base[i] + offset[i] / left : before.offset_[i];
        const double needed_s = speeds.most > 0 ? held_s(beneath, i, held, speeds) : 0.0;
        changes = changes || needed_s > 1.0 / rate_hz + kInvisible_s;
        hold(i, held, x, std::max(1.0 / rate_hz, needed_s));
        continue;
      }
      // From what was beneath so far, which may be elsewhere now.
      const double distance = (before.offset_[i] - (base[i] + offset[i])) / (1.0 - left);
      begin(i, base[i], offset[i], -6 * x * rest * rate_hz * distance, std::max(left_s, duration_s), beneath,
            speeds);
      continue;
    }
    const double bent = before.offset_[i] + x * before.bend_[i];
    const double speed = share * rest * (rest * before.bend_[i] - 2 * bent) * rate_hz;
    const bool moved = std::abs(share * rest * rest * bent - offset[i]) > kInvisible;
    const double takes_s =
        moved ? std::max({left_s, duration_s, blend_s(size, speeds, beneath.transition_s)}) : left_s;
    begin(i, base[i], offset[i], speed, takes_s, beneath, speeds);
    const bool slower = rate_hz_[i] > 0 && (1.0 - progress_[i]) / rate_hz_[i] > takes_s + kInvisible_s;
    changes = changes || moved || slower;
  }
}

void Deviation::begin(std::size_t i, double base, double offset, double speed, double duration_s,
                      const MotionBeneath& beneath, const Speeds& speeds) noexcept {
  if (speeds.most <= 0) {
    decay(i, offset, speed, duration_s);
    return;
  }
  const double left = speeds.most - speeds.beneath;
  const double bounded = std::clamp(speed, -left, left);
  const double needed_s = left > 0 ? decay_s(offset, bounded, speeds) : 0.0;
  // By more than the motion is from idle its sum with the motion would be farther from idle than any face.
  const bool fits = needed_s <= std::max({duration_s, beneath.transition_s, kLongest_s}) &&
                    std::abs(offset) <= beneath.motion->reach(i) + kInvisible;
  if (fits || left <= 0) {
    decay(i, offset, bounded, std::max(duration_s, needed_s));
    return;
  }
  const double held = base + offset;
  hold(i, held, 0.0, std::max(duration_s, held_s(beneath, i, held, speeds)));
}

void Deviation::decay(std::size_t i, double offset, double speed, double duration_s) noexcept {
  if (duration_s <= 0) return;
  offset_[i] = static_cast<float>(offset);
  bend_[i] = static_cast<float>(2 * offset + speed * duration_s);
  rate_hz_[i] = static_cast<float>(1 / duration_s);
  longest_s_ = std::max(longest_s_, duration_s);
}

void Deviation::hold(std::size_t i, double held, double progress, double duration_s) noexcept {
  offset_[i] = static_cast<float>(held);
  held_[i] = 1.0F;
  progress_[i] = static_cast<float>(progress);
  rate_hz_[i] = static_cast<float>(1 / duration_s);
  longest_s_ = std::max(longest_s_, (1.0 - progress) * duration_s);
}

void Deviation::add_to(float* pose, double since_s, float share) const noexcept {
  if (since_s >= longest_s_) return;
  const auto since = static_cast<float>(since_s);
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    const float x = std::min(progress_[i] + since * rate_hz_[i], 1.0F);
    const float rest = 1.0F - x;
    const float offset = offset_[i] - held_[i] * pose[i];
    const float shown = std::max(share, held_[i]);
    pose[i] += shown * rest * rest * (offset + x * (bend_[i] + 2.0F * held_[i] * offset));
  }
}

}  // namespace hostmode
