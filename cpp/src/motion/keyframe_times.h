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
  std::vector<Bend> bends_;
};

inline double KeyframeTimes::position_at(double media_s) const noexcept {
  if (bends_.empty()) return media_s * kKeyframeRateHz;
  const Bend* after = nullptr;
  for (auto bend = bends_.rbegin(); bend != bends_.rend(); ++bend) {
    if (bend->media_s <= media_s) {
      const double rate_hz = after == nullptr
                                 ? kKeyframeRateHz
                                 : (after->position - bend->position) / (after->media_s - bend->media_s);
      return bend->position + (media_s - bend->media_s) * rate_hz;
    }
    after = &*bend;
  }
  return after->position + (media_s - after->media_s) * kKeyframeRateHz;
}

}  // namespace hostmode
