// What the sound of a conversation waits for before it starts, or starts again after an underrun.
#pragma once

#include <limits>

#include "hostmode/player_config.h"
#include "playback/arrival_model.h"
#include "playback/start_replay.h"

namespace hostmode {

struct StartGate {
  double prebuffer_s;  // audio that must wait, where more is to come
  bool motion_ready;   // as much motion is in hand, or no more is to come
  double start_by_s;   // from then on sound waits no longer for motion
  double latest_s;     // nor for the full prebuffer
};

// Where a conversation stands; media positions in seconds.
struct StartState {
  double opened_s = 0.0;
  double pushed_s = 0.0;      // audio given
  double played_s = 0.0;      // audio handed to the device
  double motion_end_s = 0.0;  // motion given: its last keyframe
  bool has_motion = false;
  bool closed = false;        // no more audio is to come
  bool motion_final = false;  // no more motion is to come
};

// Kept by a player across its utterances: what arrived when goes in, a gate comes out. Sound starts when so
// much waits that two ways of looking ahead both call the risk of running dry small: a model of the gaps
// between arrivals, and past utterances played again. Times are seconds of the player's clock.
class StartPolicy {
 public:
  explicit StartPolicy(const PlayerConfig& config) noexcept;

  void on_utterance(double now_s);
  // Audio up to `media_s`, where `before` is how things stood.
  void on_chunk(double now_s, double media_s, const StartState& before);
  // The first motion of the utterance.
  void on_motion(double now_s) noexcept;
  // No more audio of the utterance is to come.
  void on_end();

  [[nodiscard]] StartGate gate(const StartState& state) const noexcept;

  // What has to wait in the present utterance, or in the next one as far as is known.
  [[nodiscard]] double prebuffer_s() const noexcept;

 private:
  static constexpr double kNever_s = std::numeric_limits<double>::infinity();

  [[nodiscard]] double required_s() const noexcept;

  const double risk_;
  const double prebuffer_s_;
  const double max_prebuffer_s_;
  const double motion_wait_s_;
  ArrivalModel model_;
  StartReplay replay_;
  double required_s_;  // by both
  double first_s_ = 0.0;
  double last_s_ = 0.0;
  double media_s_ = 0.0;
  double played_s_ = 0.0;      // at the last chunk
  double ready_s_ = kNever_s;  // since when enough audio has waited
  double opened_s_ = 0.0;
  bool moves_ = false;     // motion of this utterance has come
  int missed_motion_ = 0;  // utterances in a row whose motion did not come in time to be waited for
};

}  // namespace hostmode
