#include "motion/seam_easer.h"

#include <algorithm>
#include <cmath>

#include "motion/pose_blend.h"

namespace hostmode {
namespace {

constexpr float kSeamFactor = 2.5F;
constexpr float kSuddenFactor = 4.0F;

float step_size(const Keyframe& from, const Keyframe& to) noexcept {
  float sum = 0;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    const float step = to.data()[i] - from.data()[i];
    sum += step * step;
  }
  return std::sqrt(sum);
}

}  // namespace

void SeamEaser::ease(Keyframe& keyframe) noexcept {
  const Keyframe came = keyframe;
  if (has_carry_) add_pose_offset(keyframe.data(), carry_.data(), 1.0F);
  has_carry_ = false;
  if (has_last_) {
    const float step = step_size(last_, came);
    add_step(step);
    const float usual = std::max(kSeamFactor * median_step(), kSuddenFactor * last_step_);
    if (step_count_ >= kFewestSteps && step > usual && usual > 0) {
      float offset[kKeyframeFloats];
      pose_offset(last_.data(), came.data(), offset);
      const float excess = 1.0F - usual / step;
      add_pose_offset(keyframe.data(), offset, excess * 2.0F / 3.0F);
      carry_ = Keyframe{};
      add_pose_offset(carry_.data(), offset, excess / 3.0F);
      has_carry_ = true;
    }
    last_step_ = step;
  }
  last_ = came;
  has_last_ = true;
}

void SeamEaser::add_step(float step) noexcept {
  steps_[step_count_ % kMedianSteps] = step;
  ++step_count_;
}

float SeamEaser::median_step() const noexcept {
  std::array<float, kMedianSteps> sorted = steps_;
  const auto count = static_cast<std::ptrdiff_t>(std::min(step_count_, kMedianSteps));
  std::nth_element(sorted.begin(), sorted.begin() + count / 2, sorted.begin() + count);
  return sorted[static_cast<std::size_t>(count / 2)];
}

}  // namespace hostmode
