// What makes a round: its begin, its order and its end.
#include "playback/packet_rounds.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "playback/round_line.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("rounds: frames in order are given out at once, idle ends them after the patience") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(2)).text() == "( 0 1 2 ");
  CHECK(line.at(0.12, marker(PacketKind::kIdle)).text().empty());
  CHECK(line.wait(0.19).text().empty());
  CHECK(line.wait(0.21).text() == ")idle ");
  CHECK_FALSE(line.rounds.is_open());
}

TEST_CASE("rounds: a round of one frame shows, whatever ends it") {
  RtcPacket lone = start();
  lone.end = true;
  CHECK(RoundLine().at(0, lone).text() == "( 0 )end ");
  CHECK(RoundLine().at(0, start()).text() == "( 0 ");
  CHECK(RoundLine().at(0, speech(0)).wait(0.1).text() == "( 0 ");
}

TEST_CASE("rounds: a burst of fifty packets loses nothing") {
  RoundLine line;
  std::string wanted = "( ";
  for (std::uint32_t seq = 0; seq < 50; ++seq) {
    line.at(1.0, seq == 0 ? start() : speech(seq));
    wanted += std::to_string(seq) + " ";
  }
  CHECK(line.text() == wanted);
  CHECK(line.rounds.counts().lost == 0);
}

TEST_CASE("rounds: what was overtaken is waited for, and passed over when it does not come") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.04, speech(2)).text() == "( 0 ");
  CHECK(line.at(0.06, speech(1)).text() == "1 2 ");
  CHECK(line.at(0.08, speech(4)).at(0.12, speech(5)).text().empty());
  CHECK(line.wait(0.17).text() == "4 5 ");
  CHECK(line.rounds.counts().lost == 1);
  CHECK(line.at(0.18, speech(3)).text().empty());
  CHECK(line.rounds.counts().late == 1);
}

TEST_CASE("rounds: a start that was overtaken belongs to its round, one that is lost is not needed") {
  RoundLine overtaken;
  CHECK(overtaken.at(0.00, speech(1)).at(0.02, start()).at(0.04, speech(2)).text() == "( 0 1 2 ");

  RoundLine lost;
  CHECK(lost.at(0.04, speech(1)).at(0.08, speech(2)).text() == "( ");
  CHECK(lost.at(0.12, speech(3)).text() == "1 2 3 ");
  CHECK(lost.at(0.16, speech(4)).text() == "4 ");
}

TEST_CASE("rounds: a new start ends what went on, and its stragglers disturb nothing") {
  RoundLine line;
  line.at(0.0, start());
  for (std::uint32_t seq = 1; seq < 300; ++seq) {
    if (seq != 298) line.at(kFrame_s * seq, speech(seq));
  }
  line.text();
  CHECK(line.at(12.00, start(0, 2)).text() == "299 )replaced ( 0 ");
  CHECK(line.at(12.01, speech(301)).at(12.02, speech(298)).text().empty());
  CHECK(line.at(12.04, speech(1, 2)).text() == "1 ");
}

TEST_CASE("rounds: a new round whose start is lost, without idle between, is one") {
  RoundLine line;
  line.at(0.0, start());
  for (std::uint32_t seq = 1; seq < 60; ++seq) line.at(kFrame_s * seq, speech(seq));
  line.text();
  CHECK(line.at(4.0, speech(1, 2)).text() == ")replaced ( ");
  CHECK(line.at(4.1, speech(2, 2)).text() == "1 2 ");
}

TEST_CASE("rounds: numbers wrap") {
  RoundLine line;
  line.at(0.00, start(0xfffffffeU));
  for (std::uint32_t i = 1; i < 5; ++i) line.at(kFrame_s * i, speech(0xfffffffeU + i));
  CHECK(line.text() == "( 0 1 2 3 4 ");
}

TEST_CASE("rounds: one who joins in the middle begins at 0") {
  RoundLine line;
  line.at(0.00, speech(5000)).at(0.04, speech(5001)).wait(0.1);
  CHECK(line.text() == "( 0 1 ");
}

TEST_CASE("rounds: an idle marker that was overtaken by the speech after it ends nothing") {
  RoundLine line;
  line.at(0.00, start()).at(0.01, marker(PacketKind::kIdle)).at(0.04, speech(1)).wait(0.2);
  CHECK(line.text() == "( 0 1 ");
}

TEST_CASE("rounds: a transition to idle ends a round, one to speech begins none") {
  RoundLine line;
  line.at(0.00, marker(PacketKind::kTransitionToSpeech)).at(0.02, start());
  line.at(0.04, marker(PacketKind::kTransitionToIdle)).wait(0.2);
  CHECK(line.text() == "( 0 )idle ");
}

TEST_CASE("rounds: after an interrupt nothing begins but by a start with frames, or after idle") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1));
  line.text();
  line.rounds.interrupt();
  CHECK(line.at(0.08, speech(2)).at(0.09, start()).at(0.12, speech(3)).text().empty());
  CHECK(line.rounds.counts().gated == 2);
  CHECK(line.at(0.16, start(0, 2)).text() == "( 0 ");

  line.rounds.interrupt();
  line.at(0.20, marker(PacketKind::kTransitionToIdle));
  CHECK(line.at(0.24, speech(1, 2)).text().empty());
  line.at(0.28, marker(PacketKind::kIdle));
  CHECK(line.at(0.30, speech(2, 2)).text().empty());
  CHECK(line.at(1.00, speech(1, 3)).wait(1.1).text() == "( 1 ");
}

TEST_CASE("rounds: packets that stop coming end the round once, after five seconds") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1)).wait(5.0);
  CHECK(line.text() == "( 0 1 ");
  CHECK(line.wait(5.05).wait(20.0).text() == ")stalled ");
}

TEST_CASE("rounds: an end that was overtaken by nothing waits for what it overtook") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.04, last(2)).text() == "( 0 ");
  CHECK(line.at(0.05, speech(1)).text() == "1 2 )end ");
}

TEST_CASE("rounds: a round that was said to be idle ends so, also where another begins at once") {
  for (const PacketKind kind : {PacketKind::kIdle, PacketKind::kTransitionToIdle}) {
    CHECK(RoundLine().at(0.00, start()).at(0.04, marker(kind)).at(0.06, start(0, 2)).text() ==
          "( 0 )idle ( 0 ");
  }
  RoundLine line;
  line.at(0.00, start()).at(0.04, marker(PacketKind::kIdle)).wait(0.2).text();
  CHECK(line.at(0.30, start(0, 2)).at(0.34, start(0, 3)).text() == "( 0 )replaced ( 0 ");
}

TEST_CASE("rounds: an idle marker that overtook the last frames ends the round after them") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.05, marker(PacketKind::kIdle)).at(0.06, speech(2));
  CHECK(line.wait(0.55).text() == "( 0 1 2 ");
  CHECK(line.wait(0.57).text() == ")idle ");

  RoundLine followed;
  followed.at(0.00, start()).at(0.05, marker(PacketKind::kIdle)).at(0.06, speech(1));
  CHECK(followed.at(0.30, start(0, 2)).text() == "( 0 1 )idle ( 0 ");
}

TEST_CASE("rounds: an idle marker of the round before is forgotten once more comes than it overtook") {
  RoundLine line;
  line.at(0.00, start()).at(0.01, marker(PacketKind::kIdle));
  for (std::uint32_t seq = 1; seq < 14; ++seq) line.at(kFrame_s * seq, speech(seq));
  line.text();
  CHECK(line.wait(4.0).text().empty());
  CHECK(line.at(4.1, start(0, 2)).text() == ")replaced ( 0 ");
}

TEST_CASE("rounds: a short round is followed by one whose start is lost, with idle in between or over") {
  for (const double idle_s : {0.10, 0.01}) {
    RoundLine line;
    line.at(-0.08, start()).at(-0.04, speech(1)).at(0.00, speech(2)).at(idle_s, marker(PacketKind::kIdle));
    line.at(0.12, redundant(1, 2));
    CHECK(line.at(0.16, redundant(2, 2)).wait(0.21).text() == "( 0 1 2 )idle ( 0 1 2 ");
    CHECK(line.rounds.counts().late == 0);
  }
}

TEST_CASE("rounds: a start where the round before has lost its own and was interrupted") {
  RoundLine line;
  line.at(0.00, redundant(1)).at(0.04, redundant(2)).wait(0.1).text();
  CHECK(line.at(0.12, start(0, 2)).text() == ")replaced ( 0 ");

  RoundLine idle;
  idle.at(0.00, speech(1)).at(0.04, speech(2)).wait(0.1).text();
  CHECK(idle.at(0.12, marker(PacketKind::kIdle)).at(0.14, start(0, 2)).text() == ")idle ( 0 ");
}

TEST_CASE("rounds: whatever a network does, positions rise, rounds nest and nothing comes twice") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
    struct Arrival {
      double now_s;
      RtcPacket packet;
    };
    std::vector<Arrival> arrivals;
    double sent_s = 0;
    for (int clip = 1; clip <= 4; ++clip) {
      const unsigned length = 1 + draw(60);
      for (unsigned seq = 0; seq < length; ++seq, sent_s += kFrame_s) {
        RtcPacket packet = speech(seq, clip);
        packet.start = seq == 0;
        packet.end = seq + 1 == length && draw(2) == 0;
        for (unsigned copy = 0; copy < 2; ++copy) {
          if (draw(10) > 1) arrivals.push_back({sent_s + 0.02 * copy + 0.001 * draw(150), packet});
        }
      }
      for (unsigned idle = 0; idle < 10; ++idle, sent_s += kFrame_s) {
        arrivals.push_back({sent_s + 0.001 * draw(150), marker(PacketKind::kIdle)});
      }
      sent_s += 0.3;
    }
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.now_s < b.now_s; });
    PacketRounds rounds;
    std::vector<RoundAction> actions;
    for (const Arrival& arrival : arrivals) rounds.take(arrival.packet, arrival.now_s, actions);
    rounds.advance(sent_s + 10, actions);
    bool open = false;
    std::int64_t before = -1;
    std::vector<std::vector<std::uint8_t>> given;
    CAPTURE(seed);
    for (const RoundAction& action : actions) {
      if (action.step == RoundStep::kOpen) {
        REQUIRE_FALSE(open);
        before = -1;
      }
      if (action.step == RoundStep::kFrame) {
        REQUIRE(open);
        REQUIRE(action.position > before);
        before = action.position;
        given.push_back(action.message);
      }
      open = action.step != RoundStep::kEnd;
    }
    CHECK_FALSE(open);
    std::sort(given.begin(), given.end());
    CHECK(std::adjacent_find(given.begin(), given.end()) == given.end());
  }
}

TEST_CASE("rounds: a transition to speech ends nothing, and more idle packets put no end off") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.04, marker(PacketKind::kTransitionToSpeech)).wait(0.3).text() == "( 0 ");
  line.at(0.32, marker(PacketKind::kIdle)).at(0.36, marker(PacketKind::kIdle));
  CHECK(line.wait(0.41).text() == ")idle ");
}

TEST_CASE("rounds: a round that begins right after another's end is one, whatever its number") {
  for (const std::uint32_t seq : {0U, 1U, 3U}) {
    RoundLine line;
    line.at(0.00, start()).at(0.04, speech(1)).at(0.08, last(2)).text();
    CHECK(line.at(0.12, start(seq, 2)).text() == "( 0 ");
  }
}

TEST_CASE("rounds: without a start the first number waits for what it may have overtaken") {
  RoundLine line;
  CHECK(line.at(0.00, speech(0)).text() == "( ");
  CHECK(line.wait(0.09).text() == "0 ");
  CHECK(RoundLine().at(0.00, speech(1000)).at(0.02, speech(999)).wait(0.11).text() == "( -1 0 ");
}

TEST_CASE("rounds: each hole is waited for, unless too much waits behind it") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.01, speech(2)).at(0.01, speech(4)).wait(0.10).text() == "( 0 2 ");
  CHECK(line.wait(0.17).text().empty());
  CHECK(line.wait(0.19).text() == "4 ");

  RoundLine full;
  full.at(0.00, start()).text();
  for (std::uint32_t seq = 2; seq < 252; ++seq) full.at(0.01, speech(seq));
  CHECK(full.text().empty());
  CHECK(full.at(0.01, speech(252)).text().substr(0, 6) == "2 3 4 ");
}

TEST_CASE("rounds: a number far ahead is of another round, and so is a second start") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(600, 2)).text() == "( 0 1 )replaced ( ");
  CHECK(RoundLine().at(0.00, start()).at(0.04, speech(1)).at(0.08, start(1, 2)).text() ==
        "( 0 1 )replaced ( 0 ");
}

TEST_CASE("rounds: what was overtaken where numbers wrap is put in order") {
  RoundLine line;
  line.at(0.00, start(0xfffffffeU)).at(0.04, speech(0)).at(0.05, speech(0xffffffffU));
  CHECK(line.text() == "( 0 1 2 ");
}
