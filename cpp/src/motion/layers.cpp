#include "motion/layers.h"

#include <algorithm>
#include <cstddef>

#include "hostmode/keyframe.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

// How much of a layer is left, and how much of the stream's own shows. Between them lies rest, and together
// they are never more than one.
struct Shares {
  float layer = 1.0F;
  float own = 0.0F;
};

Shares shares_at(double media_s, double from_s, double fade_s) noexcept {
  if (!(media_s > from_s)) return {};
  const auto progress = [=](double takes_s) {
    return ease(static_cast<float>(std::min((media_s - from_s) / takes_s, 1.0)));
  };
  return {1.0F - progress(fade_s), progress(kOwnFade * fade_s)};
}

struct LayerShares {
  LayerShares(const ChannelActivity& own, const TransitionTimes& times, double face_s) noexcept
      : eyes(shares_at(face_s, own.eyes_from_s, times.layer_s())),
        lids(shares_at(face_s, own.eyelids_from_s, times.layer_s())) {}
  Shares eyes;
  Shares lids;
};

void mix(const float* layer, Shares shares, std::size_t count, float* own) noexcept {
  for (std::size_t i = 0; i < count; ++i) own[i] = shares.layer * layer[i] + shares.own * own[i];
}

void mix(const float* eyes, const float* lids, const LayerShares& shares, float* pose) noexcept {
  mix(eyes, shares.eyes, 6, pose + kEyePoseOffset);
  mix(lids, shares.lids, 2, pose + kEyeLidOffset);
}

}  // namespace

void add_layers(const IdleMotion& idle, const Timeline& timeline, const TransitionTimes& times, double face_s,
                double t_s, float* pose) noexcept {
  const LayerShares shares(timeline.activity(), times, face_s);
  if (shares.eyes.own >= 1.0F && shares.lids.own >= 1.0F) return;
  float eyes[6];
  float lids[2];
  idle.sample_eyes(t_s, eyes, lids);
  mix(eyes, lids, shares, pose);
}

void add_layers(const float* eyes, const float* lids, const Timeline& timeline, const TransitionTimes& times,
                double face_s, float* pose) noexcept {
  mix(eyes, lids, LayerShares(timeline.activity(), times, face_s), pose);
}

void add_layer_speeds(const Timeline& timeline, const TransitionTimes& times, double face_s,
                      double duration_s, float* speeds) noexcept {
  const OrdinaryMotion& motion = timeline.ordinary_motion();
  const double fade_s = times.layer_s();
  const auto add = [&](double from_s, std::size_t first, std::size_t count) {
    if (face_s >= from_s + kOwnFade * fade_s || face_s + duration_s <= from_s) return;
    const bool fades = face_s < from_s + fade_s;
    for (std::size_t i = first; i < first + count; ++i) {
      const double idle = fades ? std::max(IdleMotion::highest(i), -IdleMotion::lowest(i)) : 0.0;
      speeds[i] += static_cast<float>(kEaseSpeed * (idle + motion.reach(i) / kOwnFade) / fade_s);
    }
  };
  add(timeline.activity().eyes_from_s, kEyePoseOffset, 6);
  add(timeline.activity().eyelids_from_s, kEyeLidOffset, 2);
}

}  // namespace hostmode
