#include "listening/listening.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace hostmode {
namespace {

constexpr double kRate = kLoudnessRateHz;
constexpr auto kPerFrame = static_cast<std::int64_t>(kLoudnessPerFrame);

// In measurements. Of the latest 0.8 s, at least 0.5 s are compared: long enough for a word or two, short
// enough to follow a network.
constexpr double kWindow = 0.8 * kRate;
constexpr double kLeast = 0.5 * kRate;
// What may matter still: a window, what lies between the bounds of a search, and packets that are ahead.
constexpr std::int64_t kSentKept = 75;  // frames
constexpr std::size_t kHeardKept = static_cast<std::size_t>(2.5 * kRate);

// Above the floor of a shape: -50 dB of full scale.
constexpr float kAudible = 20;

constexpr int kMostStretch = 6;  // percent
constexpr double kNear = 0.03 * kRate;
constexpr std::size_t kCandidates = 6;
// Two places are the same.
constexpr double kAgree = 0.008 * kRate;
constexpr double kStretchAgree = 0.015;
constexpr double kApart = 0.02 * kRate;
// Once found, it is looked for about there, and given up after a second without success.
constexpr double kFollowed = 0.04 * kRate;
constexpr double kLost_s = 1.0;

// The same sound through Opus at 24 kbit/s is mostly alike by more than 0.95; other speech at its best place
// was in hardly any of some hundred pairs by more than 0.85: tests/python/test_listening.py draws both.
constexpr double kLike = 0.92, kLikeLong = 0.90;
// What is alike by so much, of which so much is audible, need not be found twice.
constexpr double kSure = 0.975;
constexpr std::size_t kSureAudible = static_cast<std::size_t>(0.3 * kRate);
// A codec blurs clicks; two of them are like no others.
constexpr double kLikeClicks = 0.75;
constexpr std::size_t kClicksAudible = static_cast<std::size_t>(0.08 * kRate);
constexpr std::size_t kClicksApart = static_cast<std::size_t>(0.1 * kRate);
constexpr double kLikeThere = 0.95;
// Where a pause ends what is compared, many a stretch fits: another one, and another place, cost so much
// likeness.
constexpr double kStretchDoubt = 0.7, kEvenDoubt = 0.02;
constexpr double kBaseDoubt = 0.004;
// What follows a pause is expected where the stretch of several comparisons leads.
constexpr double kSmoothed = 0.3;
constexpr double kAhead = 0.05;  // of any place that is not near

}  // namespace

void Listening::hear(const std::int16_t* samples, std::size_t count) {
  meter_.add(samples, count, heard_);
  if (heard_.size() <= 2 * kHeardKept) return;
  const auto spare = static_cast<std::ptrdiff_t>(heard_.size() - kHeardKept);
  heard_.erase(heard_.begin(), heard_.begin() + spare);
  first_heard_ += spare;
}

void Listening::restart() noexcept {
  sent_.clear();
  candidate_.reset();
  found_.reset();
}

void Listening::expect(std::int64_t position, const FrameLoudness& loudness) {
  sent_[position] = loudness;
  sent_.erase(sent_.begin(), sent_.lower_bound(sent_.rbegin()->first - kSentKept));
}

std::optional<Listening::Place> Listening::find(double earliest_s, double latest_s) {
  std::optional<Place> place = search(earliest_s, latest_s);
  if (!place) return place;
  const double now_s = heard_end() / kRate;
  place->position_s += (now_s - place->heard_s) / place->stretch;
  place->heard_s = now_s;
  return place;
}

std::optional<Listening::Place> Listening::search(double earliest_s, double latest_s) {
  if (sent_.empty()) return std::nullopt;
  prepare();
  const auto place_of = [&](const Match& match) {
    const double end = end_of_sent(match.base);
    return Place{end / kRate, (end + match.base) / kRate, match.stretch, match.likeness};
  };
  if (found_) {
    const Match there = nearby(
        {expected_base(*found_, found_->base_s() * kRate), kBaseDoubt, found_->stretch, kStretchDoubt});
    if (there.likeness >= (is_clicks(there) ? kLikeClicks : kLikeThere)) {
      const double before = found_->stretch;
      found_ = place_of(there);
      found_->stretch = before + kSmoothed * (there.stretch - before);
      return found_;
    }
    if (heard_end() / kRate - found_->heard_s < kLost_s) return std::nullopt;
    found_.reset();
    candidate_.reset();
  }
  const Match match = anywhere(earliest_s * kRate, latest_s * kRate);
  if (match.likeness < 0) {
    candidate_.reset();
    return std::nullopt;
  }
  const Place place = place_of(match);
  if (is_sure(match)) {
    found_ = place;
  } else if (candidate_) {
    if ((place.position_s - candidate_->position_s) * kRate < kApart) return std::nullopt;
    const double apart = match.base - expected_base(*candidate_, match.base);
    if (std::abs(apart) <= kAgree && std::abs(match.stretch - candidate_->stretch) <= kStretchAgree) {
      found_ = place;
    }
  }
  candidate_ = place;
  return found_;
}

void Listening::prepare() {
  first_sent_ = sent_.begin()->first * kPerFrame;
  const auto count = static_cast<std::size_t>((sent_.rbegin()->first + 1) * kPerFrame - first_sent_);
  std::vector<Loudness> loudness(count);
  const auto known = std::make_unique<bool[]>(count);
  for (const auto& [position, frame] : sent_) {
    const auto at = static_cast<std::size_t>(position * kPerFrame - first_sent_);
    std::copy(frame.begin(), frame.end(), loudness.begin() + static_cast<std::ptrdiff_t>(at));
    std::fill_n(&known[at], kLoudnessPerFrame, true);
  }
  sent_shape_ = shape_of(loudness.data(), known.get(), count);
  audible_end_.assign(count + 1, 0);
  audible_.assign(count + 1, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const bool audible = sent_shape_[i].values[0] > kAudible;
    audible_end_[i + 1] = audible ? i + 1 : audible_end_[i];
    audible_[i + 1] = audible_[i] + (audible ? 1 : 0);
  }
  const std::size_t kept = std::min(heard_.size(), kHeardKept);
  heard_shape_ = shape_of(heard_.data() + (heard_.size() - kept), nullptr, kept);
}

// Of what was sent, the end of the last audible measurement that has come if position 0 lies at `base`: what
// is compared ends with a sound, or where that lies would be told from a stretch that many values fit.
double Listening::end_of_sent(double base) const noexcept {
  const double come = std::floor(heard_end() - base) - static_cast<double>(first_sent_);
  const double last = static_cast<double>(sent_shape_.size());
  const auto end = static_cast<std::size_t>(std::clamp(come, 0.0, last));
  return static_cast<double>(first_sent_) + static_cast<double>(audible_end_[end]);
}

double Listening::heard_end() const noexcept {
  return static_cast<double>(first_heard_) + static_cast<double>(heard_.size());
}

Listening::Window Listening::window_of(double base) const noexcept {
  const auto end = static_cast<std::size_t>(end_of_sent(base) - static_cast<double>(first_sent_));
  return {end - std::min(end, static_cast<std::size_t>(kWindow)), end};
}

bool Listening::is_sure(const Match& match) const noexcept {
  const auto [begin, end] = window_of(match.base);
  return match.likeness >= kSure && audible_[end] - audible_[begin] >= kSureAudible;
}

// Whether what is compared is nothing but two short sounds or more, apart.
bool Listening::is_clicks(const Match& match) const noexcept {
  const auto [begin, end] = window_of(match.base);
  if (audible_[end] - audible_[begin] > kClicksAudible) return false;
  int clicks = 0;
  std::size_t silent = kClicksApart;
  for (std::size_t i = begin; i < end; ++i) {
    if (audible_[i + 1] == audible_[i]) {
      ++silent;
      continue;
    }
    if (silent >= kClicksApart) ++clicks;
    silent = 0;
  }
  return clicks >= 2;
}

double Listening::likeness_at(double base, double stretch) const noexcept {
  const Window window = window_of(base);
  if (static_cast<double>(window.span()) < kLeast) return -1.0;
  const double heard_from = heard_end() - static_cast<double>(heard_shape_.size());
  Overlay overlay;
  overlay.end = window.end;
  overlay.span = window.span();
  overlay.heard_end = base + static_cast<double>(first_sent_) + static_cast<double>(window.end) - heard_from;
  overlay.stretch = stretch;
  return likeness(sent_shape_, heard_shape_, overlay);
}

double Listening::Prior::score(const Match& match) const noexcept {
  return match.likeness - stretch_doubt * std::abs(match.stretch - stretch) -
         base_doubt * std::abs(match.base - base);
}

void Listening::Best::consider(const Match& other) noexcept {
  const double others = prior.score(other);
  if (others <= score) return;
  match = other;
  score = others;
}

Listening::Match Listening::match_at(double base, double stretch) const noexcept {
  return {base, stretch, likeness_at(base, stretch)};
}

Listening::Match Listening::refined(const Match& coarse, const Prior& prior) const noexcept {
  struct Grid {
    double base, stretch;
    int bases;
  };
  Best best{prior, {coarse.base, coarse.stretch}};
  for (const Grid grid : {Grid{1.0, 0.01, 2}, Grid{0.25, 0.005, 3}}) {
    const Match around = best.match;
    for (int i = -grid.bases; i <= grid.bases; ++i) {
      for (int j = -1; j <= 1; ++j) {
        best.consider(match_at(around.base + i * grid.base, around.stretch + j * grid.stretch));
      }
    }
  }
  return best.match;
}

// The best at most kFollowed away from `prior`.
Listening::Match Listening::nearby(const Prior& prior) const noexcept {
  Best best{prior};
  for (double off = -kFollowed; off <= kFollowed; ++off) {
    for (int percent = -kMostStretch; percent <= kMostStretch; ++percent) {
      best.consider(match_at(prior.base + off, 1 + 0.01 * percent));
    }
  }
  return best.match.likeness < 0 ? best.match : refined(best.match, prior);
}

// The best between two bases, if it is alike, and more so than any that is not near.
Listening::Match Listening::anywhere(double first, double last) const {
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
  std::sort(peaks.begin(), peaks.end(), higher);
  if (peaks.empty()) return {};
  const Match best = peaks.front();
  const double span = static_cast<double>(window_of(best.base).span());
  const double needed = kLike + (kLikeLong - kLike) * (span - kLeast) / (kWindow - kLeast);
  if (best.likeness < (is_clicks(best) ? kLikeClicks : needed)) return {};
  for (const Match& peak : peaks) {
    if (std::abs(peak.base - best.base) > kNear && best.likeness - peak.likeness < kAhead) return {};
  }
  return best;
}

// Where a place that was found before has drifted to by the position that goes with `base`.
double Listening::expected_base(const Place& place, double base) const noexcept {
  return place.base_s() * kRate + (place.stretch - 1) * (end_of_sent(base) - place.position_s * kRate);
}

}  // namespace hostmode
