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
  Hearing(double rate_hz, double av_offset_s, Conversations& conversations, Playout& playout,
          Journal& journal, PoseTrack& poses)
      : rate_hz_(rate_hz),
        av_offset_s_(av_offset_s),
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

  // Motion came for a conversation while device frame `frame` was heard: the face may move again.
  void note_motion(const Conversation& conversation, double frame, double now_s);
  // When the face comes to rest, as far as is known while device frame `frame` is heard: no later.
  [[nodiscard]] double face_rests_s(double frame) const noexcept;

  // A conversation is over because it has been heard, or because nothing came for too long.
  void finish(Conversation& conversation, double time_s);

 private:
  void hear(const Segment& before, const Segment& segment, double now_s);
  void hear_media(Conversation& conversation, double time_s);
  void hear_returned(std::uint64_t heard_generation, double now_s);
  // The conversation whose motion the face shows while `segment` advances, or null.
  [[nodiscard]] ConversationPtr moved_in(const Segment& segment) const noexcept;
  // The face that shows `segment` may come to rest before device frame `until`.
  void watch_face(const Segment& segment, double until, double now_s);
  // How far beyond where it rests the face is at device frame `frame` of `segment`; negative: it moves.
  [[nodiscard]] double at_rest_for_s(const Conversation& conversation, const Segment& segment,
                                     double frame) const noexcept;

  const double rate_hz_;
  const double av_offset_s_;
  Conversations& conversations_;
  Playout& playout_;
  Journal& journal_;
  PoseTrack& poses_;
  std::size_t heard_segments_ = 1;      // of poses_.segments(), whose first is the silence before everything
  std::uint64_t heard_generation_ = 0;  // whose media position the statistics give
};

}  // namespace hostmode
