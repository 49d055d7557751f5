#include "hostmode/timeline.h"

#include <algorithm>
#include <cmath>

#include "hostmode/pose_blend.h"
#include "tangents.h"

namespace hostmode {
namespace {

constexpr std::size_t kPageNodes = 32;
// Channels are read in blocks: a block that never moves costs no memory traffic.
constexpr std::size_t kBlockFloats = 8;
constexpr std::size_t kBlocks = kKeyframeFloats / kBlockFloats;
static_assert(kBlocks * kBlockFloats == kKeyframeFloats);

constexpr double kSeamFactor = 2.5;
constexpr std::size_t kMedianSteps = 63;
constexpr std::size_t kFewestSteps = 4;  // below, nothing is known about what is normal
constexpr float kVariation = 1e-6F;

constexpr std::size_t kRotations[] = {kRotationOffset, kNeckPoseOffset, kJawPoseOffset, kEyePoseOffset,
                                      kEyePoseOffset + 3};

float step_size(const Keyframe& from, const Keyframe& to) noexcept {
  float sum = 0;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    const float step = to.data()[i] - from.data()[i];
    sum += step * step;
  }
  return std::sqrt(sum);
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool varies(const float* values, const float* base, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (std::abs(values[i] - base[i]) > kVariation) return true;
  }
  return false;
}

bool keeps_hull(std::size_t channel) noexcept {
  return (channel >= kJawPoseOffset && channel < kJawPoseOffset + 3) ||
         (channel >= kEyeLidOffset && channel < kEyeLidOffset + 2);
}

}  // namespace

struct Timeline::Page {
  Node nodes[kPageNodes];
};

Timeline::Timeline() = default;
Timeline::~Timeline() = default;

Timeline::Node& Timeline::node(std::size_t index) const noexcept {
  return pages_[index / kPageNodes]->nodes[index % kPageNodes];
}

Timeline::Node& Timeline::staged_node(Batch& batch, std::size_t index) const noexcept {
  return batch.pages_[index / kPageNodes]->nodes[index % kPageNodes];
}

std::unique_ptr<Timeline::Batch> Timeline::prepare(const Keyframe* keyframes, std::size_t count,
                                                   std::size_t first_index, double playhead_s) {
  auto batch = std::make_unique<Batch>();
  const std::size_t first = std::max(first_index, count_);
  batch->begin_ = count_;
  batch->end_ = count == 0 ? count_ : first + count;
  batch->active_blocks_ = active_blocks_;
  batch->eyelids_vary_ = eyelids_vary_;
  batch->eyes_vary_ = eyes_vary_;
  batch->pages_ = pages_;
  while (batch->pages_.size() * kPageNodes < batch->end_) batch->pages_.push_back(std::make_shared<Page>());
  if (count == 0) return batch;

  // What precedes the batch in an empty timeline is its own first keyframe, held.
  const Keyframe last = count_ > 0 ? node(count_ - 1).value : keyframes[0];
  const std::size_t hole = first - count_;
  for (std::size_t i = 0; i < hole; ++i) {
    const float weight = static_cast<float>(i + 1) / static_cast<float>(hole + 1);
    Keyframe bridge;
    blend_poses(last.data(), keyframes[0].data(), weight, bridge.data());
    stage(*batch, count_ + i, bridge);
  }
  for (std::size_t i = 0; i < count; ++i) stage(*batch, first + i, keyframes[i]);

  std::vector<float> steps;
  for (std::size_t i = 1; i < count; ++i) steps.push_back(step_size(keyframes[i - 1], keyframes[i]));
  if (count_ > 0 && hole == 0) {
    std::vector<float> known = steps_;
    known.insert(known.end(), steps.begin(), steps.end());
    const float seam = step_size(last, staged_node(*batch, first).value);
    if (known.size() >= kFewestSteps) {
      const float normal = static_cast<float>(kSeamFactor) * median(known);
      if (seam > normal && normal > 0) {
        // What is abnormal of the step is spread over three intervals: a third each.
        float offset[kKeyframeFloats];
        pose_offset(last.data(), staged_node(*batch, first).value.data(), offset);
        const float excess = 1.0F - normal / seam;
        add_pose_offset(staged_node(*batch, first).value.data(), offset, excess * 2.0F / 3.0F);
        if (count > 1) add_pose_offset(staged_node(*batch, first + 1).value.data(), offset, excess / 3.0F);
      }
    }
  }
  steps_.insert(steps_.end(), steps.begin(), steps.end());
  if (steps_.size() > kMedianSteps) {
    steps_.erase(steps_.begin(), steps_.end() - static_cast<std::ptrdiff_t>(kMedianSteps));
  }

  // NaN counts as before the start; compared as doubles, since a far playhead does not fit an index.
  const double shown = playhead_s >= 0 ? std::floor(playhead_s * kKeyframeRateHz) + 2.0 : 0.0;
  stage_tangents(*batch, shown < static_cast<double>(count_) ? static_cast<std::size_t>(shown) : count_);
  return batch;
}

void Timeline::stage(Batch& batch, std::size_t index, const Keyframe& keyframe) const {
  Keyframe& value = staged_node(batch, index).value;
  value = keyframe;
  if (index == 0) return;
  const Keyframe& before = staged_node(batch, index - 1).value;
  for (const std::size_t at : kRotations) nearest_equivalent(before.data() + at, value.data() + at);
  const float* base = staged_node(batch, 0).value.data();
  for (std::size_t block = 0; block < kBlocks; ++block) {
    if (varies(value.data() + block * kBlockFloats, base + block * kBlockFloats, kBlockFloats)) {
      batch.active_blocks_ |= 1U << block;
    }
  }
  batch.eyelids_vary_ = batch.eyelids_vary_ || varies(value.eye_lid, base + kEyeLidOffset, 2);
  batch.eyes_vary_ = batch.eyes_vary_ || varies(value.eye_pose, base + kEyePoseOffset, 6);
}

void Timeline::stage_tangents(Batch& batch, std::size_t first_free) const {
  const std::size_t end = batch.end_;
  const std::size_t behind = batch.begin_ > 2 ? batch.begin_ - 2 : 0;
  for (std::size_t index = std::max(first_free, behind); index < end; ++index) {
    const std::size_t before = std::min<std::size_t>(index, 2);
    const std::size_t after = std::min<std::size_t>(end - 1 - index, 2);
    Stencil stencil{};
    stencil.before = static_cast<int>(before);
    stencil.after = static_cast<int>(after);
    const float* around[5] = {};
    for (std::size_t i = 2 - before; i <= 2 + after; ++i) {
      around[i] = staged_node(batch, index + i - 2).value.data();
    }
    Keyframe slopes{};
    for (std::size_t channel = 0; channel < kKeyframeFloats; ++channel) {
      for (std::size_t i = 2 - before; i <= 2 + after; ++i) stencil.values[i] = around[i][channel];
      slopes.data()[channel] = keeps_hull(channel) ? limited_tangent(stencil) : tangent(stencil);
    }
    if (index < batch.begin_) {
      batch.patches_.push_back({index, slopes});
    } else {
      staged_node(batch, index).tangent = slopes;
    }
  }
}

void Timeline::commit(Batch& batch) noexcept {
  pages_.swap(batch.pages_);
  for (const Batch::Patch& patch : batch.patches_) node(patch.index).tangent = patch.tangent;
  count_ = batch.end_;
  active_blocks_ = batch.active_blocks_;
  eyelids_vary_ = batch.eyelids_vary_;
  eyes_vary_ = batch.eyes_vary_;
}

void Timeline::sample(double media_s, float* out) const noexcept {
  if (count_ == 0) {
    std::fill(out, out + kKeyframeFloats, 0.0F);
    return;
  }
  const double position = media_s > 0 ? media_s * kKeyframeRateHz : 0.0;  // NaN compares false
  const auto last = static_cast<double>(count_ - 1);
  if (position >= last) {
    const Keyframe& held = node(count_ - 1).value;
    std::copy(held.data(), held.data() + kKeyframeFloats, out);
    return;
  }
  const auto index = static_cast<std::size_t>(position);
  const auto t = static_cast<float>(position - static_cast<double>(index));
  const Node& from = node(index);
  const Node& to = node(index + 1);
  // The cubic Hermite basis, written so that t = 0 gives the first keyframe to the bit.
  const float t2 = t * t;
  const float t3 = t2 * t;
  const float to_value = 3 * t2 - 2 * t3;
  const float from_tangent = t3 - 2 * t2 + t;
  const float to_tangent = t3 - t2;
  const Keyframe& base = node(0).value;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const std::size_t at = block * kBlockFloats;
    if ((active_blocks_ >> block & 1U) == 0) {
      std::copy(base.data() + at, base.data() + at + kBlockFloats, out + at);
      continue;
    }
    const float* v0 = from.value.data() + at;
    const float* v1 = to.value.data() + at;
    const float* m0 = from.tangent.data() + at;
    const float* m1 = to.tangent.data() + at;
    for (std::size_t i = 0; i < kBlockFloats; ++i) {
      out[at + i] = v0[i] + to_value * (v1[i] - v0[i]) + from_tangent * m0[i] + to_tangent * m1[i];
    }
  }
}

ChannelActivity Timeline::activity() const noexcept {
  return {eyelids_vary_, eyes_vary_};
}

}  // namespace hostmode
