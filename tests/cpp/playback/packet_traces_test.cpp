#include "playback/packet_traces.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>

using namespace hostmode::testing;

namespace {

struct Known {
  PacketFamily family;
  double sum_s, late_s, largest_s;  // the second: 99 % are no later
  int lost;
};

constexpr Known kSeed1[] = {
    {PacketFamily::kWired, 153.025651, 0.009607, 0.021987, 0},
    {PacketFamily::kWifi, 464.849226, 0.068387, 0.382457, 0},
    {PacketFamily::kCellular, 2454.112940, 0.136500, 0.394588, 0},
    {PacketFamily::kRoaming, 977.373164, 0.074312, 0.394588, 0},
    {PacketFamily::kCongested, 489.777184, 0.084051, 0.396185, 0},
    {PacketFamily::kLoss, 457.329107, 0.068892, 0.382457, 1020},
    {PacketFamily::kReorder, 202.486082, 0.044395, 0.088647, 0},
    {PacketFamily::kStep, 953.025651, 0.047598, 0.059104, 0},
    {PacketFamily::kFreeze, 1106.252051, 0.101828, 5.0, 0},
};

}  // namespace

TEST_CASE("packet traces are those that others wrote from the same description") {
  for (const Known& known : kSeed1) {
    CAPTURE(std::string(name(known.family)));
    const PacketTrace trace = packet_trace(known.family, 1);
    std::vector<double> received;
    for (std::size_t i = 0; i < trace.x_s.size(); ++i) {
      if (trace.lost[i] == 0) received.push_back(trace.x_s[i]);
    }
    CHECK(static_cast<int>(trace.x_s.size() - received.size()) == known.lost);
    CHECK(std::accumulate(received.begin(), received.end(), 0.0) ==
          doctest::Approx(known.sum_s).epsilon(1e-8));
    std::sort(received.begin(), received.end());
    const std::size_t rank = (received.size() * 99 + 99) / 100;
    CHECK(received[rank - 1] == doctest::Approx(known.late_s).epsilon(1e-4));
    CHECK(received.back() == doctest::Approx(known.largest_s).epsilon(1e-5));
  }
}
