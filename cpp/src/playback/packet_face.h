// The face that packets move: rounds one after another, each at its own playhead, and no jump between them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "hostmode/keyframe.h"
#include "hostmode/player_config.h"
#include "motion/timeline.h"
#include "motion/transition_times.h"
#include "playback/external_clock.h"
#include "playback/packet_delay.h"
#include "playback/packet_playhead.h"
#include "playback/sound_tie.h"

namespace hostmode {

// `under` is the pose that is shown where no round is, at the instant of the call. Whatever changes what is
// shown at `now_s` leaves a difference there that decays. Serialised by the caller; allocates, but for show.
class PacketFace {
 public:
  explicit PacketFace(const PlayerConfig& config)
      : times_(config), av_offset_s_(config.av_offset_s), layers_(config.layers) {}

  void open();
  // A frame of the newest round has come; `media_s`: its position in the sound, where its carrier says so.
  void arrive(std::int64_t position, std::optional<double> media_s, double now_s, const float* under);
  // The frames of a round rise.
  void append(std::int64_t position, const Keyframe& keyframe, double now_s, const float* under);
  void finish() noexcept;
  // Shows none from now on.
  void cut(double now_s, const float* under);
  void settle(double now_s, const float* under);
  void advance_clock(double position_s, double time_s, const float* under);
  // `position_s` of the newest round is heard at `time_s`, and `pace` seconds of it in a second.
  void hear(double position_s, double time_s, double pace, double now_s, const float* under);
  // What was heard of the newest round was another sound: it is shown as if nothing had been.
  void unhear(double now_s, const float* under);

  // In place of the pose under it.
  void show(double t_s, float* pose) const noexcept;

  // Of the newest round: seconds of it that are shown; when its first frame is, and its last.
  [[nodiscard]] double position_s(double t_s) const noexcept;
  [[nodiscard]] std::optional<double> begins_s() const noexcept;
  [[nodiscard]] std::optional<double> ends_s() const noexcept;
  // The last position that has to be known for what is shown at `t_s`.
  [[nodiscard]] std::int64_t position_needed(double t_s) const noexcept;
  [[nodiscard]] double buffered_s(double now_s) const noexcept;
  [[nodiscard]] double delay_s() const noexcept { return delay_.target_s(); }
  // Whether the newest round is shown in time with advance_clock().
  [[nodiscard]] bool is_tied() const noexcept;
  // When position 0 of the newest round is expected to be heard, give or take kLeadReach_s.
  [[nodiscard]] std::optional<double> expected_s() const noexcept;
  static constexpr double kLeadReach_s = 0.4;
  // How much later what was heard shows the newest round than packets alone would.
  [[nodiscard]] double correction_s(double now_s) const noexcept;
  [[nodiscard]] bool is_used() const noexcept { return !rounds_.empty() || !blends_.empty(); }

 private:
  using Pose = std::array<float, kKeyframeFloats>;
  struct Round {
    Timeline timeline;
    PacketPlayhead playhead{kKeyframeInterval_s};
    std::optional<std::int64_t> first;    // the position of keyframe 0
    std::optional<double> tie_s;          // the sound's position at position 0
    std::optional<SoundTie> heard;        // where it was found in the sound
    std::optional<double> lead_before_s;  // what lead_s_ was before that
    double since_s = 0;                   // from when on it is shown
    bool blended = false;                 // the step to it has its blend
    bool finished = false;
  };
  struct Blend {
    double from_s;
    double duration_s;
    bool adds;  // to those before it; else it takes their place
    Pose offset;
  };

  [[nodiscard]] Pose shown_pose(double t_s, const float* under) const noexcept;
  [[nodiscard]] std::size_t rounds_at(double t_s) const noexcept;
  [[nodiscard]] bool is_shown(const Round& round, double t_s) const noexcept;
  // Seconds of the round that are shown, and the same from its first keyframe on.
  [[nodiscard]] double round_s(const Round& round, double t_s) const noexcept;
  [[nodiscard]] double face_s(const Round& round, double t_s) const noexcept;
  [[nodiscard]] double time_of(const Round& round, double position_s) const noexcept;
  void base_pose(std::size_t rounds, double t_s, float* pose) const noexcept;
  void compose(std::size_t rounds, double t_s, float* pose) const noexcept;
  [[nodiscard]] Blend blend_into(std::size_t round, const float* under) const noexcept;
  void blend(const Pose& before, double now_s, double duration_s, const float* under);

  const TransitionTimes times_;
  const double av_offset_s_;
  const bool layers_;
  PacketDelay delay_{kKeyframeInterval_s};
  ExternalClock clock_;
  std::optional<double> lead_s_;  // from the delay's floor to when position 0 was heard, last
  std::deque<std::unique_ptr<Round>> rounds_;
  std::deque<Blend> blends_;  // oldest first
};

}  // namespace hostmode
