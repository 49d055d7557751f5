// From what is heard to what is shown: the pose of every device frame, with seamless transitions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "clock/audio_clock.h"
#include "hostmode/keyframe.h"
#include "hostmode/player_config.h"
#include "motion/deviation.h"
#include "motion/face_delay.h"
#include "motion/idle_motion.h"
#include "motion/motion_hint.h"
#include "motion/timeline.h"
#include "motion/transition_times.h"
#include "sound/segment.h"

namespace hostmode {

// The base pose of a device frame follows from the segment it lies in: the timeline's pose at the media
// position, less the face delay, or idle. Where the base steps (start, end, cut, motion that comes late), the
// difference from what was shown until then is kept as a deviation that decays, so that the sum is continuous
// and the lips keep the time of the sound. There is one at a time (deviation.h): a transition between idle
// and speech begins it anew, at rest; a blend that leaves a gap in the motion goes on from what is left.
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

  // From now on the conversation's face is held back; `delay` must live as long as its timeline.
  void hold_back(std::uint64_t generation, const FaceDelay* delay) noexcept;

  // A segment that begins before `shown_frame`, up to which pictures have been drawn, begins no transition:
  // it is a change (before_change, after_change).
  void add_segment(const Segment& segment, double shown_frame);
  [[nodiscard]] const std::deque<Segment>& segments() const noexcept { return segments_; }

  [[nodiscard]] const Segment& segment_at(double frame) const noexcept;

  // Takes `segments` for what will be heard after those it knows, until forget_foreseen().
  void foresee(const std::vector<Segment>& segments);
  void forget_foreseen();

  // Media seconds of `generation` at `frame`; negative where another or no conversation is heard there.
  [[nodiscard]] double media_s(std::uint64_t generation, double frame) const noexcept;

  // Seconds for which the sound heard at `frame` has waited for its face.
  [[nodiscard]] double rested_s(double frame) const noexcept {
    return segment_at(frame).rested_at(frame) / rate_hz_;
  }

  // Whether sound goes on there.
  [[nodiscard]] bool advances(double frame) const noexcept { return segment_at(frame).media_advances(); }

  // That of the face, which may be held back behind it, and is negative as well before its first keyframe.
  [[nodiscard]] double face_s(std::uint64_t generation, double frame) const noexcept;

  // Fixes the offsets of all transitions up to `frame` and forgets what is too old to be asked for. Returns
  // how many segments were forgotten.
  std::size_t settle(const ClockSnapshot& clock, double frame);

  // Around a change of what is known that moves the pose being shown at `t_s`, of device frame `frame`: what
  // that differs by decays within `duration_s`, and replaces the transition going on or adds to it.
  void before_change(const ClockSnapshot& clock, double frame, double t_s) noexcept;
  enum class Blend { kReplaces, kAdds };
  void after_change(const ClockSnapshot& clock, double frame, double t_s, double duration_s, Blend blend);

  // How long the change to a segment takes, where it begins too late for a transition of its own.
  [[nodiscard]] double change_s(const Segment& before, const Segment& after) const noexcept;
  [[nodiscard]] const TransitionTimes& times() const noexcept { return times_; }

  // The device frame whose pose is shown at `t_s`, where `present_s` is the latest moment that is over: what
  // lies beyond both it and the device's buffer is counted on at the device's pace.
  [[nodiscard]] double shown_frame(const ClockSnapshot& clock, double t_s, double present_s) const noexcept;

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
  // By so much a clock that learns may set back the frame that is shown at present.
  static constexpr double kSetBack_s = 0.001;
  struct Source {
    std::uint64_t generation = 0;
    const Timeline* timeline = nullptr;
    const FaceDelay* delay = nullptr;  // null where there is none
  };
  // What decays from a transition's frame on.
  struct Decay {
    Deviation deviation;
    bool yields = false;  // to idle, where the motion runs out in the meantime
  };
  struct Transition {
    double frame;
    double duration_s;
    Segment before;
    Segment after;
    Blend blend;
    bool is_change;  // in what is known, which begins no segment
    bool anchored;
    bool foreseen;
    Decay decay;  // where it is anchored
  };

  [[nodiscard]] Source source_of(const Segment& segment) const noexcept;
  [[nodiscard]] double face_s(const Source& source, const Segment& segment, double frame) const noexcept;
  // Returns how much of it is motion: less than 1 where that has run out and eases to idle.
  float base_pose(const Segment& segment, double frame, double t_s, float* out) const noexcept;
  // The index past that of the first `count` transitions which goes on at `frame`; 0 where none does.
  [[nodiscard]] std::size_t latest_begun(std::size_t count, double frame) const noexcept;
  // Adds what is left at `frame` of the first `count` transitions, to a base that is motion by `motion`.
  void add_deviation(const ClockSnapshot& clock, std::size_t count, double frame, float motion,
                     float* pose) const noexcept;
  // One that begins with a segment does so at its frame, a change when it became known.
  [[nodiscard]] bool has_begun(const Transition& transition, double frame) const noexcept {
    return transition.frame <= frame + (transition.is_change ? kSetBack_s * rate_hz_ : 0.0);
  }
  [[nodiscard]] Decay decay_of(const ClockSnapshot& clock, std::size_t transition) const noexcept;
  [[nodiscard]] MotionBeneath beneath(const Segment& segment, double frame,
                                      double transition_s) const noexcept;
  void add(const Segment& segment, double shown_frame, bool foreseen);
  void set_latest(const Segment& segment) noexcept;

  // Nearly every sample lies in the latest segment: what it needs lies together, first.
  Segment latest_;
  Source latest_source_;
  const double rate_hz_;
  const TransitionTimes times_;
  const double av_offset_frames_;
  const IdleMotion idle_;
  const bool layers_;
  MotionHint hint_;
  double last_frame_ = 0.0;
  std::deque<Transition> transitions_;
  std::deque<Segment> segments_;  // never empty; the last one is latest_
  std::deque<Source> sources_;
  std::size_t foreseen_segments_ = 0;
  Pose before_change_{};
};

}  // namespace hostmode
