#include "clock/audio_clock.h"

#include <algorithm>
#include <cmath>

#include "clock/dac_times.h"
#include "clock/device_line.h"
#include "clock/host_trust.h"

namespace hostmode {
namespace {

// A block this much later than due is a hole in the sound where the host measures its position.
constexpr double kHole_s = 0.005;
// Without anything to check it against, a jump is one if it is beyond all lateness there was.
constexpr double kUncheckedHole_s = 0.002;
constexpr double kPeakMargin = 3;

// Where changes take effect ahead of the present, small ones are gathered: the snapshot's knots must reach
// back to it.
constexpr double kChangeSpacing_s = 0.1;
constexpr double kSmallChange_s = 0.001;

constexpr double kOutlier = 8;  // in units of the noise

// A device that stood still lets its callbacks wait for about as long, and they do not catch up.
constexpr double kSameWait = 0.2;
constexpr int kConfirmations = 2;
// Where callbacks are late anyway, so many in a row that all waited for longer.
constexpr int kLateTogether = 8;
constexpr double kNoBurst = 0.75;  // of a block, from callback to callback

// A busy machine may keep all callbacks waiting for this long, so that their line must not step sooner.
constexpr double kPaceConfirmation_s = 1.0;

}  // namespace

struct AudioClock::State {
  State(double rate_hz, double latency_s) noexcept
      : source(rate_hz, latency_s), line(rate_hz), pace(rate_hz, kPaceConfirmation_s), rate_hz_(rate_hz) {}

  [[nodiscard]] NoiseShape shape_of(const AudioObservation& observation,
                                    const HeardTime& heard) const noexcept;
  [[nodiscard]] bool is_hole(const AudioObservation& observation, const HeardTime& heard) noexcept;
  [[nodiscard]] bool is_confirmed(const AudioObservation& observation, double late_s) noexcept;
  [[nodiscard]] HostTrust::Verdict keep_pace(const AudioObservation& observation, const HeardTime& heard,
                                             bool anew) noexcept;
  void follow(const AudioObservation& observation, const HeardTime& heard) noexcept;
  void steer(const AudioObservation& observation, double heard_s) noexcept;

  DacTimes source;
  DeviceLine line;
  // When callbacks come: no instants of sound, but the device's rate, in the clock that is not the host's.
  DeviceLine pace;
  HostTrust trust;
  // A hole that the host claims and the pace has yet to confirm; 0: none.
  double claimed_hole_s = 0;
  int confirmations = 0;
  int late_together = 0;
  double previous_entry_s = 0;
  const double rate_hz_;
  ClockSnapshot snapshot;
  // Of the map: it is settled before this instant.
  double last_change_s = -std::numeric_limits<double>::infinity();
};

AudioClock::AudioClock(double rate_hz, double latency_s)
    : state_(std::make_unique<State>(rate_hz, std::isfinite(latency_s) ? std::max(latency_s, 0.0) : 0.0)) {}

AudioClock::~AudioClock() = default;

const ClockSnapshot& AudioClock::snapshot() const noexcept {
  return state_->snapshot;
}

NoiseShape AudioClock::State::shape_of(const AudioObservation& observation,
                                       const HeardTime& heard) const noexcept {
  // An assumed latency is late by nature, whatever the distribution of its noise looks like.
  if (source.quantised() || (heard.measured && line.looks_symmetric())) return NoiseShape::kSymmetric;
  // One that is measured is early for seconds as often as late. An envelope would tilt to the early ones, and
  // go on falling after they are over.
  const bool judged = heard.measured && trust.knows_latency() && !std::isnan(observation.entry_s);
  return judged ? NoiseShape::kSymmetric : NoiseShape::kLate;
}

// Whether the block begins later than the blocks before it end, rather than having been asked for late.
bool AudioClock::State::is_hole(const AudioObservation& observation, const HeardTime& heard) noexcept {
  const double due_s = line.time_of(static_cast<double>(observation.first_frame));
  const double late_s = heard.heard_s - due_s;
  const double noise_s = kOutlier * line.noise_s();
  if (heard.measured) {
    // Asked for after everything before it was over: there is nothing to doubt.
    if (observation.entry_s - due_s > kHole_s) return true;
    if (late_s - heard.dispatch_delay_s <= std::max(kHole_s, noise_s)) {
      claimed_hole_s = 0;
      late_together = 0;
      return false;
    }
    if (!pace.started() || !(observation.entry_s <= due_s)) return true;
    return is_confirmed(observation, late_s);
  }
  if (std::isnan(observation.entry_s)) {
    return late_s > std::max({kUncheckedHole_s, noise_s, kPeakMargin * line.peak_lateness_s()});
  }
  // Asked for after everything before it was over: the device has run dry, whatever the reason.
  return late_s > std::max(kHole_s, noise_s) && observation.entry_s > due_s;
}

bool AudioClock::State::is_confirmed(const AudioObservation& observation, double late_s) noexcept {
  const double waited_s = observation.entry_s - pace.time_of(static_cast<double>(observation.first_frame));
  const double block_s = static_cast<double>(observation.frame_count) / rate_hz_;
  const bool in_burst = observation.entry_s - previous_entry_s < kNoBurst * block_s;
  const auto agrees = [&](double hole_s) { return std::abs(waited_s - hole_s) <= kSameWait * hole_s; };
  if (waited_s < (1 - kSameWait) * late_s) {
    late_together = 0;
  } else if (!in_burst && ++late_together >= kLateTogether) {
    return true;
  }
  if (claimed_hole_s > 0 && !in_burst && agrees(claimed_hole_s)) return ++confirmations >= kConfirmations;
  confirmations = 0;
  claimed_hole_s = agrees(late_s) ? late_s : 0;
  return false;
}

// Takes in when the callback came, and judges by it what the host says.
HostTrust::Verdict AudioClock::State::keep_pace(const AudioObservation& observation, const HeardTime& heard,
                                                bool anew) noexcept {
  HostTrust::Verdict verdict{true, heard.heard_s, false};
  if (std::isnan(observation.entry_s)) return verdict;
  // Nothing is heard before it is rendered, whatever the host says.
  if (anew) verdict.heard_s = std::max(verdict.heard_s, observation.entry_s);
  previous_entry_s = observation.entry_s;
  if (anew || !pace.started()) {
    pace.restart(observation.first_frame, observation.entry_s);
    trust.after_hole(observation.entry_s);
    claimed_hole_s = 0;
    late_together = 0;
    return verdict;
  }
  const double frame = static_cast<double>(observation.first_frame);
  const double due_s = pace.time_of(frame);
  if (heard.measured) {
    verdict = trust.judge({observation.entry_s, due_s, line.time_of(frame), heard.heard_s});
  } else if (heard.source == ClockSource::kCallback && trust.knows_latency()) {
    verdict = {false, due_s + trust.latency_s(), false};
  }
  pace.add(observation.first_frame, observation.entry_s);
  trust.rebase(pace.time_of(frame) - due_s);
  return verdict;
}

void AudioClock::State::follow(const AudioObservation& observation, const HeardTime& heard) noexcept {
  const bool other_source = heard.source != snapshot.source_ && heard.source != ClockSource::kFreeRun &&
                            snapshot.source_ != ClockSource::kFreeRun;
  const bool hole = line.started() && is_hole(observation, heard);
  if (hole && other_source) trust.forget();
  const bool anew = !line.started() || hole || (other_source && !trust.knows_latency());
  const HostTrust::Verdict verdict = keep_pace(observation, heard, anew);
  if (pace.started()) line.take_rate_from(pace);
  if (anew || verdict.is_moved) {
    line.restart(observation.first_frame, verdict.heard_s);
  } else {
    line.add(observation.first_frame, verdict.heard_s);
  }
}

// Bends the map to the line, from where readers cannot have been yet.
void AudioClock::State::steer(const AudioObservation& observation, double heard_s) noexcept {
  const double frame = static_cast<double>(observation.first_frame);
  const double line_s = line.time_of(frame);
  double instant_s = std::max(observation.entry_s, last_change_s);
  if (std::isnan(observation.entry_s)) {
    // Who renders by DAC times alone has the present somewhere before the block; all earlier blocks are
    // settled.
    const double end_s = snapshot.time_of(static_cast<double>(snapshot.rendered_frames()));
    instant_s = std::max(std::isnan(end_s) ? heard_s : std::min(heard_s, end_s), last_change_s);
    const bool small = std::abs(snapshot.time_of(frame) - line_s) < kSmallChange_s;
    if (small && instant_s - last_change_s < kChangeSpacing_s) return;
  }
  snapshot.steer(instant_s, line_s, frame, line.true_rate_hz());
  last_change_s = instant_s;
}

void AudioClock::observe(const AudioObservation& reported) noexcept {
  State& state = *state_;
  ClockSnapshot& snapshot = state.snapshot;
  if (reported.frame_count <= 0 || reported.first_frame < snapshot.rendered_frames_) return;
  AudioObservation observation = reported;
  // Infinite is as unknown as NaN, and needs no further thought then.
  for (double* time_s : {&observation.entry_s, &observation.dac_s, &observation.host_current_s}) {
    if (!std::isfinite(*time_s)) *time_s = AudioObservation::kUnknown;
  }

  HeardTime heard = state.source.judge(observation);
  state.line.set_shape(state.shape_of(observation, heard));
  if (std::isnan(heard.heard_s) && state.line.started() &&
      observation.entry_s > state.line.time_of(static_cast<double>(observation.first_frame))) {
    // Even a callback without a usable time shows that the device has run dry.
    heard.heard_s = state.source.from_callback(observation);
  }
  if (!std::isnan(heard.heard_s)) {
    state.follow(observation, heard);
    state.steer(observation, heard.heard_s);
  }
  snapshot.source_ = heard.source;
  snapshot.faults_ = state.source.faults();
  snapshot.rendered_frames_ = observation.first_frame + observation.frame_count;
}

}  // namespace hostmode
