#include "playback/start_replay.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

constexpr std::size_t kMaxChunks = 4096;
constexpr double kKept = 0.97;  // of what was learned, an utterance later
constexpr double kBeginningWeight = 1.0 / 3;
// What was reckoned along two ways and differs by less is one instant.
constexpr double kSame_s = 1e-9;
constexpr double kBetweenStarts_s = 0.5;  // an utterance is many: it may be begun at each of its half seconds

}  // namespace

StartReplay::StartReplay() noexcept {
  for (std::size_t i = 0; i < kGrid; ++i) dry_[i] = 0.25 * std::exp(-waiting_s(i) / 0.35);
}

double StartReplay::waiting_s(std::size_t i) noexcept {
  const auto at = static_cast<double>(i);
  return i <= 50 ? 0.02 * at : 1.0 + 0.05 * (at - 50);
}

void StartReplay::add_chunk(double arrival_s, double media_s) {
  if (chunks_.size() < kMaxChunks) chunks_.push_back({arrival_s, media_s});
}

// `latest_s`: the instant before which a start would run dry.
void StartReplay::play_from(std::size_t first, double latest_s, double weight) noexcept {
  const double before_s = first > 0 ? chunks_[first - 1].media_s : 0.0;
  std::size_t at = first;
  for (std::size_t i = 0; i < kGrid; ++i) {
    while (at + 1 < chunks_.size() && chunks_[at].media_s - before_s < waiting_s(i) - kSame_s) ++at;
    if (chunks_[at].arrival_s >= latest_s - kSame_s) return;
    dry_[i] += weight;
  }
}

void StartReplay::learn() {
  if (chunks_.empty()) return;
  for (double& dry : dry_) dry *= kKept;
  utterances_ = kKept * utterances_ + 1;

  // From a chunk on: when its playing must begin at the earliest, as if the media before it were none.
  const std::size_t count = chunks_.size();
  std::vector<double>& least = least_starts_s_;
  least.assign(count, 0.0);
  for (std::size_t j = count; j-- > 0;) {
    least[j] = chunks_[j].arrival_s - (j > 0 ? chunks_[j - 1].media_s : 0.0);
    if (j + 1 < count) least[j] = std::max(least[j], least[j + 1]);
  }

  const double whole_s = chunks_.back().media_s;
  const double later = std::ceil(whole_s / kBetweenStarts_s - kSame_s) - 1;
  play_from(0, least[0], later > 0 ? kBeginningWeight : 1.0);
  std::size_t first = 1;
  for (double start = 1; start <= later; ++start) {
    while (first < count && chunks_[first - 1].media_s < start * kBetweenStarts_s - kSame_s) ++first;
    if (first == count) break;
    play_from(first, least[first] + chunks_[first - 1].media_s, (1 - kBeginningWeight) / later);
  }
  chunks_.clear();
}

double StartReplay::required_s(double share) const noexcept {
  std::size_t i = 0;
  while (i + 1 < kGrid && dry_[i] > share * utterances_) ++i;
  return waiting_s(i);
}

}  // namespace hostmode
