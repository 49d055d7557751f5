// Where a timeline keeps its keyframes: pages, which samplers and the next batch share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "motion/timeline.h"

namespace hostmode {

inline constexpr std::size_t kPageNodes = 32;
// Channels are read in blocks: a block that never moves costs no memory traffic. Small, since what moves in
// real streams is few and lies apart: the neck, the jaw's opening and half of the expression.
inline constexpr std::size_t kBlockFloats = 4;
inline constexpr std::size_t kBlocks = kKeyframeFloats / kBlockFloats;
static_assert(kBlocks * kBlockFloats == kKeyframeFloats && kBlocks <= 32);

// A keyframe and its slopes per keyframe interval, block by block, so that what a sample needs of a block
// lies together.
struct Timeline::Node {
  struct Block {
    float values[kBlockFloats];
    float slopes[kBlockFloats];
  };
  Block blocks[kBlocks];

  [[nodiscard]] float& value(std::size_t channel) noexcept {
    return blocks[channel / kBlockFloats].values[channel % kBlockFloats];
  }
  [[nodiscard]] float value(std::size_t channel) const noexcept {
    return blocks[channel / kBlockFloats].values[channel % kBlockFloats];
  }
  [[nodiscard]] float& slope(std::size_t channel) noexcept {
    return blocks[channel / kBlockFloats].slopes[channel % kBlockFloats];
  }
  void set_slopes(const Keyframe& slopes) noexcept {
    for (std::size_t block = 0; block < kBlocks; ++block) {
      std::memcpy(blocks[block].slopes, slopes.data() + block * kBlockFloats, sizeof blocks[block].slopes);
    }
  }
  [[nodiscard]] Keyframe keyframe() noexcept {
    Keyframe keyframe;
    for (std::size_t block = 0; block < kBlocks; ++block) {
      std::memcpy(keyframe.data() + block * kBlockFloats, blocks[block].values, sizeof blocks[block].values);
    }
    return keyframe;
  }
};

struct alignas(64) Timeline::Page {
  Node nodes[kPageNodes];
  std::uint32_t late_nodes = 0;      // those with a late correction
  std::unique_ptr<Keyframe[]> late;  // one for each node, where there are any
  static_assert(kPageNodes <= 32);
  static_assert(sizeof(Node) == Footprint::kStride);
};

inline Timeline::Node& Timeline::node(std::size_t index) const noexcept {
  return pages_[index / kPageNodes - first_page_]->nodes[index % kPageNodes];
}

inline Timeline::Node& Timeline::staged_node(Batch& batch, std::size_t index) noexcept {
  return batch.pages_[index / kPageNodes - batch.first_page_]->nodes[index % kPageNodes];
}

}  // namespace hostmode
