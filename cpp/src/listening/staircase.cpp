#include "listening/staircase.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

constexpr double kKept_s = 1.2;
constexpr double kApart_s = 0.01;
// The sound was moved: what was before says nothing.
constexpr double kMoved_s = 0.025;
constexpr std::size_t kLeast = 3;
// As much as this spread of positions speaks for sound that takes as long as it took.
constexpr double kEven_s2 = 0.05 * 0.05;
// Of the slope but for the largest jump: below the first there is none, above the second it is believed.
constexpr double kLeastSlope = 0.001, kSlope = 0.004;
// How far apart bases lie about the slope where sound is resampled, and where it jumps.
constexpr double kSmooth_s = 0.0035, kJumps_s = 0.005;
// Stretchers look for the next piece within some 12 to 16 ms, and sound stays on the side from which it
// jumps.
constexpr double kLead_s = 0.006;

double share(double value, double none, double all) noexcept {
  return std::clamp((value - none) / (all - none), 0.0, 1.0);
}

}  // namespace

void Staircase::add(double position_s, double base_s) noexcept {
  if (count_ > 0 && std::abs(base_s - steps_[count_ - 1].base_s) > kMoved_s) restart();
  if (count_ > 0 && position_s <= steps_[count_ - 1].position_s + kApart_s) return;
  std::size_t old = count_ == kMost ? 1 : 0;
  while (old < count_ && steps_[old].position_s < position_s - kKept_s) ++old;
  std::copy(steps_.begin() + static_cast<std::ptrdiff_t>(old),
            steps_.begin() + static_cast<std::ptrdiff_t>(count_), steps_.begin());
  count_ -= old;
  steps_[count_++] = {position_s, base_s};
  lead_s_ = count_ < kLeast ? 0.0 : lead_by(slope());
}

double Staircase::slope() const noexcept {
  double position_s = 0, base_s = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    position_s += steps_[i].position_s;
    base_s += steps_[i].base_s;
  }
  const auto count = static_cast<double>(count_);
  position_s /= count;
  base_s /= count;
  double squares = 0, products = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const double off_s = steps_[i].position_s - position_s;
    squares += off_s * off_s;
    products += off_s * (steps_[i].base_s - base_s);
  }
  return products / (squares + count * kEven_s2);
}

double Staircase::slope_but_for_one(double sign) const noexcept {
  double most_s = 0;
  for (std::size_t i = 2; i < count_; ++i) {
    most_s = std::max(most_s, sign * (steps_[i].base_s - steps_[i - 2].base_s));
  }
  const Step& latest = steps_[count_ - 1];
  return (sign * (latest.base_s - steps_[0].base_s) - most_s) / (latest.position_s - steps_[0].position_s);
}

double Staircase::lead_by(double slope) const noexcept {
  const double sign = slope < 0 ? -1.0 : 1.0;
  const Step& latest = steps_[count_ - 1];
  double least_s = 0, most_s = 0;  // ahead of the latest, in the direction of the jumps
  for (std::size_t i = 0; i < count_; ++i) {
    const double paced_s = steps_[i].base_s + slope * (latest.position_s - steps_[i].position_s);
    const double ahead_s = sign * (paced_s - latest.base_s);
    least_s = std::min(least_s, ahead_s);
    most_s = std::max(most_s, ahead_s);
  }
  const double believed =
      share(slope_but_for_one(sign), kLeastSlope, kSlope) * share(most_s - least_s, kSmooth_s, kJumps_s);
  return sign * believed * std::max(0.0, least_s + kLead_s);
}

}  // namespace hostmode
