// Where the end of a sound lies, where the sound jumps on its way.
#pragma once

#include <cstddef>

#include "listening/loudness.h"
#include "listening/sound_shape.h"

namespace hostmode {

// A network's buffer lengthens or shortens sound by whole periods of a voice, up to 15 ms at once: no
// straight line goes through its places. So pieces of 40 ms are followed one after the other, each of which
// may lie elsewhere than the one before (a hidden Markov model, filtered), and what is told is where the last
// one lies and how sure that is, and what all of them say of the sounds being the same one.
struct SoundEnd {
  double shift = 0;  // measurements by which the overlay's end lies later than the overlay says
  double doubt = 0;  // measurements that it is at most off, in 98 of 100
  double mean = 0;   // as Evidence's, of the likelihood of all ways through the pieces; nothing audible: 0
};
// `heard` is measured in kLoudnessPhases, `count` measurements of 5 ms that do not overlap. Thread-safe: yes.
// Realtime-safe: yes.
[[nodiscard]] SoundEnd end_of(const SoundShape& sent, const Loudness* heard, std::size_t count,
                              const Overlay& overlay) noexcept;

}  // namespace hostmode
