// The delay of packets over whole networks, and that a Player shows what it says.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hindsight.h"
#include "hostmode/message.h"
#include "hostmode/player.h"
#include "packet_log.h"
#include "packet_policy.h"
#include "wire/rtc_packet.h"

using namespace hostmode;
using namespace hostmode::testing;
using namespace peers;

namespace {

struct Known {
  PacketFamily family;
  double j, most_j;  // over the oracle's: as it was found to be, and at most by the goal
};

constexpr Known kFrames[] = {
    {PacketFamily::kWired, 1.556, 1.60},     {PacketFamily::kWifi, 1.073, 1.30},
    {PacketFamily::kCellular, 1.019, 1.30},  {PacketFamily::kRoaming, 1.166, 1.40},
    {PacketFamily::kCongested, 1.133, 1.30}, {PacketFamily::kLoss, 1.089, 1.30},
    {PacketFamily::kReorder, 1.329, 1.40},   {PacketFamily::kStep, 1.282, 1.40},
};

std::vector<std::uint8_t> packet_of(std::uint32_t number, bool start) {
  RtcPacket packet;
  packet.kind = PacketKind::kSpeech;
  packet.start = start;
  packet.frame_count = 1;
  packet.frames[0].seq = number;
  const Keyframe still{};
  REQUIRE(encode_message(&still, 1, "", "", false, "", packet.frames[0].message) == Status::kOk);
  std::vector<std::uint8_t> bytes;
  REQUIRE(encode_packet(PacketProfile::kData, packet, {}, bytes) == Status::kOk);
  return bytes;
}

}  // namespace

TEST_CASE("the delay of packets costs what it should on every network") {
  for (const Known& known : kFrames) {
    CAPTURE(std::string(name(known.family)));
    double ours_s = 0, oracle_s = 0;
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      const PacketLog log = packet_log(known.family, seed, 2);
      ours_s += judge_playhead(log, 2.0).j_s();
      oracle_s += least_j(hindsight(log, kOracleWindow_s)).j_s();
    }
    CHECK(ours_s / oracle_s == doctest::Approx(known.j).epsilon(0.001));
    CHECK(ours_s / oracle_s <= known.most_j);
  }
}

TEST_CASE("two seconds after nothing came for five the delay is what it was") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const PacketLog log = packet_log(PacketFamily::kFreezeWired, seed, 2);
    const std::vector<double> delays_s = playhead_delays_s(log, 2.0);
    const auto at = [&](double t_s) { return static_cast<std::size_t>(t_s / log.period_s); };
    CHECK(log.packets[at(602)].above_s > 2.9);
    CHECK(std::abs(delays_s[at(607)] - delays_s[at(599)]) < 0.005);
  }
}

TEST_CASE("a player shows packets when the delay says so, and 60 ms to draw between two of them later") {
  struct Talk {
    PacketFamily family;
    std::size_t round;  // frames
  };
  for (const Talk& talk : {Talk{PacketFamily::kWired, 1500}, Talk{PacketFamily::kCellular, 1500},
                           Talk{PacketFamily::kReorder, 3000}}) {
    CAPTURE(std::string(name(talk.family)));
    PacketLog log = packet_log(talk.family, 1, 2);
    log.packets.resize(3000);
    PlayerConfig config;
    config.seed = 1;
    Player player(16000, config);
    PacketDelay delay(log.period_s);
    PacketPlayhead playhead(log.period_s);
    constexpr double kTick_s = 0.01;
    double now_s = 0, compare_from_s = 0;
    int compared = 0;
    for (const std::size_t number : log.arrivals()) {
      const LoggedPacket& packet = log.packets[number];
      for (; now_s < packet.arrival_s(); now_s += kTick_s) {
        player.advance(now_s);
        if (now_s < compare_from_s) continue;
        const double said_s = playhead.position_s(now_s - 0.06);
        // It shows no more than has come.
        const Stats stats = player.stats();
        const double shown_s = stats.heard_s;
        CHECK(shown_s <= doctest::Approx(said_s).epsilon(1e-6));
        if (stats.buffered_motion_s == 0) continue;
        CHECK(shown_s == doctest::Approx(said_s).epsilon(1e-6));
        ++compared;
      }
      const std::size_t frame = number % talk.round;
      if (frame == 0) {
        compare_from_s = now_s + 0.5;
        delay.restart();
        playhead.restart();
      }
      const std::vector<std::uint8_t> bytes = packet_of(static_cast<std::uint32_t>(frame), frame == 0);
      bool taken = false;
      REQUIRE(player.push_packet(PacketProfile::kData, {bytes.data(), bytes.size()}, {}, {},
                                 packet.arrival_s(), taken) == Status::kOk);
      REQUIRE(taken);
      delay.add(log.period_s * static_cast<double>(frame), packet.arrival_s());
      playhead.follow(delay, packet.arrival_s());
    }
    CHECK(compared > 10000);
  }
}
