// When which position of a round of packets is shown.
#pragma once

#include <deque>

#include "playback/packet_delay.h"

namespace hostmode {

// A piecewise linear map between time and position, in seconds of the round. It follows the delay that is
// wanted by at most 10 %, and runs slower while nothing new comes, by a quarter, and up to 150 ms behind.
// What it has said of the past stays, of the last two seconds.
class PacketPlayhead {
 public:
  explicit PacketPlayhead(double period_s) noexcept : period_s_(period_s) {}

  // Something new has come, and position 0 is wanted at `wanted_s`. The first call of a round starts it.
  void follow(double wanted_s, double now_s);
  void follow(const PacketDelay& delay, double now_s) { follow(delay.floor_s() + delay.target_s(), now_s); }
  void restart() noexcept { pieces_.clear(); }
  [[nodiscard]] bool started() const noexcept { return !pieces_.empty(); }

  [[nodiscard]] double position_s(double t_s) const noexcept;
  // When a position that is not past will be, or was, shown.
  [[nodiscard]] double time_of(double position_s) const noexcept;

 private:
  struct Piece {
    double from_s;
    double position_s;
    double speed;
  };
  static double at(const Piece& piece, double t_s) noexcept {
    return piece.position_s + piece.speed * (t_s - piece.from_s);
  }

  const double period_s_;
  double latest_s_ = 0;
  std::deque<Piece> pieces_;
};

}  // namespace hostmode
