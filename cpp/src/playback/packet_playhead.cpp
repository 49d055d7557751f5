#include "playback/packet_playhead.h"

#include <algorithm>

namespace hostmode {
namespace {

constexpr double kFollowing = 0.1;      // of the speed, for another delay
constexpr double kSlow = 0.75;          // while nothing new comes
constexpr double kMostBehind_s = 0.15;  // the delay that is wanted, by slowing down
constexpr double kHistory_s = 2.0;

}  // namespace

void PacketPlayhead::follow(double wanted_s, double now_s) {
  const bool jumps = pieces_.empty() || now_s - latest_s_ >= PacketDelay::kInterruption_s;
  latest_s_ = now_s;
  Piece piece{now_s, jumps ? now_s - wanted_s : position_s(now_s), 1.0};
  while (!pieces_.empty() && pieces_.back().from_s >= now_s) pieces_.pop_back();
  while (pieces_.size() > 1 && pieces_[1].from_s < now_s - kHistory_s) pieces_.pop_front();

  const double behind_s = now_s - piece.position_s - wanted_s;  // the delay that is wanted
  if (behind_s != 0) piece.speed = behind_s > 0 ? 1 + kFollowing : 1 - kFollowing;
  const double settled_s = now_s + (behind_s > 0 ? behind_s : -behind_s) / kFollowing;
  const double slow_s = now_s + period_s_ + PacketDelay::kGap_s;
  pieces_.push_back(piece);
  if (settled_s < slow_s && settled_s > now_s) {
    piece = {settled_s, settled_s - wanted_s, 1.0};
    pieces_.push_back(piece);
  }
  piece = {slow_s, at(piece, slow_s), kSlow};
  const double room_s = kMostBehind_s - (slow_s - piece.position_s - wanted_s);
  if (room_s > 0) {
    pieces_.push_back(piece);
    const double until_s = slow_s + room_s / (1 - kSlow);
    piece = {until_s, at(piece, until_s), 1.0};
  } else {
    piece.speed = 1.0;
  }
  pieces_.push_back(piece);
}

double PacketPlayhead::position_s(double t_s) const noexcept {
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (piece->from_s <= t_s) return at(*piece, t_s);
  }
  return pieces_.empty() ? 0.0 : at(pieces_.front(), t_s);
}

double PacketPlayhead::time_of(double position_s) const noexcept {
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (piece->position_s <= position_s || piece + 1 == pieces_.rend()) {
      return piece->from_s + (position_s - piece->position_s) / piece->speed;
    }
  }
  return 0.0;
}

}  // namespace hostmode
