// One utterance: its sound, its motion, and where it stands.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "motion/face_delay.h"
#include "motion/timeline.h"
#include "playback/chunk_bounds.h"
#include "playback/requests.h"
#include "sound/drift.h"
#include "sound/pauses.h"
#include "sound/pcm_guard.h"
#include "sound/pcm_joiner.h"
#include "sound/sample_queue.h"

namespace hostmode {

enum class StreamPlace {
  kHere,             // the audio thread does not know the stream yet
  kWithAudioThread,  // it does
  kReturned,         // it is done with it
};

enum class Phase {
  kGoing,
  kStalled,   // strict_sync holds the sound
  kTimedOut,  // closed by the watchdog; what was pushed is still heard
  kEnded,     // its one end has been reported
};

enum class EndCause { kPlaybackEnd, kInterrupted, kReplaced, kWatchdog };

enum class MotionUse {
  kShown,
  kIgnored,  // audio-only
};

struct Conversation {
  // Its PCM comes at `pcm_rate_hz`; `conversion` as SampleQueue takes it.
  Conversation(std::uint64_t generation, std::string conversation_id, int pcm_rate_hz,
               std::shared_ptr<const FilterBank> conversion, double now_s)
      : id(std::move(conversation_id)),
        stream(generation, std::move(conversion)),
        pause_finder(pcm_rate_hz),
        opened_s(now_s),
        last_arrival_s(now_s) {}

  [[nodiscard]] std::uint64_t generation() const noexcept { return stream.generation(); }
  [[nodiscard]] bool has_motion() const noexcept { return timeline.keyframe_count() > 0; }
  // The final motion message is in.
  [[nodiscard]] bool motion_ended() const noexcept { return requests.complete(); }
  // No more of it will be shown than what is there.
  [[nodiscard]] bool motion_is_final() const noexcept { return is_audio_only() || motion_ended(); }
  [[nodiscard]] bool started() const noexcept { return first_heard_s.has_value(); }
  [[nodiscard]] bool ended() const noexcept { return phase == Phase::kEnded; }
  [[nodiscard]] bool stalled() const noexcept { return phase == Phase::kStalled; }
  [[nodiscard]] bool returned() const noexcept { return place == StreamPlace::kReturned; }
  [[nodiscard]] bool is_audio_only() const noexcept { return motion_use == MotionUse::kIgnored; }
  // All audio has been played and more may come.
  [[nodiscard]] bool is_dry() const noexcept {
    return !stream.closed() && stream.consumed() == stream.pushed();
  }

  // Whether the keyframes of `message`, which go on the timeline now, are the first of another sentence.
  [[nodiscard]] bool begins_sentence(const Message& message) const noexcept {
    if (message.keyframes.empty() || message.req_id.empty() || message.req_id == shown_req_id) return false;
    return !shown_req_id.empty();
  }
  void remember_sentence(const Message& message) {
    if (!message.keyframes.empty() && !message.req_id.empty()) shown_req_id = message.req_id;
  }

  const std::string id;
  SampleQueue stream;
  PauseFinder pause_finder;        // who pushes audio alone looks at it
  std::deque<SpeechPause> pauses;  // that have not been played
  PcmGuard guard;
  PcmJoiner pcm;
  Timeline timeline;
  FaceDelay face_delay;
  Requests requests;
  ChunkBounds chunks;
  Drift drift;
  std::string shown_req_id;  // of the latest keyframes; who appends motion alone looks at it
  StreamPlace place = StreamPlace::kHere;
  Phase phase = Phase::kGoing;
  MotionUse motion_use = MotionUse::kShown;
  bool end_is_known = false;  // no motion will come that moves it: as far as the stream has been told
  bool is_turn = false;       // opened as one: its application ends it
  std::vector<std::string> goes_on_with;  // conversations that the watchdog ended before it, in mid-answer
  const double opened_s;
  double last_arrival_s;  // of audio or motion
  // Since when it is dry or stalled, while that may end it.
  double waiting_since_s = std::numeric_limits<double>::infinity();
  std::optional<double> first_heard_s;
  std::optional<double> underrun_since_s;  // while silence is heard because audio is late
};

using ConversationPtr = std::shared_ptr<Conversation>;

}  // namespace hostmode
