// How fast and how far each value of a stream moves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

// A step that another as large precedes or follows is a movement; a single one is a jump, as where another
// request begins, and says nothing of what is ordinary, unless it is all that is known. A value: a copy that
// goes on with keyframes that are then given up changes nothing.
class OrdinaryMotion {
 public:
  // The stream's next keyframe, as it came.
  void note(const Keyframe& came) noexcept {
    for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
      const float value = came.data()[i];
      lowest_.data()[i] = std::min(lowest_.data()[i], value);
      highest_.data()[i] = std::max(highest_.data()[i], value);
      if (count_ == 0) continue;
      const float step = std::abs(value - last_.data()[i]);
      const float both = count_ > 1 ? std::min(step, last_step_.data()[i]) : step;
      ordinary_.data()[i] = count_ > 2 ? std::max(ordinary_.data()[i], both) : both;
      largest_.data()[i] = std::max(largest_.data()[i], step);
      last_step_.data()[i] = step;
    }
    last_ = came;
    ++count_;
  }

  // So far, of value `i`: its fastest movement and its largest step, a keyframe interval; 0 where nothing is
  // known.
  [[nodiscard]] float fastest(std::size_t i) const noexcept { return ordinary_.data()[i]; }
  [[nodiscard]] float largest_step(std::size_t i) const noexcept { return largest_.data()[i]; }

  // The first intervals may have begun flat, before it was known where they lead.
  [[nodiscard]] bool has_hardly_begun() const noexcept { return count_ < kFewKeyframes; }

  // How far its extremes lie apart, how far they lie from rest, which is 0, and how far the farther of them
  // may lie from `value`, or from one that is anywhere between two. Rest is one of them.
  [[nodiscard]] float range(std::size_t i) const noexcept { return highest_.data()[i] - lowest_.data()[i]; }
  [[nodiscard]] float reach(std::size_t i) const noexcept {
    return std::max(highest_.data()[i], -lowest_.data()[i]);
  }
  [[nodiscard]] double distance(std::size_t i, double value) const noexcept {
    return distance(i, value, value);
  }
  [[nodiscard]] double distance(std::size_t i, double lowest, double highest) const noexcept {
    return std::max(highest_.data()[i] - lowest, highest - lowest_.data()[i]);
  }

 private:
  static constexpr std::size_t kFewKeyframes = 4;

  Keyframe last_{};
  Keyframe last_step_{};
  Keyframe ordinary_{};
  Keyframe largest_{};
  Keyframe lowest_{};
  Keyframe highest_{};
  std::size_t count_ = 0;
};

}  // namespace hostmode
