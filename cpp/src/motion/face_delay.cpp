#include "motion/face_delay.h"

#include <algorithm>
#include <functional>

namespace hostmode {
namespace {

constexpr double kMemory_s = 4.0;
// The latest keyframe may be held for so long: less than anybody sees.
constexpr double kTolerance_s = 0.005;
// A sender that keeps coming late has less than this in flight.
constexpr double kPlenty_s = 0.5;
constexpr std::size_t kArrivalsAnOutlier = 16;
// What the delay does not follow: it would wander with every arrival.
constexpr double kDeadband_s = 0.01;
// Within which a face counts as one that catches up, though it does not yet: so long do blends take.
constexpr double kAhead_s = 1.0;
// In which nothing but a change at that moment shows.
constexpr double kMoment_s = 1e-3;
// How far back the delay may be asked for.
constexpr double kHistory_s = 3.0;

double slewed(double from, double to, double elapsed_s) noexcept {
  return from + std::clamp(to - from, -FaceDelay::kGivesBack * elapsed_s, FaceDelay::kHoldsBack * elapsed_s);
}

}  // namespace

double FaceDelay::Piece::at(double heard_s) const noexcept {
  const double held_s = std::clamp(heard_s, from_s, until_s) - from_s;
  const double released_s = std::max(0.0, heard_s - until_s);
  return slewed(slewed(delay_s, aim_s, held_s), 0.0, released_s);
}

void FaceDelay::learn(double heard_s, double lack_s, double in_hand_s, bool shown, double rested_s) {
  const bool same_instant =
      arrival_count_ > 0 && arrivals_[(arrival_count_ - 1) % arrivals_.size()].heard_s == heard_s;
  // What comes in one go is late once.
  if (!same_instant)
    arrivals_[arrival_count_++ % arrivals_.size()] = {heard_s, lack_s - kTolerance_s + rested_s};
  if (in_hand_s - heard_s >= kPlenty_s) {
    if (!pieces_.empty() && pieces_.back().from_s == heard_s) pieces_.pop_back();
    if (!pieces_.empty() && pieces_.back().until_s > heard_s) {
      add({heard_s, heard_s, std::max(pieces_.back().at(heard_s), rested_s), 0.0});
    }
    return;
  }

  const double wanted = wanted_s(heard_s, rested_s);
  const double until_s = heard_s + kMemory_s;
  if (pieces_.empty()) {
    if (wanted > rested_s) add({heard_s, until_s, shown ? rested_s : wanted, wanted});
    return;
  }
  Piece& latest = pieces_.back();
  const bool holds = heard_s < latest.until_s;
  if (holds && wanted <= latest.aim_s && wanted > latest.aim_s - kDeadband_s) {
    latest.until_s = until_s;
  } else if (wanted > rested_s || latest.at(heard_s) > rested_s) {
    add({heard_s, until_s, std::max(latest.at(heard_s), rested_s), wanted});
  }
}

double FaceDelay::at(double heard_s, double rested_s) const noexcept {
  return std::max(0.0, undisturbed_s(heard_s) - rested_s);
}

bool FaceDelay::holds(double heard_s) const noexcept {
  return !pieces_.empty() && heard_s < pieces_.back().until_s;
}

double FaceDelay::undisturbed_s(double heard_s) const noexcept {
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (piece->from_s <= heard_s) return piece->at(heard_s);
  }
  // What comes before the first piece was not shown, or not delayed.
  return pieces_.empty() ? 0.0 : pieces_.front().delay_s;
}

double FaceDelay::pace(double heard_s, double rested_s) const noexcept {
  const auto shrinks_from = [&](double from_s) {
    return at(from_s + kMoment_s, rested_s) < at(from_s, rested_s);
  };
  const double until_s = pieces_.empty() ? heard_s : pieces_.back().until_s;
  const bool is_soon_given_back = until_s > heard_s && until_s < heard_s + kAhead_s;
  return shrinks_from(heard_s) || (is_soon_given_back && shrinks_from(until_s)) ? 1.0 + kGivesBack : 1.0;
}

double FaceDelay::wanted_s(double heard_s, double rested_s) const noexcept {
  std::array<double, std::tuple_size<decltype(arrivals_)>::value> lacks{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < std::min(arrival_count_, arrivals_.size()); ++i) {
    if (arrivals_[i].heard_s > heard_s - kMemory_s) lacks[count++] = arrivals_[i].lack_s;
  }
  const std::size_t rank = count / kArrivalsAnOutlier;
  const auto begin = lacks.begin();
  std::nth_element(begin, begin + static_cast<std::ptrdiff_t>(rank),
                   begin + static_cast<std::ptrdiff_t>(count), std::greater<>());
  return std::clamp(lacks[rank], rested_s, rested_s + kMost_s);
}

void FaceDelay::add(const Piece& piece) {
  pieces_.push_back(piece);
  while (pieces_.size() > 1 && pieces_[1].from_s < piece.from_s - kHistory_s) pieces_.pop_front();
}

}  // namespace hostmode
