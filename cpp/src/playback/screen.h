// What is on the screen: whatever becomes known, and when, it does not jump; and it is seen ahead.
#pragma once

#include <cstddef>
#include <vector>

#include "hostmode/player_config.h"
#include "motion/pose_track.h"
#include "playback/conversations.h"
#include "playback/playout.h"

namespace hostmode {

// `present_s` is the latest moment that is over: pictures up to it have been drawn. Serialised by the caller.
class Screen {
 public:
  Screen(const PlayerConfig& config, const Conversations& conversations, Playout& playout, PoseTrack& poses)
      : config_(config), conversations_(conversations), playout_(playout), poses_(poses) {}

  // Takes from the playout what is new.
  void take_news(double present_s);

  // Commits what a conversation's timeline has prepared. Returns the media position heard where it is shown;
  // negative where nothing of it is.
  double append(Conversation& conversation, Timeline::Batch& batch, double present_s);

  // The media position that the face shows; negative where it shows another or no conversation.
  [[nodiscard]] double face_s(const Conversation& conversation, double present_s);
  // Keyframes that have not been shown.
  [[nodiscard]] std::size_t waiting_keyframes(const Conversation& conversation, double present_s);

  // The pose of a frame beyond the device's buffer, as far as sound and motion are known; of any others.
  void look_ahead(double frame, double t_s, float* out);
  void look_ahead(const double* times_s, std::size_t count, double present_s, float* out);

 private:
  // Poses of frames beyond the device's buffer are known between the two.
  void begin_foresight(double frame);
  void end_foresight() { poses_.forget_foreseen(); }
  [[nodiscard]] bool is_foreseen(const Segment& segment) const noexcept;
  // Where `frame` is shown: at `media_s` of the conversation, negative where that is not shown, and heard or
  // only foreseen.
  void append_seen(Conversation& conversation, Timeline::Batch& batch, double frame, double present_s,
                   double media_s, bool is_heard);

  const PlayerConfig& config_;
  const Conversations& conversations_;
  Playout& playout_;
  PoseTrack& poses_;
  std::vector<Segment> foreseen_;
  // The audio side's time at the last news: what may start by then is foreseen to, until there is other news.
  // Were it to move with each picture, what is foreseen would change between two of them without a blend.
  double foreseen_from_s_ = 0;
};

}  // namespace hostmode
