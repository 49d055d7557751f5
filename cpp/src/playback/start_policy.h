// What the sound of a conversation waits for before it starts, or starts again after an underrun.
#pragma once

#include "hostmode/player_config.h"

namespace hostmode {

struct StartGate {
  double prebuffer_s;  // audio that must wait, where no more is sure to come
  double start_by_s;   // sound waits no longer for motion
  double latest_s;     // nor for the full prebuffer
};

// Kept by a player across its utterances: what arrived when goes in, a gate comes out. Times are seconds of
// the player's clock, media positions seconds of the utterance. The estimate of now: a chunk is late by how
// far its arrival lags behind the steady playing of what came before it. Buffering the largest lateness of an
// utterance would have bridged it, so that peak is the estimate; it decays by a fifth with each utterance,
// and so follows a network that gets better within a dozen turns.
class StartPolicy {
 public:
  explicit StartPolicy(const PlayerConfig& config) noexcept;

  void on_utterance(double now_s) noexcept;
  // A chunk of audio, `media_before_s` of which had been pushed before it.
  void on_chunk(double now_s, double media_before_s) noexcept;
  // Motion up to `media_end_s`.
  void on_motion(double now_s, double media_end_s) noexcept;
  void on_end(double now_s) noexcept;
  void on_underrun(double now_s) noexcept;

  // Of an utterance opened at `opened_s`.
  [[nodiscard]] StartGate gate(double opened_s) const noexcept;

 private:
  const double prebuffer_s_;
  const double max_prebuffer_s_;
  const double motion_wait_s_;
  double lateness_s_ = 0.0;
  double first_s_ = 0.0;
};

}  // namespace hostmode
