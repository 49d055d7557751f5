#include "playback/track_ear.h"

#include <algorithm>

#include "hostmode/keyframe.h"

namespace hostmode {
namespace {

// Of one call: what is older says little about now, and each look takes its time.
constexpr double kLooked_s = 2.0;

}  // namespace

bool TrackEar::set_rate(int rate_hz) {
  if (rate_hz == rate_hz_) return false;
  rate_hz_ = rate_hz;
  samples_ = 0;
  listening_.emplace(rate_hz);
  return true;
}

std::uint64_t TrackEar::next_look() const noexcept {
  const auto rate = static_cast<std::uint64_t>(rate_hz_);
  const auto looks = static_cast<std::uint64_t>(kKeyframeRateHz);
  const std::uint64_t done = samples_ * looks / rate;
  return ((done + 1) * rate + looks - 1) / looks;
}

SoundAnswer TrackEar::hear(const std::int16_t* samples, std::size_t count, const SoundQuestion& question) {
  if (question.round != round_) listening_->restart();
  round_ = question.round;
  for (const ExpectedSound& sound : question.expected) listening_->expect(sound.position, sound.loudness);
  SoundAnswer answer;
  answer.round = round_;
  const std::uint64_t end = samples_ + count;
  const auto looked = static_cast<std::uint64_t>(kLooked_s * rate_hz_);
  while (samples_ < end) {
    const std::uint64_t look = next_look();
    const auto piece = static_cast<std::size_t>(std::min(look, end) - samples_);
    listening_->hear(samples, piece);
    samples += piece;
    samples_ += piece;
    if (samples_ < look || !question.open || end - samples_ > looked) continue;
    answer.looked = true;
    const std::optional<Listening::Place> place = listening_->find(question.earliest_s, question.latest_s);
    answer.likeness = place ? place->likeness : 0.0;
    if (listening_->taken_back()) {
      answer.found = false;
      answer.taken_back = true;
    }
    if (!place) continue;
    answer.found = true;
    answer.taken_back = false;
    answer.heard_s = place->heard_s;
    answer.position_s = place->position_s;
    answer.stretch = place->stretch;
  }
  return answer;
}

}  // namespace hostmode
