// The best that constant delays can do, chosen with the whole trace in hand: one in each window of a few
// seconds (the oracle), or one for all of it (the best constant).
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "packet_log.h"

namespace peers {

inline constexpr double kOracleWindow_s = 4.0;
inline constexpr double kWholeTrace_s = 1e9;

// Exact, from no packet late on; linear between two points.
using Frontier = std::vector<PacketScore>;

namespace detail {

struct Edge {
  double late, saved_s;  // packets, and the delay of all packets that letting them be late saves
};

// The lower convex hull of what letting 0, 1, ... of a window's packets be late costs.
inline void add_edges(std::vector<double> late_s, std::vector<Edge>& edges) {
  std::sort(late_s.begin(), late_s.end(), std::greater<>());
  const auto count = static_cast<double>(late_s.size());
  std::vector<std::size_t> hull;
  for (std::size_t k = 0; k < late_s.size(); ++k) {
    const auto slope = [&](std::size_t from, std::size_t to) {
      return (late_s[from] - late_s[to]) / static_cast<double>(to - from);
    };
    while (hull.size() > 1 && slope(hull[hull.size() - 2], hull.back()) <= slope(hull.back(), k)) {
      hull.pop_back();
    }
    hull.push_back(k);
  }
  for (std::size_t i = 1; i < hull.size(); ++i) {
    edges.push_back(
        {static_cast<double>(hull[i] - hull[i - 1]), count * (late_s[hull[i - 1]] - late_s[hull[i]])});
  }
}

}  // namespace detail

inline Frontier hindsight(const PacketLog& log, double window_s) {
  std::vector<detail::Edge> edges;
  std::vector<double> window;
  double all_s = 0;
  const auto finish = [&] {
    if (window.empty()) return;
    all_s += static_cast<double>(window.size()) * *std::max_element(window.begin(), window.end());
    detail::add_edges(std::move(window), edges);
    window.clear();
  };
  double end_s = window_s;
  for (const LoggedPacket& packet : log.packets) {
    while (packet.sent_s >= end_s - 1e-9) {
      finish();
      end_s += window_s;
    }
    if (!packet.lost) window.push_back(packet.above_s);
  }
  finish();
  std::sort(edges.begin(), edges.end(), [](const detail::Edge& a, const detail::Edge& b) {
    return a.saved_s * b.late > b.saved_s * a.late;
  });
  const auto received = static_cast<double>(log.received());
  double late = 0;
  Frontier frontier{{all_s / received, 0}};
  for (const detail::Edge& edge : edges) {
    late += edge.late;
    all_s -= edge.saved_s;
    frontier.push_back({all_s / received, late / received});
  }
  return frontier;
}

inline PacketScore least_j(const Frontier& frontier) {
  return *std::min_element(frontier.begin(), frontier.end(),
                           [](const PacketScore& a, const PacketScore& b) { return a.j_s() < b.j_s(); });
}

inline double delay_at(const Frontier& frontier, double late) {
  for (std::size_t i = 1; i < frontier.size(); ++i) {
    const PacketScore &before = frontier[i - 1], &after = frontier[i];
    if (late > after.late) continue;
    const double part = (late - before.late) / (after.late - before.late);
    return before.delay_s + part * (after.delay_s - before.delay_s);
  }
  return frontier.back().delay_s;
}

}  // namespace peers
