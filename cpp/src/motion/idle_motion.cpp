#include "motion/idle_motion.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace hostmode {
namespace {

constexpr double kTau = 6.283185307179586;

// Breathing: 14 breaths a minute, in the adult resting range of 12 to 20.
constexpr double kBreath_hz = 14.0 / 60.0;
constexpr float kBreathNeck_rad = 0.008F;
constexpr float kSwayNeck_rad = 0.02F;

// One blink a slot: about 15 a minute, 0.2 s each (Bentivoglio et al. 1997: 17 a minute at rest).
constexpr double kBlinkSlot_s = 4.0;
constexpr double kBlink_s = 0.2;
constexpr double kDoubleBlink_s = 0.32;
constexpr double kDoubleBlinkShare = 0.15;

// One fixation a slot, with a saccade of 40 ms at a jittered instant; amplitudes stay within 4 degrees.
constexpr double kGazeSlot_s = 1.7;
constexpr double kSaccade_s = 0.04;
constexpr double kGazePitch_rad = 0.035;
constexpr double kGazeYaw_rad = IdleMotion::kFarthestGaze_rad;

// 0 .. 1 from a slot's number (SplitMix64's finaliser).
double uniform(std::uint64_t seed, std::int64_t slot, std::uint64_t purpose) noexcept {
  std::uint64_t z =
      seed + 0x9E3779B97F4A7C15U * (static_cast<std::uint64_t>(slot) + 1) + purpose * 0xD1B54A32D192ED03U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

// Minimum-jerk step.
double minimum_jerk(double x) noexcept {
  const double t = std::clamp(x, 0.0, 1.0);
  return t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
}

// A lid closes faster than it opens: a third of the time down, the rest up.
double lid_closure(double since_s) noexcept {
  if (since_s <= 0 || since_s >= kBlink_s) return 0.0;
  const double down_s = kBlink_s / 3;
  return since_s < down_s ? minimum_jerk(since_s / down_s)
                          : 1.0 - minimum_jerk((since_s - down_s) / (kBlink_s - down_s));
}

double blink(std::uint64_t seed, double t_s) noexcept {
  const auto slot = static_cast<std::int64_t>(std::floor(t_s / kBlinkSlot_s));
  const double at_s = uniform(seed, slot, 1) * (kBlinkSlot_s - kDoubleBlink_s - kBlink_s);
  const double since_s = t_s - static_cast<double>(slot) * kBlinkSlot_s - at_s;
  const double once = lid_closure(since_s);
  return uniform(seed, slot, 2) < kDoubleBlinkShare ? std::max(once, lid_closure(since_s - kDoubleBlink_s))
                                                    : once;
}

// Where the eyes look in a slot, before its saccade (progress 0), during it and after it (1): -1 .. 1.
double gaze(std::uint64_t seed, std::int64_t slot, double progress, std::uint64_t axis) noexcept {
  const auto fixation = [=](std::int64_t at) { return 2 * uniform(seed, at, axis) - 1; };
  if (progress <= 0) return fixation(slot - 1);
  if (progress >= 1) return fixation(slot);
  const double from = fixation(slot - 1);
  return from + (fixation(slot) - from) * minimum_jerk(progress);
}

// Two sines whose periods have no common multiple never repeat.
double drift(std::uint64_t seed, double t_s, double rate_hz, std::uint64_t purpose) noexcept {
  const double phase = kTau * uniform(seed, 0, purpose);
  return 0.7 * std::sin(kTau * rate_hz * t_s + phase) +
         0.3 * std::sin(kTau * rate_hz * 1.6180339887 * t_s + 2 * phase);
}

constexpr double kFarthest_s = 1e12;

double sane(double t_s) noexcept {
  return std::abs(t_s) < kFarthest_s ? t_s : 0.0;  // NaN compares false
}

}  // namespace

std::uint64_t fresh_seed() {
  std::random_device random;
  return (static_cast<std::uint64_t>(random()) << 32) ^ random();
}

IdleMotion::IdleMotion(std::uint64_t seed) noexcept : seed_(seed) {}

void IdleMotion::sample(double any_s, float* out) const noexcept {
  const double t_s = sane(any_s);
  std::fill(out, out + kKeyframeFloats, 0.0F);
  out[kNeckPoseOffset] = kBreathNeck_rad * static_cast<float>(drift(seed_, t_s, kBreath_hz, 10)) +
                         0.5F * kSwayNeck_rad * static_cast<float>(drift(seed_, t_s, 0.05, 11));
  out[kNeckPoseOffset + 1] = kSwayNeck_rad * static_cast<float>(drift(seed_, t_s, 0.07, 12));
  out[kNeckPoseOffset + 2] = 0.5F * kSwayNeck_rad * static_cast<float>(drift(seed_, t_s, 0.04, 13));
  sample_eyes(t_s, out + kEyePoseOffset, out + kEyeLidOffset);
}

void IdleMotion::sample_eyes(double any_s, float* eye_pose, float* eye_lid) const noexcept {
  const double t_s = sane(any_s);
  const double slot = std::floor(t_s / kGazeSlot_s);
  const auto number = static_cast<std::int64_t>(slot);
  const double at_s = uniform(seed_, number, 3) * (kGazeSlot_s - kSaccade_s);
  const double progress = (t_s - slot * kGazeSlot_s - at_s) / kSaccade_s;
  const auto pitch = static_cast<float>(kGazePitch_rad * gaze(seed_, number, progress, 4));
  const auto yaw = static_cast<float>(kGazeYaw_rad * gaze(seed_, number, progress, 5));
  for (int eye = 0; eye < 2; ++eye) {
    eye_pose[3 * eye] = pitch;
    eye_pose[3 * eye + 1] = yaw;
    eye_pose[3 * eye + 2] = 0.0F;
  }
  eye_lid[0] = eye_lid[1] = static_cast<float>(blink(seed_, t_s));
}

}  // namespace hostmode
