// How much speaks for two sounds being the same one, rather than two that are alike.
#pragma once

#include <cstddef>

#include "listening/loudness.h"
#include "listening/sound_shape.h"

namespace hostmode {

// The mean over the audible levels of log f1(e) / f0(e), where e is what a level heard differs from the one
// sent and one gain for all of them: f1 is how a codec and noise scatter it, f0 how the levels of other
// speech do (docs/rtc.md). Unlike a correlation it knows how loud one band is beside another, how far a level
// swings and where each pulse of the voice lies, which is what differs where another voice says the same.
struct Evidence {
  double mean = 0;       // nats; nothing audible: 0
  double audible_s = 0;  // how long anything was, in what was sent or in what came
  double shift = 0;      // measurements by which the pieces lie later than the overlay says, in the mean
};
// Pieces of 0.2 s may each lie up to 2.5 ms off: a network's buffer lengthens sound by whole periods of a
// voice. `heard` is measured in kLoudnessPhases, `count` measurements of 5 ms that do not overlap.
// Thread-safe: yes. Realtime-safe: yes.
[[nodiscard]] Evidence evidence(const SoundShape& sent, const Loudness* heard, std::size_t count,
                                const Overlay& overlay) noexcept;

}  // namespace hostmode
