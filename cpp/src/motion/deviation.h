// By how much what is shown differs from the motion it follows, and how that decays.
#pragma once

#include <array>
#include <cstddef>

#include "hostmode/keyframe.h"
#include "motion/motion_beneath.h"

namespace hostmode {

// A difference of a value that nobody can see.
inline constexpr float kInvisible = 1e-6F;

// There is one deviation at a time, however many changes it stems from: whatever goes on is taken up in the
// next, with the speed it has, so that the speeds of several never add up. Each value ends at rest at its own
// time. That is the time asked for, and motion shows in full meanwhile, where the two together stay below the
// fastest that may be seen: what the fastest transition through all that the value has been takes, or 1.5
// times its fastest ordinary step. Else it takes longer, at most a transition or a second; and where that
// does not do, the value is held where it is and goes over into the motion, which is seen by degrees.
//
// A value. Thread-safe: as a const object. Realtime-safe: yes.
class Deviation {
 public:
  using Pose = std::array<float, kKeyframeFloats>;

  // Nothing.
  Deviation() noexcept = default;

  // `offset` from `base` decays from rest.
  Deviation(const Pose& base, const Pose& offset, double duration_s, const MotionBeneath& beneath) noexcept;

  // Goes on as `before`, of which `share` is shown, does after `since_s`; but values whose offset is now
  // another than that take `duration_s`, and those that are too fast for what is now known of the motion take
  // longer. `changes` says whether there are any.
  Deviation(const Deviation& before, double since_s, float share, const Pose& base, const Pose& offset,
            double duration_s, const MotionBeneath& beneath, bool& changes) noexcept;

  // When nothing of it is left.
  [[nodiscard]] double longest_s() const noexcept { return longest_s_; }

  // Adds `share` of what is left after `since_s`, at least 0; all of it where a value is held: it goes over
  // into `pose` whatever that is on its way to.
  void add_to(float* pose, double since_s, float share) const noexcept;

 private:
  // Of one value, a second; all 0 where none is to be kept to.
  struct Speeds {
    double own = 0.0;      // 1.5 times what the motion ordinarily has
    double most = 0.0;     // that may be seen
    double beneath = 0.0;  // that the motion may have
  };
  // Where a deviation of `size` is to be made good.
  [[nodiscard]] static Speeds speeds_of(const MotionBeneath& beneath, std::size_t i, double size) noexcept;
  [[nodiscard]] static double decay_s(double offset, double speed, const Speeds& speeds) noexcept;
  [[nodiscard]] static double held_s(const MotionBeneath& beneath, std::size_t i, double held,
                                     const Speeds& speeds) noexcept;
  [[nodiscard]] static double blend_s(double size, const Speeds& speeds, double transition_s) noexcept;

  // Value `i` goes from `offset` and `speed` to rest at 0.
  void decay(std::size_t i, double offset, double speed, double duration_s) noexcept;
  // Value `i` goes from `held` to the motion, of which way it has gone `progress`.
  void hold(std::size_t i, double held, double progress, double duration_s) noexcept;
  // Whichever of the two the motion asks for, of which value `i` has `speeds`.
  void begin(std::size_t i, double base, double offset, double speed, double duration_s,
             const MotionBeneath& beneath, const Speeds& speeds) noexcept;

  // At progress x there is left (1 - x)^2 (offset + x bend) of a value that decays, and of one that is held
  // (1 - x)^2 (1 + 2 x) of its distance from the motion.
  Pose offset_{};
  Pose bend_{};
  Pose held_{};      // 1 where it is held, at `offset`
  Pose progress_{};  // at the beginning
  Pose rate_hz_{};
  double longest_s_ = 0.0;
};

}  // namespace hostmode
