// The levels of two sounds side by side, and what each pair says of their being the same.
#pragma once

#include <cmath>
#include <cstddef>

#include "listening/loudness.h"
#include "listening/sound_shape.h"

namespace hostmode {

// In half decibels above the floor of a shape.
inline constexpr int kAudibleLevel = 8;

// Two sounds, one laid over the other. Thread-safe: yes. Realtime-safe: yes.
struct LevelPairs {
  const SoundShape& sent;
  const Loudness* heard;  // in kLoudnessPhases
  double last;            // of `heard`
  const Overlay& overlay;

  // The levels side by side, each of the 5 ms that lie there best, `first` to `end` measurements before the
  // end and `later` quarters of one later.
  template <typename Take>
  void each(std::size_t first, std::size_t end, int later, Take take) const noexcept {
    for (std::size_t back = first; back < end; ++back) {
      const SoundTrait& x = sent[overlay.end - 1 - back];
      const double middle = overlay.heard_end - overlay.stretch * (static_cast<double>(back) + 0.5);
      const double at = std::floor(kLoudnessPhases * (middle + 0.5) - 0.5) + later;
      if (!x.known || at < 0 || at >= last) continue;
      const Loudness& y = heard[static_cast<std::size_t>(at)];
      for (std::size_t band = 0; band < kLoudnessBands; ++band) {
        take(band, static_cast<int>(x.values[band]), static_cast<int>(level_of(y[band])));
      }
    }
  }

  // The median difference of what is loud in both, in half decibels.
  [[nodiscard]] int gain() const noexcept;
};

// log f1(e) / f0(e) of a level that differs by `off` half decibels from the one sent, in nats. Thread-safe:
// yes. Realtime-safe: yes.
[[nodiscard]] double log_ratio(int off) noexcept;

}  // namespace hostmode
