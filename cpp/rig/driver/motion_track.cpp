#include "driver/motion_track.h"

#include <algorithm>
#include <cmath>

#include "driver/curves.h"
#include "driver/own_motion.h"

namespace hostmode {
namespace {

constexpr float kMiddleFollows = 1.0F / (25.0F * 6.0F);
constexpr float kSpreadFollows = 1.0F / (25.0F * 4.0F);
constexpr float kFirstSpread = 0.6F;
constexpr float kLeastSpread = 0.25F;
constexpr std::size_t kKeyframesOfMiddle = 25;
constexpr std::size_t kSpeeds = 150;
constexpr std::size_t kMostLearned = 200;  // keyframes: what 8 s say
constexpr std::size_t kLeastLearned = 50;  // 2 s
constexpr std::size_t kLagsTried = 7;      // 0 to 240 ms
constexpr float kLagSlew_s = 0.0016F;      // a keyframe: 40 ms a second
constexpr float kShareSlew = 0.04F;        // a keyframe: all of it in a second
// Less than this over 8 s says nothing about which lag is the right one; chance does more in a shorter time.
constexpr float kLikeness = 0.35F;
// The jaw has to be this much more like the sound than the axis, which also knows of the lips.
constexpr float kJawBetter = 0.1F;
// A sound that moves less than this says nothing about the motion.
constexpr float kLeastHeard = 0.05F;

struct Likeness {
  float correlation = 0.0F;
  float lag_s = 0.0F;
};

// The lag at which the latest of the motion's values are most like what is heard of as many keyframes.
Likeness most_like(const std::vector<float>& moved, const std::vector<float>& heard) noexcept {
  const std::size_t first = moved.size() - heard.size();
  Likeness best;
  for (std::size_t lag = 0; lag < kLagsTried; ++lag) {
    const auto count = static_cast<float>(heard.size() - lag);
    float x_sum = 0.0F, y_sum = 0.0F, xx = 1e-6F, yy = 1e-6F, xy = 0.0F;
    for (std::size_t i = lag; i < heard.size(); ++i) {
      const float x = moved[first + i - lag];
      const float y = heard[i];
      x_sum += x;
      y_sum += y;
      xx += x * x;
      yy += y * y;
      xy += x * y;
    }
    const float spreads = (xx - x_sum * x_sum / count) * (yy - y_sum * y_sum / count);
    const float correlation = (xy - x_sum * y_sum / count) / std::sqrt(std::max(spreads, 1e-6F));
    if (correlation > best.correlation)
      best = {correlation, static_cast<float>(lag) / static_cast<float>(kKeyframeRateHz)};
  }
  return best;
}

float spread_of(const std::vector<float>& values) noexcept {
  const auto count = static_cast<float>(values.size());
  float sum = 0.0F, squares = 0.0F;
  for (const float value : values) {
    sum += value;
    squares += value * value;
  }
  return std::sqrt(std::max(squares / count - sum * sum / (count * count), 0.0F));
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// `variance` follows the square of `distance`; returns the spread.
float follow_spread(float& variance, float distance) noexcept {
  variance += (distance * distance - variance) * kSpreadFollows;
  return std::max(std::sqrt(variance), kLeastSpread);
}

}  // namespace

double MotionTrack::last_keyframe_s() const noexcept {
  return usual_.empty() ? 0.0 : static_cast<double>(usual_.size() - 1) / kKeyframeRateHz;
}

void MotionTrack::push(const float* keyframes, std::size_t count, const SoundTrack& sound) {
  if (count == 0) return;
  const bool first = usual_.empty();
  if (first) begin(keyframes, count);
  for (std::size_t i = 0; i < count; ++i) {
    own_ = own_ && is_own(keyframes + i * kKeyframeFloats);
    follow(keyframes + i * kKeyframeFloats);
    const bool knew = learned_;
    learn(sound, first);
    if (first && learned_ && !knew) {
      // Nothing of the first message has been shown: what it teaches holds from its beginning.
      for (MotionUsual& usual : usual_) {
        usual.lag_s = now_.lag_s;
        usual.jaw_share = now_.jaw_share;
      }
    }
    if (usual_.size() % kKeyframesOfMiddle == 0) middles_.push_back(middle_);
    usual_.push_back(now_);
  }
}

void MotionTrack::begin(const float* keyframes, std::size_t count) {
  own_ = true;
  const auto middle_of = [keyframes, count](auto value) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = value(keyframes + i * kKeyframeFloats);
    return median(std::move(values));
  };
  now_.opening_middle = middle_of([](const float* k) { return along(kOpeningAxis, k); });
  now_.rounding_middle = middle_of([](const float* k) { return along(kRoundingAxis, k); });
  now_.jaw_middle = middle_of(jaw_of);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    now_.neck[axis] = middle_of([axis](const float* k) { return k[kNeckPoseOffset + axis]; });
  }
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) {
    middle_[i] = middle_of([i](const float* k) { return k[i]; });
  }
  opening_variance_ = rounding_variance_ = jaw_variance_ = kFirstSpread * kFirstSpread;
  std::copy_n(keyframes + kExpressionOffset, kMovingExpressions, before_.begin());
}

void MotionTrack::follow(const float* keyframe) {
  const float opening = along(kOpeningAxis, keyframe);
  const float rounding = along(kRoundingAxis, keyframe);
  now_.opening_middle += (opening - now_.opening_middle) * kMiddleFollows;
  now_.rounding_middle += (rounding - now_.rounding_middle) * kMiddleFollows;
  const float jaw = jaw_of(keyframe);
  now_.jaw_middle += (jaw - now_.jaw_middle) * kMiddleFollows;
  now_.jaw_spread = follow_spread(jaw_variance_, jaw - now_.jaw_middle);
  now_.opening_spread = follow_spread(opening_variance_, opening - now_.opening_middle);
  now_.rounding_spread = follow_spread(rounding_variance_, rounding - now_.rounding_middle);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    now_.neck[axis] += (keyframe[kNeckPoseOffset + axis] - now_.neck[axis]) * kMiddleFollows;
  }
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) middle_[i] += (keyframe[i] - middle_[i]) * kMiddleFollows;
  const float lively = liveliness(keyframe);
  brows_slewed_ += (lively - brows_slewed_) * (lively > brows_slewed_ ? 0.45F : 0.10F);
  now_.brows += (brows_slewed_ - now_.brows) * 0.5F;
  openings_.push_back((opening - now_.opening_middle) / now_.opening_spread);
  jaws_.push_back((jaw - now_.jaw_middle) / now_.jaw_spread);
}

// The speed of the expression outside of what moves the mouth, against its upper quartile of the last
// seconds.
float MotionTrack::liveliness(const float* keyframe) {
  std::array<float, kMovingExpressions> step{};
  for (std::size_t i = 0; i < step.size(); ++i) step[i] = keyframe[kExpressionOffset + i] - before_[i];
  std::copy_n(keyframe + kExpressionOffset, kMovingExpressions, before_.begin());
  for (const ExpressionAxis* axis : {&kOpeningAxis, &kRoundingAxis}) {
    float product = 0.0F;
    float square = 0.0F;
    for (std::size_t i = 0; i < step.size(); ++i) {
      product += step[i] * (*axis)[i];
      square += (*axis)[i] * (*axis)[i];
    }
    for (std::size_t i = 0; i < step.size(); ++i) step[i] -= product / square * (*axis)[i];
  }
  float square = 0.0F;
  for (const float value : step) square += value * value;
  speed_ += (std::sqrt(square) * static_cast<float>(kKeyframeRateHz) - speed_) * 0.35F;
  speeds_.push_back(speed_);
  if (speeds_.size() > kSpeeds) speeds_.pop_front();
  std::vector<float> sorted(speeds_.begin(), speeds_.end());
  const auto quartile = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 3 / 4);
  std::nth_element(sorted.begin(), quartile, sorted.end());
  return std::clamp(speed_ / std::max(*quartile, 1.0F) - 0.75F, 0.0F, 1.1F);
}

// By how much the motion of the last seconds runs ahead of its sound, and whether the axis tells of its
// opening: where the expression means something else than on the avatars it was made from, only the jaw does.
void MotionTrack::learn(const SoundTrack& sound, bool unseen) {
  const std::size_t count = openings_.size();
  if (count < kLeastLearned || sound.duration_s() * kKeyframeRateHz < static_cast<double>(count)) return;
  std::vector<float> heard(std::min(count, kMostLearned));
  for (std::size_t i = 0; i < heard.size(); ++i) {
    heard[i] = sound.at(static_cast<double>(count - heard.size() + i) / kKeyframeRateHz).opening;
  }
  if (spread_of(heard) < kLeastHeard) return;
  const Likeness axis = most_like(openings_, heard);
  const Likeness jaw = most_like(jaws_, heard);
  const bool jaw_tells = jaw.correlation > axis.correlation + kJawBetter;
  const Likeness& better = jaw_tells ? jaw : axis;
  const float times_less = static_cast<float>(kMostLearned) / static_cast<float>(heard.size());
  if (better.correlation < kLikeness * std::sqrt(times_less)) return;
  const bool jumps = unseen && !learned_;
  const float share_slew = jumps ? 1.0F : kShareSlew;
  const float lag_slew_s = jumps ? 1.0F : kLagSlew_s;
  now_.jaw_share += std::clamp((jaw_tells ? 1.0F : 0.0F) - now_.jaw_share, -share_slew, share_slew);
  now_.lag_s += std::clamp(better.lag_s - now_.lag_s, -lag_slew_s, lag_slew_s);
  learned_ = true;
}

MotionUsual MotionTrack::at(double media_s) const noexcept {
  if (usual_.empty() || own_) return {};
  const double last = static_cast<double>(usual_.size() - 1);
  const double position = std::clamp(media_s * kKeyframeRateHz, 0.0, last);
  const auto i = static_cast<std::size_t>(position);
  const MotionUsual& a = usual_[i];
  const MotionUsual& b = usual_[std::min(i + 1, usual_.size() - 1)];
  const auto weight = static_cast<float>(position - static_cast<double>(i));
  MotionUsual out;
  out.opening_middle = mix(a.opening_middle, b.opening_middle, weight);
  out.opening_spread = mix(a.opening_spread, b.opening_spread, weight);
  out.rounding_middle = mix(a.rounding_middle, b.rounding_middle, weight);
  out.rounding_spread = mix(a.rounding_spread, b.rounding_spread, weight);
  out.jaw_middle = mix(a.jaw_middle, b.jaw_middle, weight);
  out.jaw_spread = mix(a.jaw_spread, b.jaw_spread, weight);
  out.jaw_share = mix(a.jaw_share, b.jaw_share, weight);
  for (std::size_t axis = 0; axis < 3; ++axis) out.neck[axis] = mix(a.neck[axis], b.neck[axis], weight);
  out.brows = mix(a.brows, b.brows, weight);
  out.lag_s = mix(a.lag_s, b.lag_s, weight);
  return out;
}

std::array<float, kKeyframeFloats> MotionTrack::middle_at(double media_s) const noexcept {
  std::array<float, kKeyframeFloats> out{};
  if (middles_.empty()) return out;
  const double last = static_cast<double>(middles_.size() - 1);
  const double position = std::clamp(media_s * kKeyframeRateHz / kKeyframesOfMiddle, 0.0, last);
  const auto before = static_cast<std::size_t>(position);
  const auto& a = middles_[before];
  const auto& b = middles_[std::min(before + 1, middles_.size() - 1)];
  const auto weight = static_cast<float>(position - static_cast<double>(before));
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) out[i] = mix(a[i], b[i], weight);
  return out;
}

}  // namespace hostmode
