#include "listening/place_line.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

constexpr double kKept = 0.96;  // of the weight, with each place: they come 25 times a second
// As much as this spread speaks for sound that takes as long as it took.
constexpr double kEven_s2 = 0.01 * 0.01;
// A codec blurs by so much how steep the line is where a quarter of a second was compared; more sound has a
// longer lever, and more that agrees.
constexpr double kSlopeBlur = 0.04;
constexpr double kShortSpread_s = 0.07;
constexpr double kMostSlope = 0.06;

}  // namespace

void PlaceLine::add(const Place& place) noexcept {
  weight_ *= kKept;
  const double share = 1.0 / (weight_ + 1.0);
  const double position_off_s = place.position_s - position_s_;
  const double base_off_s = place.base_s - base_s_;
  position_s2_ = kKept * position_s2_ + place.spread_s2 + weight_ * share * position_off_s * position_off_s;
  product_s2_ =
      kKept * product_s2_ + place.slope * place.spread_s2 + weight_ * share * position_off_s * base_off_s;
  position_s_ += share * position_off_s;
  base_s_ += share * base_off_s;
  weight_ += 1.0;
}

double PlaceLine::spread_s2() const noexcept {
  return position_s2_ / std::max(weight_, 1.0);
}

double PlaceLine::slope() const noexcept {
  return empty() ? 0.0 : product_s2_ / weight_ / (spread_s2() + kEven_s2);
}

double PlaceLine::base_s(double position_s) const noexcept {
  return base_s_ + slope() * (position_s - position_s_);
}

double PlaceLine::position_s(double heard_s) const noexcept {
  return position_s_ + (heard_s - base_s_ - position_s_) / (1 + slope());
}

double PlaceLine::slope_doubt() const noexcept {
  const double short_share = kShortSpread_s / std::sqrt(spread_s2() + 1e-9);
  return std::min(kMostSlope, kSlopeBlur * std::pow(short_share, 1.5));
}

}  // namespace hostmode
