// What has been heard: which segments, how far, what began, held and ended with them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "motion/pose_track.h"
#include "playback/conversations.h"
#include "playback/journal.h"
#include "playback/playout.h"

namespace hostmode {

// Serialised by the caller.
class Hearing {
 public:
  Hearing(double rate_hz, Conversations& conversations, Playout& playout, Journal& journal, PoseTrack& poses)
      : rate_hz_(rate_hz),
        conversations_(conversations),
        playout_(playout),
        journal_(journal),
        poses_(poses) {}

  // Takes note of everything heard by `now_s`, when device frame `frame` is.
  void listen(double frame, double now_s);
  // Keeps stats().heard_s up to it.
  void note_position(double frame);
  // Media seconds of a conversation heard when device frame `frame` is, those of its end where it is over
  // then; negative where it has not begun.
  [[nodiscard]] double position_s(std::uint64_t generation, double frame) const noexcept;
  // Whether segments are known that have not been heard.
  [[nodiscard]] bool expects_more() const noexcept { return heard_segments_ < poses_.segments().size(); }
  // The first `count` segments are forgotten.
  void forget(std::size_t count) noexcept { heard_segments_ -= count; }

  // A conversation is over because it has been heard, or because nothing came for too long.
  void finish(Conversation& conversation, double time_s);

 private:
  void hear(const Segment& before, const Segment& segment, double now_s);
  void hear_media(Conversation& conversation, double time_s);
  void hear_returned(std::uint64_t heard_generation, double now_s);

  const double rate_hz_;
  Conversations& conversations_;
  Playout& playout_;
  Journal& journal_;
  PoseTrack& poses_;
  std::size_t heard_segments_ = 1;      // of poses_.segments(), whose first is the silence before everything
  std::uint64_t heard_generation_ = 0;  // whose media position the statistics give
};

}  // namespace hostmode
