// From what is heard to what is shown: the pose of every device frame, with seamless transitions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "clock/audio_clock.h"
#include "hostmode/keyframe.h"
#include "hostmode/player_config.h"
#include "motion/idle_motion.h"
#include "motion/motion_hint.h"
#include "motion/timeline.h"
#include "sound/segment.h"

namespace hostmode {

// The base pose of a device frame follows from the segment it lies in: the timeline's pose at the media
// position, or idle. Where the base steps (start, end, cut, motion that comes late), the difference from what
// was shown until then is kept as an offset that decays over the transition, so that the sum is continuous
// and the lips keep the time of the sound. A transition that begins during another one takes its place.
//
// Serialised by the caller. Not realtime-safe, except sample().
class PoseTrack {
 public:
  PoseTrack(double rate_hz, const PlayerConfig& config);

  // The timeline must live until forget(generation).
  void add_conversation(std::uint64_t generation, const Timeline* timeline);
  void forget(std::uint64_t generation);
  // True while a frame of this conversation can still be asked for.
  [[nodiscard]] bool refers_to(std::uint64_t generation) const noexcept;

  void add_segment(const Segment& segment);
  [[nodiscard]] const std::deque<Segment>& segments() const noexcept { return segments_; }

  // Media seconds of `generation` at `frame`; negative where another or no conversation is heard there.
  [[nodiscard]] double media_s(std::uint64_t generation, double frame) const noexcept;

  // Fixes the offsets of all transitions up to `frame` and forgets what is too old to be asked for. Returns
  // how many segments were forgotten.
  std::size_t settle(const ClockSnapshot& clock, double frame);

  // Around a change of a timeline that moves the pose being shown at `t_s`, of device frame `frame`.
  void before_change(const ClockSnapshot& clock, double frame, double t_s) noexcept;
  void after_change(double frame, double t_s);

  // The device frame whose pose is shown at `t_s`.
  [[nodiscard]] double shown_frame(const ClockSnapshot& clock, double t_s) const noexcept {
    return clock.frame_at(t_s) - av_offset_frames_;
  }

  // The pose of `frame`, which is shown at `t_s`. Realtime-safe: yes.
  void sample(const ClockSnapshot& clock, double frame, double t_s, float* out) const noexcept;

  // Whether transitions are known that settle() has not reached yet, or that it has not forgotten yet.
  [[nodiscard]] bool expects_transition() const noexcept;
  [[nodiscard]] bool has_transitions() const noexcept { return !transitions_.empty(); }

  // Remembers what the sample after that of `frame` will touch, where samples come regularly; asks for it.
  // The latter is thread-safe.
  void remember(double frame) noexcept;
  void prefetch() const noexcept { hint_.prefetch(); }
  static constexpr std::size_t kOwnBytes = 256;  // that sample() touches

 private:
  using Pose = std::array<float, kKeyframeFloats>;
  struct Source {
    std::uint64_t generation;
    const Timeline* timeline;
  };
  struct Transition {
    double frame;
    double duration_frames;
    Segment before;
    Segment after;
    bool anchored;
    Pose offset;
  };

  [[nodiscard]] const Timeline* timeline_of(const Segment& segment) const noexcept;
  [[nodiscard]] const Segment& segment_at(double frame) const noexcept;
  void base_pose(const Segment& segment, double frame, double t_s, float* out) const noexcept;
  // By how much the pose shown before `transition` differs from what comes after it; `previous` is the
  // transition before it, anchored, or null.
  void step_offset(const Transition* previous, const Transition& transition, double t_s,
                   Pose& offset) const noexcept;
  static void add_transition(const Transition& transition, double frame, float* pose) noexcept;

  // Nearly every sample lies in the latest segment: what it needs lies together, first.
  Segment latest_;
  const Timeline* latest_timeline_ = nullptr;
  const double rate_hz_;
  const double speech_transition_s_;
  const double idle_transition_s_;
  const double av_offset_frames_;
  const IdleMotion idle_;
  const bool layers_;
  MotionHint hint_;
  double last_frame_ = 0.0;
  std::deque<Transition> transitions_;
  std::deque<Segment> segments_;  // never empty; the last one is latest_
  std::deque<Source> sources_;
  Pose before_change_{};
};

}  // namespace hostmode
