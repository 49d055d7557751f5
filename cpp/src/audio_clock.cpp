#include "hostmode/audio_clock.h"

#include <algorithm>
#include <cmath>

#include "dac_time_source.h"
#include "playout_line.h"

namespace hostmode {
namespace {

// A block this much later than due is a hole in the sound where the host measures its position.
constexpr double kHole_s = 0.005;
// Without anything to check it against, smaller jumps may be somebody's late callback.
constexpr double kUncheckedHole_s = 0.02;
constexpr double kOutlier = 8;  // in units of the noise

}  // namespace

struct AudioClock::State {
  State(double rate_hz, double latency_s) noexcept : source(rate_hz, latency_s), line(rate_hz) {}

  [[nodiscard]] bool is_hole(const AudioObservation& observation, const HeardTime& heard) const noexcept;
  void follow(const AudioObservation& observation, const HeardTime& heard) noexcept;
  [[nodiscard]] double change_instant(const AudioObservation& observation, double heard_s) const noexcept;

  DacTimeSource source;
  PlayoutLine line;
  ClockSnapshot snapshot;
  double last_change_s = -std::numeric_limits<double>::infinity();
};

AudioClock::AudioClock(double rate_hz, double latency_s)
    : state_(std::make_unique<State>(rate_hz, std::isfinite(latency_s) ? std::max(latency_s, 0.0) : 0.0)) {}

AudioClock::~AudioClock() = default;

const ClockSnapshot& AudioClock::snapshot() const noexcept {
  return state_->snapshot;
}

// Whether the block begins later than the blocks before it end, rather than having been asked for late.
bool AudioClock::State::is_hole(const AudioObservation& observation, const HeardTime& heard) const noexcept {
  const double due_s = line.time_of(static_cast<double>(observation.first_frame));
  const double late_s = heard.heard_s - due_s;
  const double threshold_s = std::max(kHole_s, kOutlier * line.noise_s());
  if (heard.measured) return late_s - heard.dispatch_delay_s > threshold_s;
  if (std::isnan(observation.entry_s)) return late_s > std::max(kUncheckedHole_s, threshold_s);
  // Asked for after everything before it was over: the device has run dry, whatever the reason.
  return late_s > threshold_s && observation.entry_s > due_s;
}

void AudioClock::State::follow(const AudioObservation& observation, const HeardTime& heard) noexcept {
  const bool other_source = heard.source != snapshot.source_ && heard.source != ClockSource::kFreeRun &&
                            snapshot.source_ != ClockSource::kFreeRun;
  if (!line.started() || other_source || is_hole(observation, heard)) {
    line.restart(observation.first_frame, heard.heard_s);
  } else {
    line.add(observation.first_frame, heard.heard_s);
  }
}

// The map is left alone before this instant, because readers may have asked for it already.
double AudioClock::State::change_instant(const AudioObservation& observation, double heard_s) const noexcept {
  double instant_s = observation.entry_s;
  if (std::isnan(instant_s)) {
    // Who renders by DAC times alone has the present somewhere before the block; all earlier blocks are
    // settled.
    const double end_s = snapshot.time_of(static_cast<double>(snapshot.rendered_frames()));
    instant_s = std::isnan(end_s) ? heard_s : std::min(heard_s, end_s);
  }
  return std::max(instant_s, last_change_s);
}

void AudioClock::observe(const AudioObservation& observation) noexcept {
  State& state = *state_;
  ClockSnapshot& snapshot = state.snapshot;
  if (observation.frame_count <= 0 || observation.first_frame < snapshot.rendered_frames_) return;

  HeardTime heard = state.source.judge(observation);
  state.line.set_shape(state.source.quantised() ? NoiseShape::kSymmetric : NoiseShape::kLate);
  if (std::isnan(heard.heard_s) && state.line.started() &&
      observation.entry_s > state.line.time_of(static_cast<double>(observation.first_frame))) {
    // Even a callback without a usable time shows that the device has run dry.
    heard.heard_s = state.source.from_callback(observation);
  }
  if (std::isfinite(heard.heard_s)) {
    state.follow(observation, heard);
    const double instant_s = state.change_instant(observation, heard.heard_s);
    const double frame = static_cast<double>(observation.first_frame);
    snapshot.steer(instant_s, state.line.time_of(frame), frame, state.line.true_rate_hz());
    state.last_change_s = instant_s;
  }
  snapshot.source_ = heard.source;
  snapshot.faults_ = state.source.faults();
  snapshot.rendered_frames_ = observation.first_frame + observation.frame_count;
}

}  // namespace hostmode
