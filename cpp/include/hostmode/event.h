// What a Player reports: state edges, stalls, discarded data, errors.
#pragma once

#include <string>

namespace hostmode {

enum class PlayerState { kIdle, kActive, kPlaying, kPaused };

enum class EventKind {
  kConversationState,  // state, reason
  kAnimationState,     // reason: "idle" or "mono"
  kPlaybackStarted,    // value: seconds from opening to the first sample heard
  kPlaybackStall,      // value: 1 stalled, 0 going on again (strict_sync only)
  kUnderrun,           // audio came late
  kUnderrunEnd,        // value: seconds of silence
  kConversationEnd,    // reason: playback_end, interrupted, replaced, watchdog; value: seconds of its audio
                       // that are heard; exactly one for each conversation
  kAudioRealigned,     // a byte of its audio was missing; reason: odd_byte
  kAudioDiscarded,     // reason: why; value: seconds
  kMotionDiscarded,    // reason: why; value: how many messages
  kError,              // reason: a stable code; message: the text
};

struct Event {
  EventKind kind = EventKind::kConversationState;
  double time_s = 0.0;  // when it is heard, or happened
  std::string conversation_id;
  PlayerState state = PlayerState::kIdle;
  const char* reason = "";  // a string literal
  std::string message;
  double value = 0.0;
};

}  // namespace hostmode
