#include "listening/level_pairs.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace hostmode {
namespace {

// In half decibels above the floor of a shape: the gain is told from what is well above the noise of a codec.
constexpr int kLoud = 30;

// f1: Laplace, with a share of values that are as those of other speech; f0: normal. 1.1 dB is how a level
// scatters through Opus at 24 kbit/s, and 10 dB how that of other speech does at its best place.
constexpr double kScatter = 2.2;
constexpr double kOtherScatter = 20.0;
constexpr double kOutliers = 0.1;
constexpr double kRarest = 1e-4;

// Two levels differ by no more; with the gain they may, which says no more either.
constexpr int kMostDifference = 192;
using Ratios = std::array<double, kMostDifference + 1>;

const Ratios& log_ratios() noexcept {
  static const Ratios ratios = [] {
    Ratios made{};
    const double normal = kOtherScatter * std::sqrt(2 * 3.14159265358979323846);
    for (std::size_t i = 0; i < made.size(); ++i) {
      const double off = static_cast<double>(i);
      const double other = std::exp(-0.5 * off * off / (kOtherScatter * kOtherScatter)) / normal + kRarest;
      const double same = std::exp(-off / kScatter) / (2 * kScatter);
      made[i] = std::log(((1 - kOutliers) * same + kOutliers * other) / other);
    }
    return made;
  }();
  return ratios;
}

}  // namespace

LevelPairs::LevelPairs(const SoundShape& sent, const Loudness* heard, std::size_t count,
                       const Overlay& overlay) noexcept
    : sent_(sent),
      heard_(heard),
      last_(static_cast<double>(count * kLoudnessPhases)),
      overlay_(overlay),
      gain_(median_gain()) {}

int LevelPairs::median_gain() const noexcept {
  std::array<int, 2 * kMostDifference + 1> counts{};
  int count = 0;
  each(0, overlay_.span, 0, [&](std::size_t, int sent, int heard) {
    if (sent <= kLoud || heard <= kLoud) return;
    ++counts[static_cast<std::size_t>(heard - sent + kMostDifference)];
    ++count;
  });
  int below = 0, louder = -kMostDifference;
  for (const int here : counts) {
    below += here;
    if (2 * below >= count) break;
    ++louder;
  }
  return count > 0 ? louder : 0;
}

double LevelPairs::log_ratio(int sent, int heard) const noexcept {
  static const Ratios& ratios = log_ratios();
  const int off = std::abs(heard - std::max(sent + gain_, 0));
  return ratios[static_cast<std::size_t>(std::min(off, kMostDifference))];
}

}  // namespace hostmode
