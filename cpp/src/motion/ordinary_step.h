// How fast each value of a stream ordinarily moves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

// A step that another as large precedes or follows is a movement; a single one is a jump, as where another
// request begins, and says nothing. A value: a copy that goes on with keyframes that are then given up
// changes nothing.
class OrdinaryStep {
 public:
  // The stream's next keyframe, as it came.
  void note(const Keyframe& came) noexcept {
    for (std::size_t i = 0; i < kKeyframeFloats && count_ > 0; ++i) {
      const float step = std::abs(came.data()[i] - last_.data()[i]);
      if (count_ > 1) fastest_.data()[i] = std::max(fastest_.data()[i], std::min(step, last_step_.data()[i]));
      last_step_.data()[i] = step;
    }
    last_ = came;
    ++count_;
  }

  // The fastest so far, a keyframe interval; 0 where nothing is known.
  [[nodiscard]] const Keyframe& fastest() const noexcept { return fastest_; }

 private:
  Keyframe last_{};
  Keyframe last_step_{};
  Keyframe fastest_{};
  std::size_t count_ = 0;
};

}  // namespace hostmode
