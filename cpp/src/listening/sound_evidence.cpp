#include "listening/sound_evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace hostmode {
namespace {

// In half decibels above the floor of a shape. The gain is told from what is well above the noise of a codec.
constexpr int kAudible = 8;
constexpr int kLoud = 30;

// f1: Laplace, with a share of values that are as those of other speech; f0: normal. 1.1 dB is how a level
// scatters through Opus at 24 kbit/s, and 10 dB how that of other speech does at its best place.
constexpr double kScatter = 2.2;
constexpr double kOtherScatter = 20.0;
constexpr double kOutliers = 0.1;
constexpr double kRarest = 1e-4;

constexpr std::size_t kPiece = kLoudnessRateHz / 5;
constexpr int kSlack = 2;  // measurements' quarters

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

// The two sounds, one laid over the other.
struct Pairs {
  const SoundShape& sent;
  const Loudness* heard;
  double last;  // of `heard`
  const Overlay& overlay;

  // The levels side by side, each of the 5 ms that lie there best, `first` to `end` measurements before the
  // end and `later` quarters of one later.
  template <typename Take>
  void each(std::size_t first, std::size_t end, int later, Take take) const noexcept {
    for (std::size_t back = first; back < end; ++back) {
      const SoundTrait& x = sent[overlay.end - 1 - back];
      const double middle = overlay.heard_end - overlay.stretch * (static_cast<double>(back) + 0.5);
      const double at = std::floor(kLoudnessPhases * (middle + 0.5) - 0.5) + later;
      if (!x.known || at < 0 || at >= last) continue;
      const Loudness& y = heard[static_cast<std::size_t>(at)];
      for (std::size_t band = 0; band < kLoudnessBands; ++band) {
        take(band, static_cast<int>(x.values[band]), static_cast<int>(level_of(y[band])));
      }
    }
  }
};

// The median difference of what is loud in both.
int gain(const Pairs& pairs) noexcept {
  std::array<int, 2 * kMostDifference + 1> counts{};
  int count = 0;
  pairs.each(0, pairs.overlay.span, 0, [&](std::size_t, int x, int y) {
    if (x <= kLoud || y <= kLoud) return;
    ++counts[static_cast<std::size_t>(y - x + kMostDifference)];
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

struct Piece {
  double sum = 0;
  int values = 0, measurements = 0;
};

Piece piece_of(const Pairs& pairs, std::size_t first, std::size_t end, int later, int louder) noexcept {
  const Ratios& ratios = log_ratios();
  Piece piece;
  bool audible = false;
  pairs.each(first, end, later, [&](std::size_t band, int x, int y) {
    if (band == 0) audible = false;
    if (x <= kAudible && y <= kAudible) return;
    piece.sum += ratios[static_cast<std::size_t>(std::abs(y - std::max(x + louder, 0)))];
    ++piece.values;
    if (!audible) ++piece.measurements;
    audible = true;
  });
  return piece;
}

}  // namespace

Evidence evidence(const SoundShape& sent, const Loudness* heard, std::size_t count,
                  const Overlay& overlay) noexcept {
  if (overlay.end > sent.size() || overlay.span > overlay.end) return {};
  const Pairs pairs{sent, heard, static_cast<double>(count * kLoudnessPhases), overlay};
  const int louder = gain(pairs);
  Evidence all;
  int values = 0, measurements = 0;
  for (std::size_t first = 0; first < overlay.span; first += kPiece) {
    const std::size_t end = std::min(first + kPiece, overlay.span);
    Piece best = piece_of(pairs, first, end, 0, louder);
    int best_later = 0;
    for (int later = -kSlack; later <= kSlack; ++later) {
      const Piece piece = later == 0 ? best : piece_of(pairs, first, end, later, louder);
      if (piece.sum <= best.sum) continue;
      best = piece;
      best_later = later;
    }
    all.mean += best.sum;
    all.shift += best.values * best_later;
    values += best.values;
    measurements += best.measurements;
  }
  if (values == 0) return {};
  all.mean /= values;
  all.shift /= values * static_cast<double>(kLoudnessPhases);
  all.audible_s = static_cast<double>(measurements) / kLoudnessRateHz;
  return all;
}

}  // namespace hostmode
