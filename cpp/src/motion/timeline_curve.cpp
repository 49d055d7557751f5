// What the timeline shows: the curve through its keyframes, and how fast it moves.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "motion/curve_speed.h"
#include "motion/tangents.h"
#include "motion/timeline.h"
#include "motion/timeline_pages.h"

namespace hostmode {
namespace {

// In so much of an interval nothing that begins from rest gathers speed.
constexpr float kHardlyLeft = 0.25F;
// A curve from rest to rest against the straight line.
constexpr float kSteepest = 1.5F;

}  // namespace

const float* Timeline::late_correction(std::size_t index) const noexcept {
  if (!has_late_) return nullptr;
  const Page& page = *pages_[index / kPageNodes - first_page_];
  const bool late = (page.late_nodes >> (index % kPageNodes) & 1U) != 0;
  return late ? page.late[index % kPageNodes].data() : nullptr;
}

Timeline::Place Timeline::place_of(double media_s) const noexcept {
  const double position = media_s > 0 ? times_.position_at(media_s) : 0.0;  // NaN compares false
  const std::size_t last = count_ - 1;
  if (position >= static_cast<double>(last)) return {last, 0.0F};
  const auto index = static_cast<std::size_t>(position);
  const std::size_t first = first_page_ * kPageNodes;
  if (index < first) return {first, 0.0F};
  return {index, static_cast<float>(position - static_cast<double>(index))};
}

void Timeline::sample(double media_s, float* out) const noexcept {
  if (count_ == 0) {
    std::fill(out, out + kKeyframeFloats, 0.0F);
    return;
  }
  const auto [index, t] = place_of(media_s);
  const Node& from = node(index);
  const Node& to = index + 1 < count_ ? node(index + 1) : from;
  // The cubic Hermite basis, written so that t = 0 gives the first keyframe to the bit.
  const float t2 = t * t;
  const float t3 = t2 * t;
  const float to_value = 3 * t2 - 2 * t3;
  const float from_slope = t3 - 2 * t2 + t;
  const float to_slope = t3 - t2;
  const float* const late = late_correction(index);
  const float late_weight = late != nullptr ? late_slope_weight(t) : 0.0F;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    float pose[kBlockFloats] = {};
    if ((active_blocks_ >> block & 1U) != 0) {
      const Node::Block& a = from.blocks[block];
      const Node::Block& b = to.blocks[block];
      for (std::size_t i = 0; i < kBlockFloats; ++i) {
        pose[i] = a.values[i] + to_value * (b.values[i] - a.values[i]) + from_slope * a.slopes[i] +
                  to_slope * b.slopes[i];
      }
      if (late != nullptr) {
        for (std::size_t i = 0; i < kBlockFloats; ++i)
          pose[i] += late_weight * late[block * kBlockFloats + i];
      }
    } else if ((constant_blocks_ >> block & 1U) != 0) {
      std::memcpy(pose, first_.data() + block * kBlockFloats, sizeof pose);
    }
    std::memcpy(out + block * kBlockFloats, pose, sizeof pose);
  }
}

void Timeline::speeds_from(double media_s, double duration_s, float* speeds) const noexcept {
  std::fill(speeds, speeds + kKeyframeFloats, 0.0F);
  if (count_ == 0) return;
  auto [index, t] = place_of(media_s);
  if (t >= 1.0F - kHardlyLeft) {
    ++index;
    t = 0.0F;
  }
  const std::size_t end = std::min(place_of(media_s + duration_s).index + 1, count_ - 1);
  for (; index < end; ++index, t = 0.0F) {
    const float* const late = late_correction(index);
    for (std::size_t block = 0; block < kBlocks; ++block) {
      if ((active_blocks_ >> block & 1U) == 0) continue;
      const Node::Block& a = node(index).blocks[block];
      const Node::Block& b = node(index + 1).blocks[block];
      for (std::size_t i = 0; i < kBlockFloats; ++i) {
        // Where a curve swings out after a jump it rises by little, and is soon at rest.
        const float rise = b.values[i] - a.values[i];
        float speed =
            std::min(fastest_of_curve(rise, a.slopes[i], b.slopes[i], t), kSteepest * std::abs(rise));
        if (late != nullptr) speed += kLateSpeed * std::abs(late[block * kBlockFloats + i]);
        float& fastest = speeds[block * kBlockFloats + i];
        fastest = std::max(fastest, speed);
      }
    }
  }
}

Timeline::Footprint Timeline::footprint_at(double media_s) const noexcept {
  if (count_ == 0 || active_blocks_ == 0) return {};
  const std::size_t index = place_of(media_s).index;
  std::size_t begin = 0;
  std::size_t end = kBlocks;
  while ((active_blocks_ >> begin & 1U) == 0) ++begin;
  while ((active_blocks_ >> (end - 1) & 1U) == 0) --end;
  return {&pages_[index / kPageNodes - first_page_], &node(index).blocks[begin],
          (end - begin) * sizeof(Node::Block)};
}

}  // namespace hostmode
