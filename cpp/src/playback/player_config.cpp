#include "hostmode/player_config.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace hostmode {
namespace {

bool within(double value, double low, double high) noexcept {
  return std::isfinite(value) && value >= low && value <= high;
}

}  // namespace

const char* validate(const PlayerConfig& config) noexcept {
  if (!within(config.motion_wait_s, 0, 60)) return "motion_wait must be 0 to 60 seconds";
  if (!within(config.prebuffer_s, 0, 10)) return "prebuffer must be 0 to 10 seconds";
  if (!within(config.max_prebuffer_s, config.prebuffer_s, 30)) {
    return "max_prebuffer must be prebuffer to 30 seconds";
  }
  if (!within(config.stall_risk, 0.001, 0.5)) {
    return "stall_risk must be 0.001 to 0.5: the share of utterances that may run dry";
  }
  if (!within(config.speech_transition_s, 0, 10)) return "speech_transition must be 0 to 10 seconds";
  if (!within(config.idle_transition_s, 0, 10)) return "idle_transition must be 0 to 10 seconds";
  if (!within(config.end_timeout_s, 0.1, 3600)) return "end_timeout must be 0.1 to 3600 seconds";
  if (!within(config.turn_timeout_s, 0.1, 86400)) return "turn_timeout must be 0.1 to 86400 seconds";
  if (!within(config.early_motion_expiry_s, 0, 3600)) {
    return "early_motion_expiry must be 0 to 3600 seconds";
  }
  if (!within(config.max_audio_s, 1, 36000)) return "max_audio must be 1 to 36000 seconds";
  if (!within(config.max_motion_s, 1, 36000)) return "max_motion must be 1 to 36000 seconds";
  if (!within(config.av_offset_s, -2, 2)) return "av_offset must be -2 to 2 seconds";
  if (!within(config.latency_s, 0, 2)) return "latency must be 0 to 2 seconds";
  return nullptr;
}

bool is_player_rate(int sample_rate_hz) noexcept {
  const auto has = [sample_rate_hz](const auto& rates) {
    return std::find(std::begin(rates), std::end(rates), sample_rate_hz) != std::end(rates);
  };
  return has(kPcmRates_hz) || has(kDeviceRates_hz);
}

}  // namespace hostmode
