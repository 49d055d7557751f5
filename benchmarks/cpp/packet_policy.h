// The delay of packets as a Player chooses it, packet by packet: its PacketDelay and PacketPlayhead, driven
// as PacketFace drives them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "packet_log.h"
#include "playback/packet_delay.h"
#include "playback/packet_playhead.h"

// The delay of each packet above the floor, with what the face does in gaps.
inline std::vector<double> playhead_delays_s(const peers::PacketLog& log, double late_cost_s) {
  using hostmode::testing::kFloor_s;
  hostmode::PacketDelay delay(log.period_s, late_cost_s);
  hostmode::PacketPlayhead playhead(log.period_s);
  std::vector<double> delays_s(log.packets.size());
  std::size_t shown = 0;
  const auto show_until = [&](double now_s) {
    for (; shown < log.packets.size(); ++shown) {
      const double sent_s = log.packets[shown].sent_s;
      if (playhead.position_s(now_s) < sent_s) return;
      delays_s[shown] = playhead.time_of(sent_s) - sent_s - kFloor_s;
    }
  };
  for (const std::size_t number : log.arrivals()) {
    const peers::LoggedPacket& packet = log.packets[number];
    if (playhead.started()) show_until(packet.arrival_s());
    delay.add(packet.sent_s, packet.arrival_s());
    playhead.follow(delay, packet.arrival_s());
  }
  show_until(log.packets.back().arrival_s() + 10);
  return delays_s;
}

inline peers::PacketScore judge_playhead(const peers::PacketLog& log, double late_cost_s) {
  return peers::score(log, playhead_delays_s(log, late_cost_s));
}

// As a Player shows it: 60 ms later, and each frame is needed as soon as the one before it has been shown.
inline peers::PacketScore judge_player(const peers::PacketLog& log) {
  constexpr double kShownLater_s = 0.06;
  std::vector<double> needed_s = playhead_delays_s(log, 2.0);
  for (double& delay_s : needed_s) delay_s += kShownLater_s - log.period_s;
  peers::PacketScore score = peers::score(log, needed_s);
  score.delay_s += log.period_s;
  return score;
}

// The delay alone, followed by at most 100 ms a second, for a face that never slows down.
inline peers::PacketScore judge_delay(const peers::PacketLog& log, double late_cost_s) {
  using hostmode::testing::kFloor_s;
  constexpr double kSlew = 0.1;
  hostmode::PacketDelay delay(log.period_s, late_cost_s);
  const std::vector<std::size_t> arrivals = log.arrivals();
  std::vector<double> delays_s;
  std::size_t next = 0;
  for (const peers::LoggedPacket& packet : log.packets) {
    for (; next < arrivals.size(); ++next) {
      const peers::LoggedPacket& come = log.packets[arrivals[next]];
      if (come.arrival_s() > packet.sent_s + kFloor_s) break;
      delay.add(come.sent_s, come.arrival_s());
    }
    double chosen_s = hostmode::PacketDelay::kAtFirst_s;
    if (next > 0) chosen_s = delay.floor_s() + delay.target_s() - kFloor_s;
    if (!delays_s.empty()) {
      const double most_s = kSlew * log.period_s;
      chosen_s = std::clamp(chosen_s, delays_s.back() - most_s, delays_s.back() + most_s);
    }
    delays_s.push_back(chosen_s);
  }
  return peers::score(log, delays_s);
}
