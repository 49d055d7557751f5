// How likely a stream is to run dry, from the gaps between its arrivals, its rate and its length.
#pragma once

#include "playback/gap_histogram.h"

namespace hostmode {

class ArrivalModel {
 public:
  // `media_s` more came `gap_s` after the chunk before it, of the same utterance.
  void add_chunk(double gap_s, double media_s) noexcept;
  // An utterance that went to its end was so long.
  void add_length(double media_s) noexcept;

  // Gaps expected that are longer than what then waits, if sound starts with `waiting_s` in hand.
  [[nodiscard]] double expected_stalls(double waiting_s) const noexcept;
  // The least that must wait for the risk of a stall (0 to 1) to be at most `risk`; at most `most_s`.
  [[nodiscard]] double required_s(double risk, double most_s) const noexcept;

  [[nodiscard]] double rate() const noexcept { return media_s_ / streamed_s_; }
  [[nodiscard]] double length_s() const noexcept { return length_s_; }

 private:
  GapHistogram gaps_;
  double media_s_ = 1.3;  // of a second: a server that is a little faster than real time
  double streamed_s_ = 1.0;
  double length_s_ = 4.0;
};

}  // namespace hostmode
