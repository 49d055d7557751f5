// How irregularly audio arrives, and how much of it must wait before it may be played.
#pragma once

#include <algorithm>

namespace hostmode {

// A chunk is late by how far its arrival lags behind the steady playing of what came before it. Buffering the
// largest lateness of an utterance would have bridged it, so that peak is the estimate; it decays by a fifth
// with each utterance, and so follows a network that gets better within a dozen turns.
class ArrivalJitter {
 public:
  void start_utterance(double now_s) noexcept {
    estimate_s_ *= kDecay;
    first_s_ = now_s;
  }

  // `media_before_s` is the audio pushed before this chunk.
  void on_chunk(double now_s, double media_before_s) noexcept {
    estimate_s_ = std::max(estimate_s_, std::min(now_s - first_s_ - media_before_s, kMax_s));
  }

  [[nodiscard]] double estimate_s() const noexcept { return estimate_s_; }

 private:
  static constexpr double kDecay = 0.8;
  static constexpr double kMax_s = 10.0;  // a longer gap is an interruption of the sender, not jitter

  double estimate_s_ = 0.0;
  double first_s_ = 0.0;
};

}  // namespace hostmode
