#include "listening/sound_shape.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

// What is softer is noise of the codec; half decibels above -96 dB of full scale.
constexpr float kFloor = 2 * (96 - 70);

constexpr std::size_t kJustBefore = 20;

// A sound whose loudness deviates by less from its mean, in half decibels, could lie anywhere.
constexpr double kLeastDeviation = 4.0;
// Of what is compared, the share that must have come.
constexpr double kLeastKnown = 0.75;

// The mean of the latest values; nothing is known of those that are missing.
class RunningMean {
 public:
  float add(float value, bool known) noexcept {
    Value& oldest = latest_[next_];
    next_ = (next_ + 1) % kJustBefore;
    if (oldest.known) {
      sum_ -= oldest.value;
      --count_;
    }
    oldest = {value, known};
    if (known) {
      sum_ += value;
      ++count_;
    }
    return count_ > 0 ? sum_ / static_cast<float>(count_) : 0.0F;
  }

 private:
  struct Value {
    float value = 0;
    bool known = true;
  };
  std::array<Value, kJustBefore> latest_{};
  std::size_t next_ = 0;
  int count_ = kJustBefore;
  float sum_ = 0;
};

struct Sums {
  std::array<float, kShapeTraits> x{}, xx{}, y{}, yy{}, xy{};
};

double correlation(const Sums& sums, std::size_t trait, double count) noexcept {
  const double x = sums.x[trait], y = sums.y[trait];
  const double xx = sums.xx[trait] - x * x / count;
  const double yy = sums.yy[trait] - y * y / count;
  const double xy = sums.xy[trait] - x * y / count;
  const double least = kLeastDeviation * kLeastDeviation * count;
  return xx < least || yy < least ? 0.0 : xy / std::sqrt(xx * yy);
}

}  // namespace

float level_of(std::uint8_t loudness) noexcept {
  return std::max(static_cast<float>(loudness) - kFloor, 0.0F);
}

SoundShape shape_of(const Loudness* loudness, const bool* known, std::size_t count, std::size_t every) {
  SoundShape shape(count);
  std::array<RunningMean, kLoudnessBands> means;
  for (std::size_t i = 0; i < count; ++i) {
    SoundTrait& trait = shape[i];
    trait.known = known == nullptr || known[i];
    for (std::size_t band = 0; band < kLoudnessBands; ++band) {
      const float level = level_of(loudness[i * every][band]);
      trait.values[band] = level;
      trait.values[kLoudnessBands + band] = level - means[band].add(level, trait.known);
      trait.loudest = std::max(trait.loudest, level);
    }
  }
  return shape;
}

double likeness(const SoundShape& sent, const SoundShape& heard, const Overlay& overlay) noexcept {
  const auto reach = static_cast<double>(overlay.span) * overlay.stretch;
  if (overlay.end > sent.size() || overlay.span > overlay.end || overlay.heard_end - reach < 1.0 ||
      overlay.heard_end > static_cast<double>(heard.size())) {
    return -1.0;
  }
  Sums sums;
  std::size_t count = 0;
  for (std::size_t back = 1; back <= overlay.span; ++back) {
    const SoundTrait& x = sent[overlay.end - back];
    if (!x.known) continue;
    // A measurement lies in the middle of its 5 ms.
    const double at = overlay.heard_end - overlay.stretch * (static_cast<double>(back) - 0.5) - 0.5;
    const auto left = static_cast<std::size_t>(at);
    const auto share = static_cast<float>(at - static_cast<double>(left));
    const SoundTrait& before = heard[left];
    const SoundTrait& after = heard[std::min(left + 1, heard.size() - 1)];
    for (std::size_t i = 0; i < kShapeTraits; ++i) {
      const float y = before.values[i] + share * (after.values[i] - before.values[i]);
      sums.x[i] += x.values[i];
      sums.xx[i] += x.values[i] * x.values[i];
      sums.y[i] += y;
      sums.yy[i] += y * y;
      sums.xy[i] += x.values[i] * y;
    }
    ++count;
  }
  if (static_cast<double>(count) < kLeastKnown * static_cast<double>(overlay.span)) return -1.0;
  double sum = 0;
  for (std::size_t i = 0; i < kShapeTraits; ++i) sum += correlation(sums, i, static_cast<double>(count));
  return sum / kShapeTraits;
}

}  // namespace hostmode
