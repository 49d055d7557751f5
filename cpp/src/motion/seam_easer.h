// Where a stream jumps, the jump is spread over three keyframe intervals.
#pragma once

#include <array>
#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

// A seam is a step of more than 2.5 times the running median of steps that comes out of nothing: more than
// four times the step before it, while a quick movement gathers speed over several keyframes. Steps are all
// that counts, wherever messages begin: the same stream, cut otherwise, is eased in the same places. What
// exceeds the usual is spread, two thirds and one third, over the seam's keyframe and the one after it.
//
// A value: a copy that goes on with keyframes that are then given up changes nothing.
class SeamEaser {
 public:
  // Moves the stream's next keyframe, where a seam asks for that.
  void ease(Keyframe& keyframe) noexcept;

  // The next keyframe follows on something else than the latest one, as after a hole.
  void start_anew() noexcept { has_last_ = false; }

 private:
  static constexpr std::size_t kMedianSteps = 63;
  static constexpr std::size_t kFewestSteps = 4;  // below, nothing is known about what is usual

  void add_step(float step) noexcept;
  [[nodiscard]] float median_step() const noexcept;

  Keyframe last_{};   // as it came
  Keyframe carry_{};  // what is still to be added to the next keyframe
  bool has_last_ = false;
  bool has_carry_ = false;
  float last_step_ = 0.0F;
  std::array<float, kMedianSteps> steps_{};  // the latest, in no order
  std::size_t step_count_ = 0;
};

}  // namespace hostmode
