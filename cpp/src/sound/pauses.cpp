#include "sound/pauses.h"

#include <algorithm>
#include <utility>

namespace hostmode {
namespace {

// Ratios of mean squares: 3 dB a second, a piece of 10 ms at a time.
constexpr double kForgets = 0.99312;
constexpr double kQuiet = 1e-4;           // -40 dB
constexpr double kQuietInNoise = 1.6e-2;  // -18 dB
constexpr double kOfNoise = 4.0;          // 6 dB above its quietest pieces
constexpr double kLeastNoise = 1.0;       // the last bit

}  // namespace

void PauseFinder::look(const std::int16_t* samples, std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    const std::size_t run = std::min(count - done, static_cast<std::size_t>(piece_samples_ - in_piece_));
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < run; ++i) {
      const std::int64_t sample = samples[done + i];
      sum += sample * sample;
    }
    sum_ += static_cast<double>(sum);
    done += run;
    in_piece_ += static_cast<std::int64_t>(run);
    position_ += static_cast<std::int64_t>(run);
    if (in_piece_ == piece_samples_) end_piece();
  }
}

void PauseFinder::end_piece() {
  const double energy = sum_ / static_cast<double>(piece_samples_);
  const std::int64_t begin = position_ - piece_samples_;
  sum_ = 0.0;
  in_piece_ = 0;
  loud_ = std::max(energy, loud_ * kForgets);
  noise_ = std::min(energy, std::max(noise_ / kForgets, kLeastNoise));
  if (!(energy < std::clamp(kOfNoise * noise_, kQuiet * loud_, kQuietInNoise * loud_))) {
    quiet_since_ = -1;
    return;
  }
  if (quiet_since_ < 0) quiet_since_ = begin;
  if (position_ - quiet_since_ < least_samples_) return;
  if (found_.empty() || found_.back().begin != quiet_since_) found_.push_back({quiet_since_, 0});
  found_.back().end = position_;
}

std::vector<SpeechPause> PauseFinder::take() noexcept {
  return std::exchange(found_, {});
}

}  // namespace hostmode
