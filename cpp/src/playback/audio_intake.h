// Which audio is taken: by conversation, by what it is, and by the room there is; and when its sound may
// start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "hostmode/byte_view.h"
#include "hostmode/player_config.h"
#include "hostmode/status.h"
#include "motion/pose_track.h"
#include "playback/conversations.h"
#include "playback/journal.h"
#include "playback/playout.h"
#include "playback/start_policy.h"

namespace hostmode {

// `present_s` is the player's present. Serialised by the caller.
class AudioIntake {
 public:
  AudioIntake(int sample_rate_hz, const PlayerConfig& config, Conversations& conversations, Playout& playout,
              PoseTrack& poses, Journal& journal)
      : sample_rate_hz_(sample_rate_hz),
        config_(config),
        conversations_(conversations),
        playout_(playout),
        poses_(poses),
        journal_(journal),
        policy_(config) {}

  struct Chunk {
    ConversationPtr conversation;  // that takes it, or null
    std::string id;                // to be told to the caller
    bool opens = false;
    Status status = Status::kOk;
    NotPcm not_pcm;  // kNotPcm: what it is
  };
  // Finds or opens the conversation that more bytes belong to, if they are PCM and there is room. Their
  // samples are to be appended to its stream, and then finish is to be called. `id`, where not null, is the
  // only conversation they may go to.
  [[nodiscard]] Chunk take(ByteView pcm, bool end, const std::string* id, double now_s, double present_s);
  void finish(Conversation& conversation, ByteView pcm, bool end, double present_s);

  // A new conversation, or, unless it is to be a turn, the one that takes audio.
  [[nodiscard]] ConversationPtr open(bool turn, double now_s, bool& opens);

  // Takes a change of what waits into the decision when sound starts, and how far it may go.
  void update_gate(Conversation& conversation);
  void note_motion(double now_s) noexcept { policy_.on_motion(now_s); }
  [[nodiscard]] double prebuffer_s() const noexcept { return policy_.prebuffer_s(); }

  // Where the next sentence's sound begins, as far as chunks tell; nothing where its motion follows at once.
  [[nodiscard]] std::optional<double> sentence_s(const Conversation& conversation) const;

  // Of the conversations opened from now on; `conversion` leads from it to the rate at which the player runs.
  void set_rate(int pcm_rate_hz, std::shared_ptr<const FilterBank> conversion);
  [[nodiscard]] int rate_hz() const noexcept { return pcm_rate_hz_; }

  // What was refused may be followed by anything.
  void forget_refusal() noexcept { refused_ = {}; }

 private:
  [[nodiscard]] ConversationPtr begin(double now_s);
  [[nodiscard]] StartState start_state(const Conversation& conversation) const;
  [[nodiscard]] std::int64_t samples(double seconds) const noexcept;

  const int sample_rate_hz_;
  const PlayerConfig& config_;
  Conversations& conversations_;
  Playout& playout_;
  PoseTrack& poses_;
  Journal& journal_;
  StartPolicy policy_;
  int pcm_rate_hz_ = 0;
  std::shared_ptr<const FilterBank> conversion_;
  NotPcm refused_;  // what would have opened a conversation, at refused_s_
  double refused_s_ = -std::numeric_limits<double>::infinity();
};

}  // namespace hostmode
