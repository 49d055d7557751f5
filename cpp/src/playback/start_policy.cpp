#include "playback/start_policy.h"

#include <algorithm>

#include "hostmode/keyframe.h"

namespace hostmode {
namespace {

// What a replay may run dry in, for each share that the model may.
constexpr double kReplayShare = 4.0 / 3;
// After an underrun: short pieces of sound are worse than one more pause.
constexpr double kLeastAgain_s = 0.1;
// What a rate converter holds back counts for nothing.
constexpr double kDry_s = 0.01;
// A sender who sends nothing for so long has perhaps no more to send, and forgot to say so.
constexpr double kPatience_s = 1.0;
// Motion that has missed the start so often is not waited for, until it comes in time again.
constexpr int kGivesUpAfter = 2;

}  // namespace

StartPolicy::StartPolicy(const PlayerConfig& config) noexcept
    : risk_(config.stall_risk),
      prebuffer_s_(config.prebuffer_s),
      max_prebuffer_s_(config.max_prebuffer_s),
      motion_wait_s_(config.motion_wait_s),
      required_s_(required_s()) {}

double StartPolicy::required_s() const noexcept {
  return std::max(model_.required_s(risk_, max_prebuffer_s_), replay_.required_s(kReplayShare * risk_));
}

void StartPolicy::on_utterance(double now_s) {
  replay_.learn();  // also of one that was cut off
  if (media_s_ > 0) missed_motion_ = moves_ ? missed_motion_ : missed_motion_ + 1;
  media_s_ = played_s_ = 0.0;
  ready_s_ = kNever_s;
  required_s_ = required_s();
  opened_s_ = now_s;
  moves_ = false;
}

void StartPolicy::on_chunk(double now_s, double media_s, const StartState& before) {
  if (media_s_ == 0.0) {
    first_s_ = now_s;
  } else {
    model_.add_chunk(std::max(0.0, now_s - last_s_), media_s - media_s_);
  }
  replay_.add_chunk(now_s - first_s_, media_s);
  last_s_ = now_s;
  media_s_ = media_s;

  const double waiting_s = before.pushed_s - before.played_s;
  const bool dry = waiting_s <= kDry_s;
  const bool waits = dry || before.played_s == played_s_;
  played_s_ = before.played_s;
  if (dry) ready_s_ = kNever_s;
  if (waits && (dry || waiting_s < prebuffer_s())) required_s_ = required_s();
  if (ready_s_ == kNever_s && media_s - before.played_s >= prebuffer_s()) ready_s_ = now_s;
}

void StartPolicy::on_motion(double now_s) noexcept {
  if (moves_) return;
  moves_ = true;
  missed_motion_ = now_s <= opened_s_ + motion_wait_s_ ? 0 : missed_motion_ + 1;
}

void StartPolicy::on_end() {
  if (media_s_ > 0) model_.add_length(media_s_);
}

double StartPolicy::prebuffer_s() const noexcept {
  const double least_s = played_s_ > 0 ? std::max(prebuffer_s_, kLeastAgain_s) : prebuffer_s_;
  return std::min(std::max(required_s_, least_s), max_prebuffer_s_);
}

StartGate StartPolicy::gate(const StartState& state) const noexcept {
  const double wanted_s = prebuffer_s();
  // The last keyframe is shown for an interval.
  const double moving_s = state.motion_end_s + 1.0 / kKeyframeRateHz - state.played_s;
  const double in_hand_s = state.closed ? std::min(wanted_s, state.pushed_s - state.played_s) : wanted_s;
  const bool motion_ready = state.motion_final || (state.has_motion && moving_s >= in_hand_s - 1e-6);
  const double wait_s = missed_motion_ < kGivesUpAfter ? motion_wait_s_ : 0.0;
  const double since_s =
      state.has_motion && ready_s_ != kNever_s ? std::max(ready_s_, state.opened_s) : state.opened_s;
  const double latest_s =
      std::max(last_s_, state.opened_s) + std::max(wait_s, std::min(kPatience_s, max_prebuffer_s_));
  return {wanted_s, motion_ready, since_s + wait_s, latest_s};
}

}  // namespace hostmode
