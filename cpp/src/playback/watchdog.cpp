#include "playback/watchdog.h"

#include <algorithm>
#include <limits>

namespace hostmode {
namespace {

constexpr double kNever_s = std::numeric_limits<double>::infinity();
// All motion is in and the audio covers it: what a late `end` marker is waited for.
constexpr double kCoveredEndGrace_s = 0.5;

}  // namespace

double overdue_s(const Conversation& conversation, bool paused, const PlayerConfig& config) noexcept {
  const SampleQueue& stream = conversation.stream;
  if (paused || (stream.closed() && !conversation.stalled())) return kNever_s;
  const bool covered = conversation.motion_ended() && stream.consumed() >= stream.motion_end();
  double patience_s = covered ? std::min(kCoveredEndGrace_s, config.end_timeout_s) : config.end_timeout_s;
  if (conversation.is_turn) patience_s = config.turn_timeout_s;
  return std::max(conversation.last_arrival_s, conversation.waiting_since_s) + patience_s;
}

double waiting_since_s(const Conversation& conversation, bool paused, double now_s) noexcept {
  const bool waits = !paused && (conversation.is_dry() || conversation.stalled());
  return waits ? std::min(conversation.waiting_since_s, now_s) : kNever_s;
}

}  // namespace hostmode
