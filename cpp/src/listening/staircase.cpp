#include "listening/staircase.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hostmode {
namespace {

constexpr double kKept_s = 5.0;
constexpr double kApart_s = 0.03;
// The sound was moved: what was before says nothing. Of so many steps the line tells what is expected.
constexpr double kMoved_s = 0.025;
constexpr std::size_t kLeast = 3, kExpects = 6;
// Or it was moved by less, and has stayed there.
constexpr double kAside_s = 0.008, kStays_s = 0.4;
constexpr std::size_t kLeastAside = 4;
// As much as this spread of positions speaks for sound that takes as long as it took.
constexpr double kEven_s2 = 0.05 * 0.05;
// What is further from the line counts less, in so many rounds.
constexpr double kOutlier_s = 0.006;
constexpr int kRounds = 3;
// How far apart bases lie about the line where sound is resampled, and where it jumps; and without the
// largest jump, once there was time for more than one.
constexpr double kSmooth_s = 0.003, kJumps_s = 0.0045;
constexpr double kOneSmooth_s = 0.0025, kOneJumps_s = 0.0035;
constexpr double kMayBeOne_s = 0.5, kIsOne_s = 0.8;
// Stretchers look for the next piece within some 6 to 16 ms, and sound stays on the side from which it jumps:
// it lags by so much in the mean, where it is stretched by more than a little.
constexpr double kLag_s = 0.003;
constexpr double kLeastSlope = 0.005, kSlope = 0.025;
// Within a second so few jumps are heard that they may hide a stretch of 3 %.
constexpr double kHidden = 0.03, kHidden_s = 1.0;

double share(double value, double none, double all) noexcept {
  return std::clamp((value - none) / (all - none), 0.0, 1.0);
}

// What values lie between.
struct Range {
  double least = std::numeric_limits<double>::infinity(), most = -std::numeric_limits<double>::infinity();
  void add(double value) noexcept {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  [[nodiscard]] double width() const noexcept { return std::max(0.0, most - least); }
};

}  // namespace

void Staircase::add(double position_s, double base_s) noexcept {
  if (count_ > 0) {
    const Step step{position_s, base_s};
    const double off_s = count_ >= kExpects ? line_.above_s(step) : base_s - latest().base_s;
    if (std::abs(off_s) > kMoved_s) restart();
  }
  if (count_ > 0 && position_s <= latest().position_s + kApart_s) return;
  std::size_t old = count_ == kMost ? 1 : 0;
  while (old < count_ && steps_[old].position_s < position_s - kKept_s) ++old;
  forget(old);
  steps_[count_++] = {position_s, base_s};
  line_ = fitted();
  if (const std::size_t moved = moved_since(); moved > 0) {
    forget(moved);
    line_ = fitted();
  }
  jumping_ = jumping();
}

void Staircase::forget(std::size_t oldest) noexcept {
  std::copy(steps_.begin() + static_cast<std::ptrdiff_t>(oldest),
            steps_.begin() + static_cast<std::ptrdiff_t>(count_), steps_.begin());
  count_ -= oldest;
}

double Staircase::span_s() const noexcept {
  return count_ > 0 ? latest().position_s - steps_[0].position_s : 0.0;
}

std::size_t Staircase::moved_since() const noexcept {
  if (span_s() <= 2 * kStays_s) return 0;
  Range above;
  std::size_t first = count_;
  while (first > 0 && steps_[first - 1].position_s > latest().position_s - kStays_s) {
    above.add(line_.above_s(steps_[--first]));
  }
  const bool is_aside = above.least > kAside_s || above.most < -kAside_s;
  return is_aside && count_ - first >= kLeastAside ? first : 0;
}

Staircase::Line Staircase::fitted() const noexcept {
  Line line;
  for (int round = 0; round < kRounds; ++round) {
    const auto counts = [&](const Step& step) {
      return round == 0 ? 1.0 : kOutlier_s / std::max(std::abs(line.above_s(step)), kOutlier_s);
    };
    double weight = 0;
    Line next;
    for (std::size_t i = 0; i < count_; ++i) {
      const double share = counts(steps_[i]);
      weight += share;
      next.position_s += share * steps_[i].position_s;
      next.base_s += share * steps_[i].base_s;
    }
    next.position_s /= weight;
    next.base_s /= weight;
    double squares = weight * kEven_s2, products = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const double off_s = steps_[i].position_s - next.position_s, share = counts(steps_[i]);
      squares += share * off_s * off_s;
      products += share * off_s * (steps_[i].base_s - next.base_s);
    }
    next.slope = products / squares;
    line = next;
  }
  return line;
}

double Staircase::jumping() const noexcept {
  if (count_ < kLeast) return 0.0;
  Range above;
  for (std::size_t i = 0; i < count_; ++i) above.add(line_.above_s(steps_[i]));
  const double more = std::max(share(apart_but_for_one_s(), kOneSmooth_s, kOneJumps_s),
                               1 - share(span_s(), kMayBeOne_s, kIsOne_s));
  return more * share(above.width(), kSmooth_s, kJumps_s);
}

double Staircase::apart_but_for_one_s() const noexcept {
  std::array<double, kMost> after_s{};
  Range after;
  for (std::size_t i = count_; i-- > 0;) {
    after.add(steps_[i].base_s);
    after_s[i] = after.width();
  }
  double least_s = after_s[0];
  Range before;
  for (std::size_t i = 0; i + 1 < count_; ++i) {
    before.add(steps_[i].base_s);
    least_s = std::min(least_s, std::max(before.width(), after_s[i + 1]));
  }
  return least_s;
}

Staircase::Place Staircase::told(double heard_s, const Place& heard) const noexcept {
  const double ahead_s = heard_s - line_.base_s - line_.position_s;
  const double lag_s = std::copysign(kLag_s * share(std::abs(line_.slope), kLeastSlope, kSlope), line_.slope);
  const double position_s = line_.position_s + (ahead_s - lag_s) / (1 + line_.slope);
  return {heard.position_s + jumping_ * (position_s - heard.position_s),
          heard.slope + jumping_ * (line_.slope - heard.slope)};
}

double Staircase::slope_doubt() const noexcept {
  return count_ > 0 && span_s() < kHidden_s ? kHidden : 0.0;
}

}  // namespace hostmode
