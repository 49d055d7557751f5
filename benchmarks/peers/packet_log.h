// What every contender on packets is given and judged by: packets in the order of sending, and one score.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "playback/packet_traces.h"

namespace peers {

struct LoggedPacket {
  double sent_s;
  double above_s;  // its delay above the floor
  bool lost;

  [[nodiscard]] double arrival_s() const noexcept { return sent_s + hostmode::testing::kFloor_s + above_s; }
};

struct PacketLog {
  double period_s;
  std::vector<LoggedPacket> packets;

  [[nodiscard]] std::size_t received() const noexcept {
    return static_cast<std::size_t>(std::count_if(packets.begin(), packets.end(),
                                                  [](const LoggedPacket& packet) { return !packet.lost; }));
  }
  // The numbers of those that come, as they come. What comes at once comes in order: rounding is no
  // overtaking.
  [[nodiscard]] std::vector<std::size_t> arrivals() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      if (!packets[i].lost) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return microseconds(packets[a].arrival_s()) < microseconds(packets[b].arrival_s());
    });
    return order;
  }

 private:
  static long long microseconds(double t_s) noexcept { return std::llround(1e6 * t_s); }
};

// Every packet of the trace, or every `stride`-th: 2 makes frames of 40 ms.
inline PacketLog packet_log(hostmode::testing::PacketFamily family, std::uint64_t seed, std::size_t stride) {
  const hostmode::testing::PacketTrace trace = hostmode::testing::packet_trace(family, seed);
  PacketLog log{hostmode::testing::kGrid_s * static_cast<double>(stride), {}};
  for (std::size_t i = 0; i < trace.x_s.size(); i += stride) {
    log.packets.push_back(
        {hostmode::testing::kGrid_s * static_cast<double>(i), trace.x_s[i], trace.lost[i] != 0});
  }
  return log;
}

struct PacketScore {
  double delay_s;  // mean above the floor, of the packets received
  double late;     // share of them

  // 20 ms for each percent: what NetEq counts a lost packet as (`ms_per_loss_percent`).
  [[nodiscard]] double j_s() const noexcept { return delay_s + 2.0 * late; }
};

// `delays_s` above the floor, by packet.
inline PacketScore score(const PacketLog& log, const std::vector<double>& delays_s) {
  double sum_s = 0, late = 0;
  for (std::size_t i = 0; i < delays_s.size(); ++i) {
    if (log.packets[i].lost) continue;
    sum_s += delays_s[i];
    late += log.packets[i].above_s > delays_s[i] ? 1 : 0;
  }
  const auto received = static_cast<double>(log.received());
  return {sum_s / received, late / received};
}

// What an estimator of the wait between sending and playing achieves: it decides for each packet from what
// came until that packet can have come. No limit is set to how fast the delay may change, which only helps
// it. `Estimator`: add(number, sent_s, arrival_s), wait_s().
template <typename Estimator>
PacketScore judge_estimator(const PacketLog& log, Estimator estimator) {
  constexpr double kAtFirst_s = 0.08;
  const std::vector<std::size_t> arrivals = log.arrivals();
  std::vector<double> delays_s;
  std::size_t next = 0;
  for (const LoggedPacket& packet : log.packets) {
    for (; next < arrivals.size(); ++next) {
      const LoggedPacket& come = log.packets[arrivals[next]];
      if (come.arrival_s() > packet.sent_s + hostmode::testing::kFloor_s) break;
      estimator.add(arrivals[next], come.sent_s, come.arrival_s());
    }
    delays_s.push_back(next == 0 ? kAtFirst_s : estimator.wait_s() - hostmode::testing::kFloor_s);
  }
  return score(log, delays_s);
}

}  // namespace peers
