#include "playback/sound_rest.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace hostmode {
namespace {

constexpr double kNoticeable_s = 0.125;
// Speech fades away before it is quiet, and begins softly.
constexpr double kAfterSpeech_s = 0.04;
constexpr double kBeforeSpeech_s = 0.02;
// What is left is over before the delay is worth a wait.
constexpr double kLastWords_s = 1.0;

}  // namespace

void plan_rest(Conversation& conversation, double rate_hz) {
  SampleQueue& stream = conversation.stream;
  const auto frames = [rate_hz](double seconds) {
    return static_cast<std::int64_t>(std::llround(seconds * rate_hz));
  };
  const double rested_s = static_cast<double>(stream.rested()) / rate_hz;
  const auto behind_s = [&](std::int64_t frame) {
    return conversation.face_delay.at(static_cast<double>(frame) / rate_hz, rested_s);
  };
  const std::int64_t next = stream.claimed();
  auto& pauses = conversation.pauses;
  while (!pauses.empty() && stream.frames_of(pauses.front().end) < next) pauses.pop_front();
  if (stream.rest_left() > 0) return;  // it goes on

  const bool moves = conversation.has_motion() && !conversation.motion_is_final();
  const std::int64_t last = stream.closed() ? stream.pushed() - frames(kLastWords_s) : stream.pushed();
  if (moves) {
    for (const SpeechPause& pause : pauses) {
      const std::int64_t at = std::max(stream.frames_of(pause.begin) + frames(kAfterSpeech_s), next);
      if (at > stream.frames_of(pause.end) - frames(kBeforeSpeech_s) || at > last) continue;
      const double wait_s = behind_s(at);
      if (wait_s <= kNoticeable_s || !conversation.face_delay.holds(static_cast<double>(at) / rate_hz))
        continue;
      stream.set_rest(at, stream.rested() + frames(wait_s));
      return;
    }
  }
  stream.set_rest(0, 0);
}

}  // namespace hostmode
