#include "listening/sound_beginning.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace hostmode {
namespace {

constexpr double kRate = kLoudnessRateHz;
constexpr auto kPerFrame = static_cast<std::int64_t>(kLoudnessPerFrame);

// In measurements: so long it was silent, and so much of the sound is looked at.
constexpr std::size_t kSilent = 24;
constexpr std::size_t kLooked = 10;

// In half decibels above -96 dB of full scale. Sound is what is louder than -55 dB, and a beginning rises to
// -43 dB at least.
constexpr int kAudible = 2 * (96 - 55);
constexpr int kLeastLoud = 2 * (96 - 43);

// Two may be the same where, so far from one another, what is around them differs by less, in the mean. Of 31
// beginnings through Opus at 24 kbit/s the median differed by 4 and the most by 9.5; of 824 pairs of others
// the median by 6.8: what tells them apart is that no other lies between the bounds.
constexpr int kFurthest = 8;
constexpr int kBefore = 10, kAfter = 10;
constexpr double kMostDifferent = 10;

struct Measured {
  Loudness loudness{};
  bool known = false;
  [[nodiscard]] int loudest() const noexcept { return *std::max_element(loudness.begin(), loudness.end()); }
};
using Sound = std::vector<Measured>;

// Where sounds begin that are known so far, oldest first.
std::vector<std::ptrdiff_t> beginnings_of(const Sound& sound) {
  std::vector<std::ptrdiff_t> found;
  std::size_t silent = 0;
  for (std::size_t i = 0; i + kLooked <= sound.size(); ++i) {
    if (sound[i].known && sound[i].loudest() < kAudible) {
      ++silent;
      continue;
    }
    const bool begins = silent >= kSilent;
    silent = 0;
    if (!begins) continue;
    const auto first = sound.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = first + kLooked;
    const auto is_loud = [](const Measured& one) { return one.loudest() >= kLeastLoud; };
    const auto is_known = [](const Measured& one) { return one.known; };
    if (std::all_of(first, last, is_known) && std::any_of(first, last, is_loud)) {
      found.push_back(static_cast<std::ptrdiff_t>(i));
    }
  }
  return found;
}

// In half decibels, of what is audible; too much where either is not known.
double difference(const Sound& sent, std::ptrdiff_t sent_at, const Sound& heard, std::ptrdiff_t heard_at) {
  double sum = 0;
  int count = 0;
  for (int i = -kBefore; i < kAfter; ++i) {
    const std::ptrdiff_t s = sent_at + i, h = heard_at + i;
    if (h < 0 || h >= static_cast<std::ptrdiff_t>(heard.size())) continue;
    if (s < 0 || s >= static_cast<std::ptrdiff_t>(sent.size())) return 2 * kMostDifferent;
    const Measured& one = sent[static_cast<std::size_t>(s)];
    const Measured& other = heard[static_cast<std::size_t>(h)];
    if (!one.known) return 2 * kMostDifferent;
    for (std::size_t band = 0; band < kLoudnessBands; ++band) {
      sum += std::abs(std::max<int>(one.loudness[band], kAudible) -
                      std::max<int>(other.loudness[band], kAudible));
    }
    ++count;
  }
  return count < kBefore ? 2 * kMostDifferent : sum / count / static_cast<double>(kLoudnessBands);
}

}  // namespace

std::optional<SoundBeginning> find_beginning(const std::map<std::int64_t, FrameLoudness>& sent,
                                             const Loudness* heard, std::size_t count, double heard_end_s,
                                             double earliest_s, double latest_s) {
  if (sent.empty()) return std::nullopt;
  Sound came(count);
  std::transform(heard, heard + count, came.begin(), [](const Loudness& one) { return Measured{one, true}; });
  const std::vector<std::ptrdiff_t> begun = beginnings_of(came);
  if (begun.empty()) return std::nullopt;
  const std::ptrdiff_t at = begun.back();
  const double heard_s = heard_end_s - static_cast<double>(static_cast<std::ptrdiff_t>(count) - at) / kRate;

  // Before a round it is silent.
  const std::int64_t first = sent.begin()->first * kPerFrame;
  const std::size_t before = first == 0 ? kSilent : 0;
  const auto length = static_cast<std::size_t>((sent.rbegin()->first + 1) * kPerFrame - first);
  Sound said(before + length);
  std::fill_n(said.begin(), before, Measured{{}, true});
  for (const auto& [position, frame] : sent) {
    const auto place = static_cast<std::ptrdiff_t>(before) + (position * kPerFrame - first);
    std::transform(frame.begin(), frame.end(), said.begin() + place,
                   [](const Loudness& one) { return Measured{one, true}; });
  }
  std::optional<SoundBeginning> found;
  for (const std::ptrdiff_t begins : beginnings_of(said)) {
    std::ptrdiff_t best = begins;
    double least = kMostDifferent;
    for (std::ptrdiff_t one = begins - kFurthest; one <= begins + kFurthest; ++one) {
      const double differs = difference(said, one, came, at);
      if (differs >= least) continue;
      least = differs;
      best = one;
    }
    const auto sent_at = static_cast<double>(first + best - static_cast<std::ptrdiff_t>(before));
    const double base_s = heard_s - sent_at / kRate;
    if (least >= kMostDifferent || base_s < earliest_s || base_s > latest_s) continue;
    if (found) return std::nullopt;
    found = {base_s, heard_s};
  }
  return found;
}

}  // namespace hostmode
