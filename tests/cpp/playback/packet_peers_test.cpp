// What the bench of packets compares with gives the figures that others found, seeds 1 to 6.
#include <doctest/doctest.h>

#include <string>

#include "hindsight.h"
#include "neteq_delay.h"
#include "packet_log.h"
#include "ramjee_delay.h"
#include "rtc_player.h"

using namespace hostmode::testing;
using namespace peers;

namespace {

struct Known {
  PacketFamily family;
  double oracle_ms, oracle_late;  // percent
  double constant;                // J over the oracle's, as the next two
  double neteq, ramjee;
};

constexpr Known kPackets[] = {
    {PacketFamily::kWired, 11.9, 0.00, 1.32, 1.69, 3.61},
    {PacketFamily::kWifi, 42, 1.10, 1.15, 1.83, 1.24},
    {PacketFamily::kCellular, 77, 1.37, 1.19, 1.60, 1.19},
    {PacketFamily::kRoaming, 42, 0.83, 1.67, 1.78, 1.69},
    {PacketFamily::kCongested, 47, 0.89, 1.25, 1.85, 1.33},
    {PacketFamily::kLoss, 41.5, 1.10, 1.15, 1.83, 1.25},
    {PacketFamily::kReorder, 22.1, 1.16, 1.18, 1.42, 1.24},
    {PacketFamily::kStep, 25.2, 0.00, 2.13, 1.57, 2.35},
};

// Packets one after the other, the k-th of which is late by `above_s[k]`.
PacketLog small_log(const std::vector<double>& above_s) {
  PacketLog log{0.04, {}};
  for (std::size_t i = 0; i < above_s.size(); ++i) {
    log.packets.push_back({0.04 * static_cast<double>(i), above_s[i], false});
  }
  return log;
}

std::vector<RtcPlayer::Rendered> rendered(const std::vector<std::pair<double, std::size_t>>& arrivals) {
  RtcPlayer player;
  for (const auto& [now_s, number] : arrivals) player.arrive(number, now_s);
  player.run_until(arrivals.back().first + 1);
  return player.rendered();
}

}  // namespace

TEST_CASE("peers on packets give the figures that others found") {
  for (const Known& known : kPackets) {
    CAPTURE(std::string(name(known.family)));
    PacketScore oracle{0, 0};
    double oracle_j_s = 0, constant_s = 0, neteq_s = 0, ramjee_s = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      const PacketLog log = packet_log(known.family, seed, 1);
      const PacketScore best = least_j(hindsight(log, kOracleWindow_s));
      oracle.delay_s += best.delay_s / 6;
      oracle.late += best.late / 6;
      oracle_j_s += best.j_s();
      constant_s += least_j(hindsight(log, kWholeTrace_s)).j_s();
      neteq_s += judge_estimator(log, NetEqDelay()).j_s();
      ramjee_s += judge_estimator(log, RamjeeDelay()).j_s();
    }
    CHECK(1000 * oracle.delay_s == doctest::Approx(known.oracle_ms).epsilon(0.01));
    CHECK(100 * oracle.late == doctest::Approx(known.oracle_late).epsilon(0.01));
    CHECK(constant_s / oracle_j_s == doctest::Approx(known.constant).epsilon(0.006));
    CHECK(neteq_s / oracle_j_s == doctest::Approx(known.neteq).epsilon(0.006));
    CHECK(ramjee_s / oracle_j_s == doctest::Approx(known.ramjee).epsilon(0.006));
  }
}

TEST_CASE("hindsight lets those packets be late that cost the most") {
  const Frontier frontier = hindsight(small_log({0.010, 0.200, 0.020, 0.020}), kWholeTrace_s);
  REQUIRE(frontier.size() == 3);
  CHECK(frontier[0].delay_s == doctest::Approx(0.200));
  CHECK(frontier[1].delay_s == doctest::Approx(0.020));
  CHECK(frontier[1].late == 0.25);
  CHECK(frontier[2].delay_s == doctest::Approx(0.010));
  CHECK(frontier[2].late == 0.75);
  CHECK(least_j(frontier).delay_s == doctest::Approx(0.200));
  CHECK(delay_at(frontier, 0.125) == doctest::Approx(0.110));
}

TEST_CASE("the RTC player starts with two frames and shows one every 40 ms") {
  const auto shown = rendered({{0.0, 0}, {0.04, 1}, {0.08, 2}, {0.12, 3}});
  REQUIRE(shown.size() == 4);
  CHECK(shown[0].when_s == 0.04);
  CHECK(shown[3].when_s == doctest::Approx(0.16));
  CHECK(shown[3].number == 3);
}

TEST_CASE("the RTC player keeps the last four frames of a burst and waits 80 ms before it shows them") {
  std::vector<std::pair<double, std::size_t>> arrivals{{0.0, 0}, {0.01, 1}};
  for (std::size_t i = 2; i < 12; ++i) arrivals.emplace_back(0.5, i);
  const auto shown = rendered(arrivals);
  REQUIRE(shown.size() == 7);
  CHECK(shown[2].number == 2);
  CHECK(shown[3].number == 8);
  CHECK(shown[3].when_s - 0.5 >= 0.08);
  CHECK(shown[3].when_s - 0.5 <= 0.1201);
}

TEST_CASE("the RTC player waits 80 ms for a frame that is lost") {
  const auto shown = rendered({{0.0, 0}, {0.04, 1}, {0.12, 3}, {0.16, 4}, {0.20, 5}, {0.24, 6}});
  REQUIRE(shown.size() == 6);
  CHECK(shown[2].number == 3);
  CHECK(shown[2].when_s - shown[1].when_s >= 0.1199);
}

TEST_CASE("the RTC player would show each frame when it has the next, if it drew between them") {
  const PacketLog log = small_log({0, 0, 0, 0, 0});
  // The last has no next one.
  CHECK(judge_rtc_player(log, true).delay_s - judge_rtc_player(log).delay_s == doctest::Approx(0.04 * 4 / 5));
}
