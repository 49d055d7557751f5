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

Piece piece_of(const LevelPairs& pairs, std::size_t first, std::size_t end, int later) noexcept {
  Piece piece;
  pairs.each_audible(first, end, later, [&](double nats, bool begins) {
    piece.sum += nats;
    ++piece.values;
    if (begins) ++piece.measurements;
  });
  return piece;
}

}  // namespace

Evidence evidence(const SoundShape& sent, const Loudness* heard, std::size_t count,
                  const Overlay& overlay) noexcept {
  if (overlay.end > sent.size() || overlay.span > overlay.end) return {};
  const LevelPairs pairs(sent, heard, count, overlay);
  Evidence all;
  int values = 0, measurements = 0;
  for (std::size_t first = 0; first < overlay.span; first += kPiece) {
    const std::size_t end = std::min(first + kPiece, overlay.span);
    Piece best = piece_of(pairs, first, end, 0);
    int best_later = 0;
    for (int later = -kSlack; later <= kSlack; ++later) {
      const Piece piece = later == 0 ? best : piece_of(pairs, first, end, later);
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
