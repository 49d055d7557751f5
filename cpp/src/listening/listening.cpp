#include "listening/listening.h"

#include <algorithm>
#include <cmath>

#include "hostmode/keyframe.h"

namespace hostmode {
namespace {

constexpr double kRate = kLoudnessRateHz;

// What may matter still: what is compared, what lies between the bounds of a search, and packets that are
// ahead.
constexpr std::int64_t kSentKept = 75;  // frames
constexpr std::size_t kHeardKept = static_cast<std::size_t>(2.5 * kRate);

// How alike what is compared has to be, by how much of it is audible: to count at once, and to count if the
// next comparison agrees. The same sound through Opus at 24 kbit/s is mostly alike by more than 0.95. Other
// words at their best place were in one of some 500 pairs by 0.95, where 0.4 s were audible, else by less
// than 0.92, and from 0.5 s on by less than 0.86: tests/python/test_listening.py draws both.
struct Needed {
  double audible_s, at_once, twice;
};
constexpr Needed kShort{0.3, 0.975, 0.97}, kLong{0.65, 0.93, 0.90};
constexpr double kLeastAudible_s = 0.25;
// A codec blurs clicks; two of them are like no others.
constexpr double kLikeClicks = 0.75;
// One alone is like any other, and does not tell how much longer sound has become: it counts once the next,
// alone as well, lies at the same place.
constexpr double kLikeClick = 0.97;
constexpr double kClicksApart_s = 0.1;
// Once found, it is looked for about there, and given up after a second without success.
constexpr double kLikeThere = 0.95;
constexpr double kLost_s = 1.0;

// Two places are the same; two comparisons are of different sound.
constexpr double kAgree_s = 0.008;
constexpr double kApart_s = 0.02;
// Sound that begins so far from its place was moved in the pause.
constexpr double kMoved_s = 0.01;
// Another stretch, and another place by a measurement, than what is believed cost so much likeness.
constexpr double kStretchDoubt = 0.1, kBaseDoubt = 0.004;
// What may be further from its place than this is not told: in a pause, how long sound takes is a guess.
constexpr double kMostDoubt_s = 0.0075;

double needed(double audible_s, double Needed::* what) noexcept {
  if (audible_s < kLeastAudible_s) return 2.0;  // more than anything is
  const double share = (audible_s - kShort.audible_s) / (kLong.audible_s - kShort.audible_s);
  return kShort.*what + std::clamp(share, 0.0, 1.0) * (kLong.*what - kShort.*what);
}

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
  lose();
}

void Listening::lose() noexcept {
  candidate_.reset();
  click_.reset();
  line_.restart();
}

void Listening::expect(std::int64_t position, const FrameLoudness& loudness) {
  sent_[position] = loudness;
  sent_.erase(sent_.begin(), sent_.lower_bound(sent_.rbegin()->first - kSentKept));
}

double Listening::heard_s() const noexcept {
  return (static_cast<double>(first_heard_) + static_cast<double>(heard_.size())) / kRate;
}

std::optional<Listening::Place> Listening::find(double earliest_s, double latest_s) {
  if (sent_.empty()) return std::nullopt;
  const std::size_t kept = std::min(heard_.size(), kHeardKept);
  const SoundSearch search(sent_, heard_.data() + (heard_.size() - kept), kept, heard_s() * kRate);
  const std::optional<double> likeness = look(search, earliest_s, latest_s);
  if (!likeness) return std::nullopt;
  const double position_s = heard_s() - line_.base_s(heard_s() - line_.base_s(heard_s()));
  if (line_.doubt_s(position_s) > kMostDoubt_s) return std::nullopt;
  return Place{position_s, heard_s(), 1 + line_.slope(), *likeness};
}

std::optional<SoundBeginning> Listening::find_beginning(double earliest_s, double latest_s) {
  const std::size_t kept = std::min(heard_.size(), kHeardKept);
  const auto beginning = hostmode::find_beginning(sent_, heard_.data() + (heard_.size() - kept), kept,
                                                  heard_s(), earliest_s, latest_s);
  if (!beginning || line_.empty()) return beginning;
  const double position_s = beginning->heard_s - beginning->base_s;
  if (std::abs(beginning->base_s - line_.base_s(position_s)) <= kMoved_s) return beginning;
  lose();
  const auto frame = static_cast<std::int64_t>(position_s * kKeyframeRateHz);
  sent_.erase(sent_.begin(), sent_.lower_bound(frame));
  return beginning;
}

std::optional<double> Listening::look(const SoundSearch& search, double earliest_s, double latest_s) {
  if (!line_.empty()) {
    const std::optional<double> likeness = follow(search);
    if (likeness || heard_s() - found_s_ < kLost_s) return likeness;
    lose();
  }
  const SoundSearch::Match match = search.anywhere(earliest_s * kRate, latest_s * kRate);
  const double audible_s = search.audible_s(match.base);
  const int clicks = search.clicks(match.base);
  const PlaceLine::Place place = search.place_of(match);
  if (clicks == 1) return look_at_click(match, place);
  if (match.likeness < (clicks > 1 ? kLikeClicks : needed(audible_s, &Needed::twice))) {
    candidate_.reset();
    return std::nullopt;
  }
  bool agrees = false;
  if (candidate_) {
    const double passed_s = place.position_s - candidate_->position_s;
    if (passed_s < kApart_s) return std::nullopt;
    const double drift_s = 0.5 * (place.slope + candidate_->slope) * passed_s;
    agrees = std::abs(place.base_s - candidate_->base_s - drift_s) <= kAgree_s;
  }
  candidate_ = place;
  if (!agrees && match.likeness < needed(audible_s, &Needed::at_once)) return std::nullopt;
  believe(place);
  return match.likeness;
}

std::optional<double> Listening::look_at_click(const SoundSearch::Match& match,
                                               const PlaceLine::Place& place) noexcept {
  candidate_.reset();
  if (match.likeness < kLikeClick) return std::nullopt;
  const bool agrees = click_ && place.position_s - click_->position_s >= kClicksApart_s &&
                      std::abs(place.base_s - click_->base_s) <= kAgree_s;
  click_ = place;
  if (!agrees) return std::nullopt;
  believe(place);
  return match.likeness;
}

std::optional<double> Listening::follow(const SoundSearch& search) {
  const double about_s = line_.base_s(heard_s() - line_.base_s(heard_s()));
  const double end_s = search.end_of_sent(about_s * kRate) / kRate;
  const SoundSearch::Match there =
      search.nearby({line_.base_s(end_s) * kRate, kBaseDoubt, 1 + line_.slope(), kStretchDoubt});
  if (there.likeness < (search.clicks(there.base) > 1 ? kLikeClicks : kLikeThere)) return std::nullopt;
  const PlaceLine::Place place = search.place_of(there);
  // The network has moved it.
  if (std::abs(place.base_s - line_.base_s(place.position_s)) > kAgree_s) line_.restart();
  believe(place);
  return there.likeness;
}

void Listening::believe(const PlaceLine::Place& place) noexcept {
  // In a pause what is compared stays the same.
  if (line_.empty() || place.position_s > latest_s_) line_.add(place);
  latest_s_ = place.position_s;
  found_s_ = heard_s();
}

}  // namespace hostmode
