#include "motion/layers.h"

#include <algorithm>
#include <cstddef>

#include "hostmode/keyframe.h"
#include "motion/pose_blend.h"

namespace hostmode {
namespace {

float take_over(double media_s, double from_s) noexcept {
  if (!(media_s > from_s)) return 0.0F;
  return ease(static_cast<float>(std::min((media_s - from_s) / kLayerFade_s, 1.0)));
}

}  // namespace

void add_layers(const IdleMotion& idle, const Timeline& timeline, double face_s, double t_s,
                float* pose) noexcept {
  const float own_eyes = take_over(face_s, timeline.activity().eyes_from_s);
  const float own_lids = take_over(face_s, timeline.activity().eyelids_from_s);
  if (own_eyes >= 1.0F && own_lids >= 1.0F) return;
  float eyes[6];
  float lids[2];
  idle.sample_eyes(t_s, eyes, lids);
  float* const stream_eyes = pose + kEyePoseOffset;
  float* const stream_lids = pose + kEyeLidOffset;
  for (std::size_t i = 0; i < 6; ++i) stream_eyes[i] = eyes[i] + own_eyes * (stream_eyes[i] - eyes[i]);
  for (std::size_t i = 0; i < 2; ++i) stream_lids[i] = lids[i] + own_lids * (stream_lids[i] - lids[i]);
}

void add_layer_speeds(const Timeline& timeline, double face_s, double duration_s, float* speeds) noexcept {
  const OrdinaryMotion& motion = timeline.ordinary_motion();
  const auto add = [&](double from_s, std::size_t first, std::size_t count) {
    if (face_s >= from_s + kLayerFade_s || face_s + duration_s <= from_s) return;
    for (std::size_t i = first; i < first + count; ++i) {
      const double distance = motion.distance(i, IdleMotion::lowest(i), IdleMotion::highest(i));
      speeds[i] += static_cast<float>(kEaseSpeed * distance / kLayerFade_s);
    }
  };
  add(timeline.activity().eyes_from_s, kEyePoseOffset, 6);
  add(timeline.activity().eyelids_from_s, kEyeLidOffset, 2);
}

}  // namespace hostmode
