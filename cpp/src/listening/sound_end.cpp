#include "listening/sound_end.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "listening/level_pairs.h"

namespace hostmode {
namespace {

constexpr std::size_t kPiece = kLoudnessRateHz / 25;
// Measurements' quarters: how far from the overlay a piece may lie, and from the one before it.
constexpr int kMost = 24;
constexpr int kJump = 12;
constexpr std::size_t kStates = 2 * kMost + 1;

// Levels that follow one another, and bands, go together: each says so much of what it would alone.
constexpr double kAlone = 0.35;
// A stretch that is a little wrong, and jumps: so likely with each piece, all of them together.
constexpr double kDrifts = 0.2, kJumps = 0.15;

constexpr double kSure = 0.98;

using States = std::array<double, kStates>;

States moved(const States& before) noexcept {
  States after{};
  constexpr double each = kJumps / (2 * kJump);
  for (int i = 0; i < static_cast<int>(kStates); ++i) {
    const double here = before[static_cast<std::size_t>(i)];
    const int first = std::max(i - kJump, 0), last = std::min(i + kJump, static_cast<int>(kStates) - 1);
    for (int j = first; j <= last; ++j) {
      const int off = std::abs(j - i);
      const double share = off == 0 ? 1 - kDrifts - kJumps : off == 1 ? kDrifts / 2 + each : each;
      after[static_cast<std::size_t>(j)] += here * share;
    }
  }
  return after;
}

// What a piece says of the sounds being the same, in nats, and of how many values.
struct Told {
  double sum = 0;
  int values = 0;
};

Told see(States& states, const LevelPairs& pairs, std::size_t first, std::size_t end) noexcept {
  Told told;
  States speaks{};
  for (int i = 0; i < static_cast<int>(kStates); ++i) {
    double& sum = speaks[static_cast<std::size_t>(i)];
    pairs.each_audible(first, end, i - kMost, [&](double nats, bool) {
      sum += kAlone * nats;
      if (i == kMost) ++told.values;
    });
  }
  const double most = *std::max_element(speaks.begin(), speaks.end());
  double all = 0;
  for (std::size_t i = 0; i < kStates; ++i) all += states[i] *= std::exp(speaks[i] - most);
  for (double& state : states) state /= all;
  told.sum = (most + std::log(all)) / kAlone;
  return told;
}

}  // namespace

SoundEnd end_of(const SoundShape& sent, const Loudness* heard, std::size_t count,
                const Overlay& overlay) noexcept {
  if (overlay.end > sent.size() || overlay.span > overlay.end) return {0, kMost, 0};
  const LevelPairs pairs(sent, heard, count, overlay);
  Told all;
  States states;
  states.fill(1.0 / kStates);
  for (std::size_t pieces = overlay.span / kPiece; pieces > 0; --pieces) {
    states = moved(states);
    const Told told = see(states, pairs, (pieces - 1) * kPiece, pieces * kPiece);
    all.sum += told.sum;
    all.values += told.values;
  }
  double mean = 0;
  for (std::size_t i = 0; i < kStates; ++i) mean += states[i] * (static_cast<double>(i) - kMost);
  double doubt = 0, within = 0;
  while (within < kSure && doubt < kMost) {
    ++doubt;
    within = 0;
    for (std::size_t i = 0; i < kStates; ++i) {
      if (std::abs(static_cast<double>(i) - kMost - mean) <= doubt) within += states[i];
    }
  }
  return {mean / kLoudnessPhases, doubt / kLoudnessPhases, all.values > 0 ? all.sum / all.values : 0.0};
}

}  // namespace hostmode
