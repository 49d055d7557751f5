#include "listening/listening.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "hostmode/keyframe.h"

namespace hostmode {
namespace {

constexpr double kRate = kLoudnessRateHz;

// What may matter still: what is compared, what lies between the bounds of a search, and packets that are
// ahead.
constexpr std::int64_t kSentKept = 75;  // frames
constexpr std::size_t kHeardKept = static_cast<std::size_t>(2.5 * kRate);

// What has to speak for a place, in nats a level, by how much of what is compared is audible. Measured by the
// line alone, on recordings and synthesised voices: of the same sound half are above 1.4, and 19 of 20 above
// 0.9; other speech at its best place stays below 1.0 of 0.25 s and below 0.7 of 0.8 s; the same words by
// another voice of the same synthesis, in the same rhythm, below 1.06 and 0.97. What comes of it with sound
// that jumps: docs/rtc.md.
struct Needed {
  double audible_s, mean;
};
constexpr Needed kShort{0.3, 1.1}, kLong{0.65, 1.0};
constexpr double kLeastAudible_s = 0.25;
// Or what has to in the mean of that and as much before it: two disjoint pieces on one line. There the same
// words by another voice stay below 0.61, and 9 of 10 of the same sound are above 0.9.
constexpr double kBoth = 0.65, kBoth_s = 0.4;
// Evidence of few levels may be chance where the sounds do not go together: the same sound was always more
// alike than 0.76.
constexpr double kAlike = 0.75;
// So much other sound just before what is alike: a phrase that was said again.
constexpr double kContradicts_s = 0.15, kContradicts = 0.0;
// A codec blurs clicks; two of them are like no others. One alone is like any other. Neither tells how much
// longer sound has become: they count once those that follow lie at the same place.
constexpr double kLikeClicks = 0.75, kLikeClick = 0.97;
constexpr double kApart_s = 0.02, kClicksApart_s = 0.1;
// A place by clicks is told from the line alone.
constexpr SoundEnd kClicksEnd{0, 0.002 * kRate, 0};
// Once found, it is looked for about there, and given up after a second without success.
constexpr double kThere = 0.5;
constexpr double kLost_s = 1.0;
// Where half of what is compared is other sound, a place that had so little time to prove itself was a
// mistake.
constexpr double kOther_s = 0.4, kSettled_s = 1.2;

// Two places are the same.
constexpr double kAgree_s = 0.008;
// Sound that begins so far from its place was moved in the pause.
constexpr double kMoved_s = 0.01;
// Another stretch, and another place by a measurement, than what is believed cost so much likeness.
constexpr double kStretchDoubt = 0.1, kBaseDoubt = 0.004;
// What may be further from its place than this is not told: in a pause, how long sound takes is a guess.
constexpr double kMostDoubt_s = 0.0075;
constexpr double kMostJump_s = 0.0075;
// In a pause nothing is heard of how sound is paced.
constexpr double kPause_s = 0.06;

double needed(double audible_s) noexcept {
  if (audible_s < kLeastAudible_s) return std::numeric_limits<double>::infinity();
  const double share = (audible_s - kShort.audible_s) / (kLong.audible_s - kShort.audible_s);
  return kShort.mean + std::clamp(share, 0.0, 1.0) * (kLong.mean - kShort.mean);
}

bool is_other(const Evidence& evidence, double least_s) noexcept {
  return evidence.audible_s >= least_s && evidence.mean < kContradicts;
}

}  // namespace

void Listening::hear(const std::int16_t* samples, std::size_t count) {
  meter_.add(samples, count, heard_);
  const std::size_t whole = heard_.size() / kLoudnessPhases;
  if (whole <= 2 * kHeardKept) return;
  const auto spare = static_cast<std::ptrdiff_t>(whole - kHeardKept);
  heard_.erase(heard_.begin(), heard_.begin() + spare * std::ptrdiff_t{kLoudnessPhases});
  first_heard_ += spare;
}

void Listening::restart() noexcept {
  sent_.clear();
  lose();
}

void Listening::lose() noexcept {
  end_base_s_.reset();
  clicks_.reset();
  line_.restart();
  staircase_.restart();
}

void Listening::expect(std::int64_t position, const FrameLoudness& loudness) {
  sent_[position] = loudness;
  sent_.erase(sent_.begin(), sent_.lower_bound(sent_.rbegin()->first - kSentKept));
}

double Listening::heard_s() const noexcept {
  return (static_cast<double>(first_heard_) + static_cast<double>(heard_.size() / kLoudnessPhases)) / kRate;
}

std::optional<Listening::Place> Listening::find(double earliest_s, double latest_s) {
  taken_back_ = false;
  if (sent_.empty()) return std::nullopt;
  const LatestSound latest = latest_sound();
  const SoundSearch search(sent_, latest.begin, latest.count, heard_s() * kRate);
  const std::optional<double> likeness = look(search, earliest_s, latest_s);
  if (!likeness) return std::nullopt;
  const double end_s = end_of_sent_s(search);
  const SoundSearch::Match match{line_.base_s(end_s) * kRate, 1 + line_.slope()};
  const SoundEnd end = search.clicks(match.base) > 0 ? kClicksEnd : search.end_of(match);
  const double since_s = heard_s() - (end_s + line_.base_s(end_s) + end.shift / kRate);
  const double slope_doubt = line_.slope_doubt() + (since_s < kPause_s ? 0.0 : staircase_.slope_doubt());
  const double doubt_s = end.doubt / kRate + slope_doubt * std::abs(since_s);
  if (doubt_s > kMostDoubt_s) return std::nullopt;
  const double stretch = 1 + line_.slope();
  Place place{end_s + since_s / stretch, heard_s(), stretch, *likeness};
  // It has jumped, or seems to: the next look tells.
  const bool jumps = end_base_s_ && std::abs(place.base_s() - *end_base_s_) > kMostJump_s;
  end_base_s_ = place.base_s();
  if (jumps) return std::nullopt;
  if (since_s < kPause_s) staircase_.add(end_s, heard_s() - since_s - end_s);
  const Staircase::Place told = staircase_.told(heard_s(), {place.position_s, line_.slope()});
  place.position_s = told.position_s;
  place.stretch = 1 + told.slope;
  return place;
}

std::optional<SoundBeginning> Listening::find_beginning(double earliest_s, double latest_s) {
  const LatestSound latest = latest_sound();
  std::vector<Loudness> apart(latest.count);
  for (std::size_t i = 0; i < apart.size(); ++i) apart[i] = latest.begin[(i + 1) * kLoudnessPhases - 1];
  const auto beginning =
      hostmode::find_beginning(sent_, apart.data(), apart.size(), heard_s(), earliest_s, latest_s);
  if (!beginning || line_.empty()) return beginning;
  const double position_s = beginning->heard_s - beginning->base_s;
  if (std::abs(beginning->base_s - line_.base_s(position_s)) <= kMoved_s) return beginning;
  lose();
  const auto frame = static_cast<std::int64_t>(position_s * kKeyframeRateHz);
  sent_.erase(sent_.begin(), sent_.lower_bound(frame));
  return beginning;
}

Listening::LatestSound Listening::latest_sound() const noexcept {
  const std::size_t whole = heard_.size() / kLoudnessPhases;
  const std::size_t kept = std::min(whole, kHeardKept);
  return {heard_.data() + (whole - kept) * kLoudnessPhases, kept};
}

double Listening::end_of_sent_s(const SoundSearch& search) const noexcept {
  return search.end_of_sent(line_.base_s(line_.position_s(heard_s())) * kRate) / kRate;
}

std::optional<double> Listening::look(const SoundSearch& search, double earliest_s, double latest_s) {
  if (!line_.empty()) {
    const std::optional<double> likeness = follow(search);
    if (likeness || taken_back_ || heard_s() - found_s_ < kLost_s) return likeness;
    lose();
  }
  const SoundSearch::Match match = search.anywhere(earliest_s * kRate, latest_s * kRate);
  const double audible_s = search.audible_s(match.base);
  const int clicks = search.clicks(match.base);
  const PlaceLine::Place place = search.place_of(match);
  if (clicks > 0) return look_at_clicks(match, place, clicks);
  clicks_.reset();
  if (match.likeness < kAlike) return std::nullopt;
  const double mean = std::max(search.evidence_of(match).mean, search.end_of(match).mean);
  const Evidence before = search.evidence_before(match);
  if (is_other(before, kContradicts_s)) return std::nullopt;
  const bool is_both = audible_s >= kBoth_s && before.audible_s >= kBoth_s &&
                       mean + search.end_before(match).mean >= 2 * kBoth;
  if (!is_both && mean < needed(audible_s)) return std::nullopt;
  believe(place);
  return match.likeness;
}

std::optional<double> Listening::look_at_clicks(const SoundSearch::Match& match,
                                                const PlaceLine::Place& place, int clicks) noexcept {
  if (match.likeness < (clicks > 1 ? kLikeClicks : kLikeClick)) {
    clicks_.reset();
    return std::nullopt;
  }
  const double passed_s = clicks_ ? place.position_s - clicks_->position_s : 0.0;
  if (clicks_ && passed_s < (clicks > 1 ? kApart_s : kClicksApart_s)) return std::nullopt;
  const bool agrees = clicks_ && std::abs(place.base_s - clicks_->base_s) <= kAgree_s;
  clicks_ = place;
  if (!agrees) return std::nullopt;
  believe(place);
  return match.likeness;
}

std::optional<double> Listening::follow(const SoundSearch& search) {
  const double end_s = end_of_sent_s(search);
  const SoundSearch::Prior prior{line_.base_s(end_s) * kRate, kBaseDoubt, 1 + line_.slope(), kStretchDoubt};
  const SoundSearch::Match there = search.polished(search.nearby(prior), prior);
  const Evidence speaks = search.evidence_of(there);
  const int clicks = search.clicks(there.base);
  const double mean = clicks > 0 ? speaks.mean : search.end_of(there).mean;
  const bool alike = clicks > 1 ? there.likeness >= kLikeClicks : there.likeness >= kAlike && mean >= kThere;
  if (!alike) {
    taken_back_ = is_other(speaks, kOther_s) && latest_s_ - first_s_ < kSettled_s;
    if (taken_back_) lose();
    return std::nullopt;
  }
  const PlaceLine::Place place = search.place_of(there);
  // The network has moved it.
  const double first_s = first_s_;
  if (std::abs(place.base_s - line_.base_s(place.position_s)) > kAgree_s) line_.restart();
  believe(place);
  first_s_ = first_s;
  return there.likeness;
}

void Listening::believe(const PlaceLine::Place& place) noexcept {
  if (line_.empty()) first_s_ = place.position_s;
  // In a pause what is compared stays the same.
  if (line_.empty() || place.position_s > latest_s_) line_.add(place);
  latest_s_ = place.position_s;
  found_s_ = heard_s();
}

}  // namespace hostmode
