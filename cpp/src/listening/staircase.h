// The straight line about which sound lies that was lengthened or shortened in jumps.
#pragma once

#include <array>
#include <cstddef>

namespace hostmode {

// What changes how long sound takes and not its pitch leaves it as it was for a while, and then jumps, about
// a line that nobody hears: each piece lies up to some 10 ms from it, where it goes on best. The line is told
// through the bases of some seconds (robust regression). Pieces mostly lag behind it, since sound goes on as
// it was for as long as a stretcher lets it.
// Positions are of the sound that was sent, bases what is added to lead to the sound that came, in seconds.
// Thread-safe: no. Realtime-safe: yes.
class Staircase {
 public:
  void restart() noexcept { *this = Staircase{}; }
  // The base that was heard at a position. One that is not after the latest adds nothing.
  void add(double position_s, double base_s) noexcept;

  struct Place {
    double position_s = 0;
    double slope = 0;  // of the base
  };
  // Where the line is at `heard_s` of the sound that came; what was heard there where sound does not jump, or
  // once alone.
  [[nodiscard]] Place told(double heard_s, const Place& heard) const noexcept;
  // How far from the truth the slope of what was heard may be: jumps may have hidden it.
  [[nodiscard]] double slope_doubt() const noexcept;

 private:
  struct Step {
    double position_s = 0, base_s = 0;
  };
  struct Line {
    double position_s = 0, base_s = 0, slope = 0;
    [[nodiscard]] double above_s(const Step& step) const noexcept {
      return step.base_s - base_s - slope * (step.position_s - position_s);
    }
  };
  static constexpr std::size_t kMost = 160;

  [[nodiscard]] const Step& latest() const noexcept { return steps_[count_ - 1]; }
  [[nodiscard]] double span_s() const noexcept;
  void forget(std::size_t oldest) noexcept;
  // The first step of those that all lie to one side of the line since it was moved there; 0: none was.
  [[nodiscard]] std::size_t moved_since() const noexcept;
  [[nodiscard]] Line fitted() const noexcept;
  // How much it jumps, 0 to 1.
  [[nodiscard]] double jumping() const noexcept;
  // How far apart bases are on either side of the jump that explains most of it.
  [[nodiscard]] double apart_but_for_one_s() const noexcept;

  std::array<Step, kMost> steps_{};  // from the oldest to the latest
  std::size_t count_ = 0;
  Line line_;
  double jumping_ = 0;
};

}  // namespace hostmode
