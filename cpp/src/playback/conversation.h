// One utterance: its sound, its motion, and where it stands.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "motion/timeline.h"
#include "sound/sample_queue.h"

namespace hostmode {

struct Conversation {
  Conversation(std::uint64_t generation, std::string conversation_id, double now_s)
      : id(std::move(conversation_id)), stream(generation), opened_s(now_s), last_arrival_s(now_s) {}

  [[nodiscard]] std::uint64_t generation() const noexcept { return stream.generation(); }
  [[nodiscard]] bool has_motion() const noexcept { return timeline.keyframe_count() > 0; }

  const std::string id;
  SampleQueue stream;
  Timeline timeline;
  std::string req_id;  // the first one seen; empty: not pinned
  const double opened_s;
  double last_arrival_s;  // of audio or motion
  // Since when all audio has been played and more may come, or strict_sync holds the sound.
  double waiting_since_s = std::numeric_limits<double>::infinity();
  bool has_odd_byte = false;
  std::uint8_t odd_byte = 0;
  bool motion_ended = false;
  bool audio_only = false;
  bool handed_over = false;  // the audio thread knows the stream
  bool returned = false;     // the audio thread is done with the stream
  bool started = false;      // its first sample has been heard
  bool stalled = false;      // strict_sync holds the sound
  bool animated = false;     // its motion has been shown
  bool timed_out = false;    // closed by the watchdog
  bool ended = false;        // its one end has been reported
};

}  // namespace hostmode
