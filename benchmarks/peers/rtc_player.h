// AvatarKit's player of RTC packets as its behaviour is described: a buffer of 2 to 4 frames behind a timer
// of 40 ms that waits 80 ms for a missing frame.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <vector>

#include "packet_log.h"

namespace peers {

class RtcPlayer {
 public:
  struct Rendered {
    double when_s;
    std::size_t number;
  };

  void arrive(std::size_t number, double now_s) {
    run_until(now_s);
    if (!rendered_.empty() && number <= rendered_.back().number) return;
    if (begun_ && number < next_) return;
    if (!held_.emplace(number, now_s).second) return;
    if (held_.size() > kMost) held_.erase(held_.begin());
    if (!begun_) {
      begun_ = true;
      next_ = number;
    }
    if (running_ || (!started_ && held_.size() < kFill)) return;
    started_ = running_ = true;
    tick(now_s);
  }

  void run_until(double now_s) {
    while (running_ && tick_s_ <= now_s + 1e-9) tick(tick_s_);
  }

  [[nodiscard]] const std::vector<Rendered>& rendered() const noexcept { return rendered_; }

 private:
  static constexpr std::size_t kFill = 2, kMost = 4;
  static constexpr double kFrame_s = 0.04, kWait_s = 0.08;

  void tick(double now_s) {
    tick_s_ = now_s + kFrame_s;
    held_.erase(held_.begin(), held_.lower_bound(next_));
    if (held_.empty()) {
      running_ = false;
      return;
    }
    const auto lowest = held_.begin();
    if (lowest->first != next_ && now_s - lowest->second <= kWait_s) return;
    rendered_.push_back({now_s, lowest->first});
    next_ = lowest->first + 1;
    held_.erase(lowest);
  }

  std::map<std::size_t, double> held_;  // when it came
  bool begun_ = false, started_ = false, running_ = false;
  std::size_t next_ = 0;
  double tick_s_ = 0;
  std::vector<Rendered> rendered_;
};

// Late is what it does not show in time: the time by which its pictures stand longer than 41 ms, or the
// frames that it never shows, whichever is more, without those that the network lost. `between`: as if it
// drew what lies between two frames, for which it needs the second one.
inline PacketScore judge_rtc_player(const PacketLog& log, bool between = false) {
  RtcPlayer player;
  for (const std::size_t number : log.arrivals()) player.arrive(number, log.packets[number].arrival_s());
  player.run_until(log.packets.back().arrival_s() + 1);
  const std::vector<RtcPlayer::Rendered>& rendered = player.rendered();
  double delay_s = 0, stood_s = 0, before_s = rendered.front().when_s;
  for (std::size_t i = 0; i < rendered.size(); ++i) {
    const RtcPlayer::Rendered& frame = rendered[i];
    const double shown_s = between && i + 1 < rendered.size() ? rendered[i + 1].when_s : frame.when_s;
    delay_s += shown_s - log.packets[frame.number].sent_s - hostmode::testing::kFloor_s;
    stood_s += std::max(0.0, frame.when_s - before_s - 0.041);
    before_s = frame.when_s;
  }
  const auto count = static_cast<double>(log.packets.size());
  const auto shown = static_cast<double>(rendered.size());
  const double lost = 1 - static_cast<double>(log.received()) / count;
  const double late = std::max(stood_s / (count * log.period_s), 1 - shown / count) - lost;
  return {delay_s / shown, std::max(0.0, late)};
}

}  // namespace peers
