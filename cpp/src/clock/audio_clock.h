// Turns what an audio callback knows into the instant at which each device frame is heard.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "clock/clock_snapshot.h"

namespace hostmode {

// What one audio callback knows, in seconds; NaN means "not known". Nothing is converted or judged by the
// caller.
//
//   known                     taken as the instant at which `first_frame` is heard
//   entry, dac, current       entry + (dac - current): the two host times may have any epoch (PortAudio)
//   entry, dac                dac, which must then be of the caller's clock, checked against the entry
//   dac                       dac, of the caller's clock, checked against earlier ones only
//   entry (or a dac refuted)  entry + the latency given to the AudioClock
//   nothing                   the frames before it, continued at the rate known so far
struct AudioObservation {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  std::int64_t first_frame = 0;      // device frames handed over before this block; never decreases
  std::int64_t frame_count = 0;      // frames of this block
  double entry_s = kUnknown;         // the caller's clock when the callback was entered
  double dac_s = kUnknown;           // when first_frame is heard, as the host says (outputBufferDacTime)
  double host_current_s = kUnknown;  // the host's own "now", in the time base of dac_s (currentTime)
};

// Filters observations into a ClockSnapshot. The host's times are a hint that must pass a plausibility test;
// being called late makes them late but never early, so a lower envelope of what was seen, with the device's
// rate error as its slope, beats an average; where noise has two sides (quantised clocks), a least-squares
// line is taken. Small corrections are slewed in, from the observation on; a hole (the device ran dry or
// stood still) is taken over at once: the map waits at the last frame rendered and goes on with the new time.
class AudioClock {
 public:
  // `rate_hz` is the device's nominal rate, above 0. `latency_s` is assumed from a callback's entry to its
  // first frame being heard where the host reports no usable time; not finite or below 0 counts as 0.
  // Allocates.
  AudioClock(double rate_hz, double latency_s);
  ~AudioClock();
  AudioClock(const AudioClock&) = delete;
  AudioClock& operator=(const AudioClock&) = delete;

  // Takes one callback into account. An observation without frames, or of frames already rendered, is
  // ignored. Thread-safe: no (audio thread only). Realtime-safe: yes, O(1).
  void observe(const AudioObservation& observation) noexcept;

  // What is known now, to be copied for readers (a TripleBuffer).
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  [[nodiscard]] const ClockSnapshot& snapshot() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hostmode
