#include "listening/sound_search.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace hostmode {
namespace {

constexpr double kRate = kLoudnessRateHz;
constexpr auto kPerFrame = static_cast<std::int64_t>(kLoudnessPerFrame);

// In measurements. Of the latest 0.8 s, at least 0.25 s are compared: long enough for a word or two, short
// enough to follow a network.
constexpr double kWindow = 0.8 * kRate;
constexpr double kLeast = 0.25 * kRate;

// Above the floor of a shape, in half decibels: -55 dB of full scale in any band.
constexpr float kAudible = 30;

constexpr int kMostStretch = 6;  // percent
constexpr double kNear = 0.03 * kRate;
constexpr double kFollowed = 0.04 * kRate;
constexpr std::size_t kCandidates = 6;
constexpr double kAhead = 0.3;       // of any place that is not near, in nats a value
constexpr double kEvenDoubt = 0.02;  // where many a stretch fits, another one costs so much likeness

// What costs likeness costs so much evidence.
constexpr double kNatsALikeness = 10.0;
constexpr double kManyNats = 1e9;

constexpr std::size_t kClicksAudible = static_cast<std::size_t>(0.08 * kRate);
constexpr std::size_t kClicksApart = static_cast<std::size_t>(0.1 * kRate);

}  // namespace

SoundSearch::SoundSearch(const std::map<std::int64_t, FrameLoudness>& sent, const Loudness* heard,
                         std::size_t count, double heard_end)
    : heard_(heard),
      heard_shape_(shape_of(heard + (kLoudnessPhases - 1), nullptr, count, kLoudnessPhases)),
      first_sent_(sent.begin()->first * kPerFrame),
      heard_end_(heard_end) {
  const auto length = static_cast<std::size_t>((sent.rbegin()->first + 1) * kPerFrame - first_sent_);
  std::vector<Loudness> loudness(length);
  const auto known = std::make_unique<bool[]>(length);
  for (const auto& [position, frame] : sent) {
    const auto at = static_cast<std::size_t>(position * kPerFrame - first_sent_);
    std::copy(frame.begin(), frame.end(), loudness.begin() + static_cast<std::ptrdiff_t>(at));
    std::fill_n(&known[at], kLoudnessPerFrame, true);
  }
  sent_shape_ = shape_of(loudness.data(), known.get(), length);
  audible_end_.assign(length + 1, 0);
  audible_.assign(length + 1, 0);
  for (std::size_t i = 0; i < length; ++i) {
    const bool audible = sent_shape_[i].loudest > kAudible;
    audible_end_[i + 1] = audible ? i + 1 : audible_end_[i];
    audible_[i + 1] = audible_[i] + (audible ? 1 : 0);
  }
}

double SoundSearch::end_of_sent(double base) const noexcept {
  const double come = std::floor(heard_end_ - base) - static_cast<double>(first_sent_);
  const double last = static_cast<double>(sent_shape_.size());
  const auto end = static_cast<std::size_t>(std::clamp(come, 0.0, last));
  return static_cast<double>(first_sent_) + static_cast<double>(audible_end_[end]);
}

SoundSearch::Window SoundSearch::window_of(double base) const noexcept {
  const auto end = static_cast<std::size_t>(end_of_sent(base) - static_cast<double>(first_sent_));
  return {end - std::min(end, static_cast<std::size_t>(kWindow)), end};
}

PlaceLine::Place SoundSearch::place_of(const Match& match) const noexcept {
  const auto [begin, end] = window_of(match.base);
  double count = 0, sum = 0, squares = 0;  // of how far before the end what is audible lies
  for (std::size_t i = begin; i < end; ++i) {
    if (audible_[i + 1] == audible_[i]) continue;
    const double before = (static_cast<double>(end - i) - 0.5) / kRate;
    ++count;
    sum += before;
    squares += before * before;
  }
  const double mean = count > 0 ? sum / count : 0.0;
  const double variance = count > 0 ? squares / count - mean * mean : 0.0;
  const double end_s = (static_cast<double>(first_sent_) + static_cast<double>(end)) / kRate;
  const double slope = match.stretch - 1;
  return {end_s - mean, match.base / kRate - slope * mean, slope, variance};
}

double SoundSearch::audible_s(double base) const noexcept {
  const auto [begin, end] = window_of(base);
  return static_cast<double>(audible_[end] - audible_[begin]) / kRate;
}

int SoundSearch::clicks(double base) const noexcept {
  const auto [begin, end] = window_of(base);
  if (audible_[end] - audible_[begin] > kClicksAudible) return 0;
  int count = 0;
  std::size_t silent = kClicksApart;
  for (std::size_t i = begin; i < end; ++i) {
    if (audible_[i + 1] == audible_[i]) {
      ++silent;
      continue;
    }
    if (silent >= kClicksApart) ++count;
    silent = 0;
  }
  return count;
}

Overlay SoundSearch::overlay_of(double base, double stretch) const noexcept {
  const Window window = window_of(base);
  const double heard_from = heard_end_ - static_cast<double>(heard_shape_.size());
  Overlay overlay;
  overlay.end = window.end;
  overlay.span = window.span();
  overlay.heard_end = base + static_cast<double>(first_sent_) + static_cast<double>(window.end) - heard_from;
  overlay.stretch = stretch;
  return overlay;
}

double SoundSearch::likeness_at(double base, double stretch) const noexcept {
  const Overlay overlay = overlay_of(base, stretch);
  if (static_cast<double>(overlay.span) < kLeast) return -1.0;
  return likeness(sent_shape_, heard_shape_, overlay);
}

Evidence SoundSearch::evidence_of(const Match& match) const noexcept {
  return evidence(sent_shape_, heard_, heard_shape_.size(), overlay_of(match.base, match.stretch));
}

SoundEnd SoundSearch::end_of(const Match& match) const noexcept {
  return hostmode::end_of(sent_shape_, heard_, heard_shape_.size(), overlay_of(match.base, match.stretch));
}

SoundEnd SoundSearch::end_before(const Match& match) const noexcept {
  return hostmode::end_of(sent_shape_, heard_, heard_shape_.size(), overlay_before(match));
}

SoundSearch::Match SoundSearch::polished(const Match& match, const Prior& prior) const noexcept {
  Match best = match;
  double most = -kManyNats;
  for (int i = -2; i <= 2; ++i) {
    for (int j = -2; j <= 2; ++j) {
      const Match about{match.base + 0.5 * i, match.stretch + 0.005 * j, match.likeness};
      const Evidence speaks = evidence_of(about);
      const Match other{about.base + speaks.shift, about.stretch, match.likeness};
      const double score = speaks.mean - kNatsALikeness * (match.likeness - prior.score(other));
      if (score <= most) continue;
      most = score;
      best = other;
    }
  }
  return best;
}

Overlay SoundSearch::overlay_before(const Match& match) const noexcept {
  Overlay overlay = overlay_of(match.base, match.stretch);
  overlay.heard_end -= match.stretch * static_cast<double>(overlay.span);
  overlay.end -= overlay.span;
  overlay.span = std::min(overlay.end, static_cast<std::size_t>(kWindow));
  return overlay;
}

Evidence SoundSearch::evidence_before(const Match& match) const noexcept {
  return evidence(sent_shape_, heard_, heard_shape_.size(), overlay_before(match));
}

double SoundSearch::Prior::score(const Match& match) const noexcept {
  return match.likeness - stretch_doubt * std::abs(match.stretch - stretch) -
         base_doubt * std::abs(match.base - base);
}

void SoundSearch::Best::consider(const Match& other) noexcept {
  const double others = prior.score(other);
  if (others <= score) return;
  match = other;
  score = others;
}

SoundSearch::Match SoundSearch::match_at(double base, double stretch) const noexcept {
  return {base, stretch, likeness_at(base, stretch)};
}

SoundSearch::Match SoundSearch::refined(const Match& coarse, const Prior& prior) const noexcept {
  struct Grid {
    double base, stretch;
    int bases;
  };
  Best best{prior, {coarse.base, coarse.stretch}};
  for (const Grid grid : {Grid{0.5, 0.01, 2}, Grid{0.125, 0.005, 3}}) {
    const Match around = best.match;
    for (int i = -grid.bases; i <= grid.bases; ++i) {
      for (int j = -1; j <= 1; ++j) {
        best.consider(match_at(around.base + i * grid.base, around.stretch + j * grid.stretch));
      }
    }
  }
  return best.match;
}

SoundSearch::Match SoundSearch::nearby(const Prior& prior) const noexcept {
  Best best{prior};
  for (double off = -kFollowed; off <= kFollowed; ++off) {
    for (int percent = -kMostStretch; percent <= kMostStretch; ++percent) {
      best.consider(match_at(prior.base + off, 1 + 0.01 * percent));
    }
  }
  return best.match.likeness < 0 ? best.match : refined(best.match, prior);
}

SoundSearch::Match SoundSearch::anywhere(double first, double last) const {
  const Prior even{0, 0, 1, kEvenDoubt};
  std::vector<Match> bases;
  for (double base = first; base <= last; ++base) {
    Best best{even};
    for (int percent = -kMostStretch; percent <= kMostStretch; percent += 2) {
      best.consider(match_at(base, 1 + 0.01 * percent));
    }
    bases.push_back(best.match);
  }
  std::vector<Match> peaks;
  for (std::size_t i = 1; i + 1 < bases.size(); ++i) {
    const double height = bases[i].likeness;
    if (height > 0 && height >= bases[i - 1].likeness && height > bases[i + 1].likeness) {
      peaks.push_back(bases[i]);
    }
  }
  const auto higher = [](const Match& one, const Match& other) { return one.likeness > other.likeness; };
  std::sort(peaks.begin(), peaks.end(), higher);
  if (peaks.size() > kCandidates) peaks.resize(kCandidates);
  for (Match& peak : peaks) peak = refined(peak, even);
  std::vector<double> means;
  for (const Match& peak : peaks) means.push_back(evidence_of(peak).mean);
  if (peaks.empty()) return {};
  const auto best = static_cast<std::size_t>(std::max_element(means.begin(), means.end()) - means.begin());
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    const bool is_near = std::abs(peaks[i].base - peaks[best].base) <= kNear;
    if (!is_near && means[best] - means[i] < kAhead) return {};
  }
  return polished(peaks[best], even);
}

}  // namespace hostmode
