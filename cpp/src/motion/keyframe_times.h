// When the keyframes of a conversation are shown: i / 25 s, but for the sentences after the first.
#pragma once

#include <cstddef>
#include <vector>

#include "hostmode/keyframe.h"

namespace hostmode {

// A sentence's last keyframe seldom ends with its sound, so that the next one begins up to an interval before
// its turn. Its keyframes then come by so much sooner: not at once, which would be seen, but within the
// twelve intervals after its first.
//
// A value. Positions are counted in keyframes, fractions included.
class KeyframeTimes {
 public:
  // Keyframe `index`, the next one, belongs to `media_s`: after the one before it, and at most an interval
  // after.
  void begin_sentence(std::size_t index, double media_s);

  // Of media times before all: negative. NaN gives NaN. Realtime-safe: yes.
  [[nodiscard]] double position_at(double media_s) const noexcept;
  [[nodiscard]] double time_of(double position) const noexcept;

  // The most by which keyframes after `position` come faster than 25 a second: 1 where none do.
  [[nodiscard]] double fastest_pace(double position) const noexcept;

  // Forgets what is shown before `position`.
  void let_go(double position);

 private:
  // Between bends time and position go straight; before the first and after the last at 25 a second.
  struct Bend {
    double position;
    double media_s;
  };
  // One of the two where the other is `at`; `slope` holds where no bend is.
  [[nodiscard]] double follow(double Bend::* from, double Bend::* to, double at, double slope) const noexcept;

  std::vector<Bend> bends_;
};

inline double KeyframeTimes::follow(double Bend::* from, double Bend::* to, double at,
                                    double slope) const noexcept {
  if (bends_.empty()) return at * slope;
  const Bend* after = nullptr;
  for (auto bend = bends_.rbegin(); bend != bends_.rend(); ++bend) {
    const Bend& before = *bend;
    if (before.*from <= at) {
      if (after != nullptr) slope = (after->*to - before.*to) / (after->*from - before.*from);
      return before.*to + (at - before.*from) * slope;
    }
    after = &before;
  }
  return after->*to + (at - after->*from) * slope;
}

inline double KeyframeTimes::position_at(double media_s) const noexcept {
  return follow(&Bend::media_s, &Bend::position, media_s, kKeyframeRateHz);
}

inline double KeyframeTimes::time_of(double position) const noexcept {
  return follow(&Bend::position, &Bend::media_s, position, kKeyframeInterval_s);
}

}  // namespace hostmode
