// Where sound that was lengthened or shortened in jumps will have jumped to.
#pragma once

#include <array>
#include <cstddef>

namespace hostmode {

// What changes how long sound takes and not its pitch leaves it as it was for a while, and then jumps. What
// was heard before a jump does not tell of it; that earlier ones were of one sign does. A base that leads the
// one heard last by as much as lead_s() says is less wrong after the next one, and not by more before.
// Positions are of the sound that was sent, bases what is added to lead to the sound that came, in seconds.
// Thread-safe: no. Realtime-safe: yes.
class Staircase {
 public:
  void restart() noexcept { *this = Staircase{}; }
  // The base that was heard at a position. One that is not after the latest adds nothing.
  void add(double position_s, double base_s) noexcept;
  // What to add to the base that was heard last; 0 where it does not jump.
  [[nodiscard]] double lead_s() const noexcept { return lead_s_; }

 private:
  struct Step {
    double position_s = 0, base_s = 0;
  };
  static constexpr std::size_t kMost = 32;

  [[nodiscard]] double slope() const noexcept;
  // How steep it is in the direction of `sign`, without the largest jump: one alone is no staircase.
  [[nodiscard]] double slope_but_for_one(double sign) const noexcept;
  [[nodiscard]] double lead_by(double slope) const noexcept;

  std::array<Step, kMost> steps_{};  // from the oldest to the latest
  std::size_t count_ = 0;
  double lead_s_ = 0;
};

}  // namespace hostmode
