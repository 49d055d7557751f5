#include "playback/start_policy.h"

#include <algorithm>

namespace hostmode {
namespace {

constexpr double kDecay = 0.8;
constexpr double kMaxLateness_s = 10.0;  // a longer gap is an interruption of the sender, not jitter

}  // namespace

StartPolicy::StartPolicy(const PlayerConfig& config) noexcept
    : prebuffer_s_(config.prebuffer_s),
      max_prebuffer_s_(config.max_prebuffer_s),
      motion_wait_s_(config.motion_wait_s) {}

void StartPolicy::on_utterance(double now_s) noexcept {
  lateness_s_ *= kDecay;
  first_s_ = now_s;
}

void StartPolicy::on_chunk(double now_s, double media_before_s) noexcept {
  lateness_s_ = std::max(lateness_s_, std::min(now_s - first_s_ - media_before_s, kMaxLateness_s));
}

void StartPolicy::on_motion(double, double) noexcept {}
void StartPolicy::on_end(double) noexcept {}
void StartPolicy::on_underrun(double) noexcept {}

StartGate StartPolicy::gate(double opened_s) const noexcept {
  const double start_by_s = opened_s + motion_wait_s_;
  return {std::min(prebuffer_s_ + lateness_s_, max_prebuffer_s_), start_by_s, start_by_s + max_prebuffer_s_};
}

}  // namespace hostmode
