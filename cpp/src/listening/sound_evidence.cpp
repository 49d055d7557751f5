#include "listening/sound_evidence.h"

#include <algorithm>

#include "listening/level_pairs.h"

namespace hostmode {
namespace {

constexpr std::size_t kPiece = kLoudnessRateHz / 5;
constexpr int kSlack = 2;  // measurements' quarters

struct Piece {
  double sum = 0;
  int values = 0, measurements = 0;
};

Piece piece_of(const LevelPairs& pairs, std::size_t first, std::size_t end, int later, int louder) noexcept {
  Piece piece;
  bool audible = false;
  pairs.each(first, end, later, [&](std::size_t band, int x, int y) {
    if (band == 0) audible = false;
    if (x <= kAudibleLevel && y <= kAudibleLevel) return;
    piece.sum += log_ratio(y - std::max(x + louder, 0));
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
  const LevelPairs pairs{sent, heard, static_cast<double>(count * kLoudnessPhases), overlay};
  const int louder = pairs.gain();
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
