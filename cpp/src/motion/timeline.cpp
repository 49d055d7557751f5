#include "motion/timeline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "motion/hull.h"
#include "motion/pose_blend.h"
#include "motion/tangents.h"
#include "motion/timeline_pages.h"

namespace hostmode {
namespace {

constexpr float kVariation = 1e-6F;  // of eyes and eyelids, for a layer to give way

constexpr std::size_t kRotations[] = {kRotationOffset, kNeckPoseOffset, kJawPoseOffset, kEyePoseOffset,
                                      kEyePoseOffset + 3};

bool is_in(std::size_t channel, std::size_t first, std::size_t count) noexcept {
  return channel >= first && channel < first + count;
}

// The slopes at the middle one of five nodes, of which so many on either side exist. Known when it is
// compiled, that leaves nothing but arithmetic, of several channels at a time.
template <int kBefore, int kAfter, typename Node>
void write_tangents(const Node* const* around, float* slopes) noexcept {
  for (std::size_t block = 0; block < kBlocks; ++block) {
    for (std::size_t i = 0; i < kBlockFloats; ++i) {
      Stencil stencil{{}, kBefore, kAfter};
      for (std::size_t k = 0; k < 5; ++k) stencil.values[k] = around[k]->blocks[block].values[i];
      slopes[block * kBlockFloats + i] = tangent(stencil);
    }
  }
}

}  // namespace

Timeline::Timeline() = default;
Timeline::~Timeline() = default;

std::unique_ptr<Timeline::Batch> Timeline::prepare(const Keyframe* keyframes, std::size_t count,
                                                   std::size_t first_index, double playhead_s,
                                                   std::optional<double> begins_s) {
  auto batch = std::make_unique<Batch>();
  batch->begin_ = batch->end_ = count_;
  batch->active_blocks_ = active_blocks_;
  batch->activity_ = activity_;
  batch->times_ = times_;
  let_go(*batch, playhead_s);
  batch->seams_ = seams_;
  batch->motion_ = motion_;
  if (count == 0) return batch;
  if (begins_s && count_ > 0) batch->times_.begin_sentence(count_, *begins_s);
  stage(*batch, bridged(*batch, keyframes, count, std::max(first_index, count_) - count_), playhead_s);

  // NaN counts as before the start; compared as doubles, since a far playhead does not fit an index.
  const double shown = playhead_s >= 0 ? std::floor(batch->times_.position_at(playhead_s)) + 2.0 : 0.0;
  stage_slopes(*batch, shown < static_cast<double>(count_) ? static_cast<std::size_t>(shown) : count_);
  return batch;
}

void Timeline::let_go(Batch& batch, double playhead_s) const {
  batch.first_page_ = first_page_;
  // Slopes of the last two keyframes look two further back.
  const std::size_t needed = count_ > 4 ? (count_ - 5) / kPageNodes : 0;
  const double kept_from = batch.times_.position_at(playhead_s - kHistory_s);
  batch.times_.let_go(kept_from);
  const double shown = kept_from / static_cast<double>(kPageNodes);
  if (shown > static_cast<double>(first_page_)) {
    batch.first_page_ = shown < static_cast<double>(needed) ? static_cast<std::size_t>(shown) : needed;
    batch.first_page_ = std::max(batch.first_page_, first_page_);
  }
  batch.pages_.assign(pages_.begin() + static_cast<std::ptrdiff_t>(batch.first_page_ - first_page_),
                      pages_.end());
}

std::vector<Keyframe> Timeline::bridged(Batch& batch, const Keyframe* keyframes, std::size_t count,
                                        std::size_t hole) const {
  // What precedes the batch in an empty timeline is its own first keyframe, held.
  const Keyframe last = count_ > 0 ? node(count_ - 1).keyframe() : keyframes[0];
  std::vector<Keyframe> added(hole + count);
  std::copy(keyframes, keyframes + count, added.begin() + static_cast<std::ptrdiff_t>(hole));
  for (std::size_t i = 0; i < hole; ++i) {
    const float weight = static_cast<float>(i + 1) / static_cast<float>(hole + 1);
    blend_poses(last.data(), keyframes[0].data(), weight, added[i].data());
  }
  if (hole > 0) batch.seams_.start_anew();
  const Keyframe* before = &last;
  for (std::size_t i = 0; i < added.size(); ++i) {
    for (const std::size_t at : kRotations) nearest_equivalent(before->data() + at, added[i].data() + at);
    if (i >= hole) {
      batch.motion_.note(added[i]);
      batch.seams_.ease(added[i]);
    }
    before = &added[i];
  }
  return added;
}

void Timeline::stage(Batch& batch, const std::vector<Keyframe>& added, double playhead_s) const {
  batch.end_ = batch.begin_ + added.size();
  while ((batch.first_page_ + batch.pages_.size()) * kPageNodes < batch.end_)
    batch.pages_.push_back(std::make_shared<Page>());
  const Keyframe& first = batch.begin_ > 0 ? first_ : added[0];
  for (std::size_t i = 0; i < added.size(); ++i) {
    Node& node = staged_node(batch, batch.begin_ + i);
    // A channel counts from the interval on in which it begins to move, and not before it can be seen to.
    const auto interval = static_cast<double>(batch.begin_ + i) - 1.0;
    const double from_s = std::max(interval > 0 ? batch.times_.time_of(interval) : -ChannelActivity::kNever_s,
                                   playhead_s >= 0 ? playhead_s : -ChannelActivity::kNever_s);
    for (std::size_t channel = 0; channel < kKeyframeFloats; ++channel) {
      const float value = added[i].data()[channel];
      node.value(channel) = value;
      if (value == first.data()[channel]) continue;
      batch.active_blocks_ |= 1U << (channel / kBlockFloats);
      if (std::abs(value - first.data()[channel]) <= kVariation) continue;
      double* const active_from_s = is_in(channel, kEyePoseOffset, 6)  ? &batch.activity_.eyes_from_s
                                    : is_in(channel, kEyeLidOffset, 2) ? &batch.activity_.eyelids_from_s
                                                                       : nullptr;
      if (active_from_s != nullptr) *active_from_s = std::min(*active_from_s, from_s);
    }
  }
}

void Timeline::stage_slopes(Batch& batch, std::size_t first_free) const {
  const std::size_t behind = batch.begin_ > 2 ? batch.begin_ - 2 : 0;
  for (std::size_t index = std::max(first_free, behind); index < batch.begin_; ++index) {
    batch.patches_.push_back({index, staged_slopes(batch, index, Sides::kBoth)});
  }
  for (std::size_t index = batch.begin_; index < batch.end_; ++index) {
    staged_node(batch, index).set_slopes(staged_slopes(batch, index, Sides::kBoth));
  }
  if (batch.begin_ == 0 || first_free < batch.begin_) return;
  const std::size_t last = batch.begin_ - 1;
  batch.corrects_late_ = true;
  batch.late_slopes_ = staged_slopes(batch, last, Sides::kAfter);
  if (pages_[last / kPageNodes - first_page_]->late == nullptr)
    batch.late_ = std::make_unique<Keyframe[]>(kPageNodes);
}

Keyframe Timeline::staged_slopes(Batch& batch, std::size_t index, Sides sides) {
  const std::size_t before = std::min<std::size_t>(index, 2);
  const std::size_t after = std::min<std::size_t>(batch.end_ - 1 - index, 2);
  const Node* around[5];
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t at = std::clamp(index + i, index + 2 - before, index + 2 + after) - 2;
    around[i] = &staged_node(batch, at);
  }
  constexpr decltype(&write_tangents<0, 0, Node>) kWriters[3][3] = {
      {write_tangents<0, 0, Node>, write_tangents<0, 1, Node>, write_tangents<0, 2, Node>},
      {write_tangents<1, 0, Node>, write_tangents<1, 1, Node>, write_tangents<1, 2, Node>},
      {write_tangents<2, 0, Node>, write_tangents<2, 1, Node>, write_tangents<2, 2, Node>}};
  Keyframe slopes;
  kWriters[before][after](around, slopes.data());
  for (const std::size_t channel : kHullChannels) {
    Stencil stencil{{}, static_cast<int>(before), static_cast<int>(after)};
    for (std::size_t i = 0; i < 5; ++i) stencil.values[i] = around[i]->value(channel);
    slopes.data()[channel] = limited_tangent(stencil, sides);
  }
  return slopes;
}

void Timeline::commit(Batch& batch, double shown_s) noexcept {
  pages_.swap(batch.pages_);
  first_page_ = batch.first_page_;
  std::swap(times_, batch.times_);
  seams_ = batch.seams_;
  motion_ = batch.motion_;
  for (const Batch::Patch& patch : batch.patches_) node(patch.index).set_slopes(patch.slopes);
  if (batch.corrects_late_) correct_late(batch);
  if (count_ == 0 && batch.end_ > 0) {
    first_ = node(0).keyframe();
    for (std::size_t channel = 0; channel < kKeyframeFloats; ++channel) {
      if (first_.data()[channel] != 0.0F) constant_blocks_ |= 1U << (channel / kBlockFloats);
    }
  }
  if (shown_s > 0 && batch.end_ > count_) latest_came_s_ = shown_s;
  count_ = batch.end_;
  active_blocks_ = batch.active_blocks_;
  constant_blocks_ &= ~active_blocks_;
  activity_ = batch.activity_;
}

void Timeline::correct_late(Batch& batch) noexcept {
  const std::size_t last = batch.begin_ - 1;
  Page& page = *pages_[last / kPageNodes - first_page_];
  if (page.late == nullptr) page.late = std::move(batch.late_);
  float* const late = page.late[last % kPageNodes].data();
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    late[i] = batch.late_slopes_.data()[i] - page.nodes[last % kPageNodes].slope(i);
  }
  page.late_nodes |= 1U << (last % kPageNodes);
  has_late_ = true;
}

}  // namespace hostmode
