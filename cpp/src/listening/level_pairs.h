// The levels of two sounds side by side, and what each pair says of their being the same.
#pragma once

#include <cmath>
#include <cstddef>

#include "listening/loudness.h"
#include "listening/sound_shape.h"

namespace hostmode {

// Two sounds, one laid over the other, within the one that was sent. Thread-safe: yes. Realtime-safe: yes.
class LevelPairs {
 public:
  // `heard` is measured in kLoudnessPhases, `count` measurements of 5 ms that do not overlap. All are to
  // stay.
  LevelPairs(const SoundShape& sent, const Loudness* heard, std::size_t count,
             const Overlay& overlay) noexcept;

  // Gives `take` what each pair of which either is audible says, and whether it is the first of its 5 ms:
  // log f1(e) / f0(e) in nats of the difference e that one gain for all of them leaves, the median of what is
  // loud in both. Of the 5 ms that lie there best, `first` to `end` measurements before the end and `later`
  // quarters of one later.
  template <typename Take>
  void each_audible(std::size_t first, std::size_t end, int later, Take take) const noexcept {
    bool begins = true;
    each(first, end, later, [&](std::size_t band, int sent, int heard) {
      if (band == 0) begins = true;
      if (sent <= kAudible && heard <= kAudible) return;
      take(log_ratio(sent, heard), begins);
      begins = false;
    });
  }

 private:
  static constexpr int kAudible = 8;  // half decibels above the floor of a shape

  template <typename Take>
  void each(std::size_t first, std::size_t end, int later, Take take) const noexcept {
    for (std::size_t back = first; back < end; ++back) {
      const SoundTrait& x = sent_[overlay_.end - 1 - back];
      const double middle = overlay_.heard_end - overlay_.stretch * (static_cast<double>(back) + 0.5);
      const double at = std::floor(kLoudnessPhases * (middle + 0.5) - 0.5) + later;
      if (!x.known || at < 0 || at >= last_) continue;
      const Loudness& y = heard_[static_cast<std::size_t>(at)];
      for (std::size_t band = 0; band < kLoudnessBands; ++band) {
        take(band, static_cast<int>(x.values[band]), static_cast<int>(level_of(y[band])));
      }
    }
  }
  [[nodiscard]] int median_gain() const noexcept;
  [[nodiscard]] double log_ratio(int sent, int heard) const noexcept;

  const SoundShape& sent_;
  const Loudness* heard_;
  double last_;  // of `heard_`
  const Overlay& overlay_;
  int gain_;  // half decibels
};

}  // namespace hostmode
