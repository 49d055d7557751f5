// How far the face is held back behind the sound because its motion keeps coming late.
#pragma once

#include <array>
#include <cstddef>
#include <deque>

namespace hostmode {

// A function of the media position heard, which changes so slowly that nobody sees it: it grows by at most a
// tenth of the time that passes, and shrinks by half of that, which leaves room for the curve through the
// keyframes, 1.32 times as steep as the lines between them, and for a sentence that itself catches up by a
// twelfth, within the 1.5 of the contract (Timing). Learnt from arrivals: motion is late by as much as the
// position heard lies beyond the last keyframe that was there. Nearly the most of that in the last seconds is
// the delay, so that a single hitch moves nothing for long; once motion is no longer late, or nothing more
// comes, it is given back.
//
// Serialised by the caller.
class FaceDelay {
 public:
  static constexpr double kMost_s = 0.3;
  // Seconds a second.
  static constexpr double kHoldsBack = 0.1, kGivesBack = 0.05;

  // Motion up to `in_hand_s` came while `heard_s` was heard, `lack_s` too late to follow on (negative: too
  // early to be missed). Before any was shown the delay takes effect at once: nobody can see that. Where much
  // is in hand there is nothing to hold back for, however late it came. Sound had waited for its face for
  // `rested_s` by then.
  void learn(double heard_s, double lack_s, double in_hand_s, bool shown, double rested_s = 0.0);

  // The delay while `heard_s` is heard, in seconds, where sound has waited for `rested_s`: the face goes on
  // meanwhile.
  [[nodiscard]] double at(double heard_s, double rested_s = 0.0) const noexcept;
  // Whether motion was still late by then, as far as is known.
  [[nodiscard]] bool holds(double heard_s) const noexcept;

  // How much faster than its sound the face goes at most in the second from there on: 1 where the delay does
  // not shrink.
  [[nodiscard]] double pace(double heard_s, double rested_s) const noexcept;

  // Whether there has been any.
  [[nodiscard]] bool is_used() const noexcept { return !pieces_.empty(); }

 private:
  // Delays are kept as they would be if sound had never waited, and so is by how much motion came too late.
  // From `from_s` on the delay goes from `delay_s` to `aim_s`, and from `until_s` on to nothing.
  struct Piece {
    double from_s;
    double until_s;
    double delay_s;
    double aim_s;
    [[nodiscard]] double at(double heard_s) const noexcept;
  };
  struct Arrival {
    double heard_s;
    double lack_s;
  };

  [[nodiscard]] double undisturbed_s(double heard_s) const noexcept;
  [[nodiscard]] double wanted_s(double heard_s, double rested_s) const noexcept;
  void add(const Piece& piece);

  std::deque<Piece> pieces_;
  std::array<Arrival, 32> arrivals_{};  // the latest, in no order
  std::size_t arrival_count_ = 0;
};

}  // namespace hostmode
