#include "playback/packet_rounds.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace hostmode;

namespace {

constexpr double kFrame_s = 0.04;

// Frame `seq` of a clip: no two frames of one clip, nor of two, have the same bytes.
PacketFrame frame(std::uint32_t seq, int clip = 1) {
  return {
      seq,
      {static_cast<std::uint8_t>(clip), static_cast<std::uint8_t>(seq), static_cast<std::uint8_t>(seq >> 8)}};
}

RtcPacket speech(std::uint32_t seq, int clip = 1) {
  RtcPacket packet;
  packet.kind = PacketKind::kSpeech;
  packet.frame_count = 1;
  packet.frames[0] = frame(seq, clip);
  return packet;
}

RtcPacket start(std::uint32_t seq = 0, int clip = 1) {
  RtcPacket packet = speech(seq, clip);
  packet.start = true;
  return packet;
}

RtcPacket last(std::uint32_t seq, int clip = 1) {
  RtcPacket packet = speech(seq, clip);
  packet.end = true;
  return packet;
}

RtcPacket marker(PacketKind kind) {
  RtcPacket packet;
  packet.kind = kind;
  return packet;
}

RtcPacket redundant(std::uint32_t seq, int clip = 1) {
  RtcPacket packet = speech(seq, clip);
  packet.frame_count = std::min<std::size_t>(seq + 1, 3);
  for (std::uint32_t back = 1; back < packet.frame_count; ++back)
    packet.frames[back] = frame(seq - back, clip);
  return packet;
}

// What comes out, as text: "( 0 1 2 )idle".
class Line {
 public:
  Line& at(double now_s, const RtcPacket& packet) {
    rounds.take(packet, now_s, actions_);
    return *this;
  }
  Line& wait(double now_s) {
    rounds.advance(now_s, actions_);
    return *this;
  }
  std::string text() {
    std::string result;
    for (const RoundAction& action : actions_) {
      if (action.step == RoundStep::kOpen) result += "( ";
      if (action.step == RoundStep::kFrame) result += std::to_string(action.position) + " ";
      if (action.step == RoundStep::kEnd) result += ")" + std::string(action.reason) + " ";
    }
    actions_.clear();
    return result;
  }

  PacketRounds rounds;

 private:
  std::vector<RoundAction> actions_;
};

}  // namespace

TEST_CASE("rounds: frames in order are given out at once, idle ends them after the patience") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(2)).text() == "( 0 1 2 ");
  CHECK(line.at(0.12, marker(PacketKind::kIdle)).text().empty());
  CHECK(line.wait(0.19).text().empty());
  CHECK(line.wait(0.21).text() == ")idle ");
  CHECK_FALSE(line.rounds.is_open());
}

TEST_CASE("rounds: a round of one frame shows, whatever ends it") {
  RtcPacket lone = start();
  lone.end = true;
  CHECK(Line().at(0, lone).text() == "( 0 )end ");
  CHECK(Line().at(0, start()).text() == "( 0 ");
  CHECK(Line().at(0, speech(0)).wait(0.1).text() == "( 0 ");
}

TEST_CASE("rounds: a burst of fifty packets loses nothing") {
  Line line;
  std::string wanted = "( ";
  for (std::uint32_t seq = 0; seq < 50; ++seq) {
    line.at(1.0, seq == 0 ? start() : speech(seq));
    wanted += std::to_string(seq) + " ";
  }
  CHECK(line.text() == wanted);
  CHECK(line.rounds.counts().lost == 0);
}

TEST_CASE("rounds: what was overtaken is waited for, and passed over when it does not come") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.04, speech(2)).text() == "( 0 ");
  CHECK(line.at(0.06, speech(1)).text() == "1 2 ");
  CHECK(line.at(0.08, speech(4)).at(0.12, speech(5)).text().empty());
  CHECK(line.wait(0.17).text() == "4 5 ");
  CHECK(line.rounds.counts().lost == 1);
  CHECK(line.at(0.18, speech(3)).text().empty());
  CHECK(line.rounds.counts().late == 1);
}

TEST_CASE("rounds: each frame twice is each frame once") {
  Line line;
  for (std::uint32_t seq = 0; seq < 3; ++seq) {
    const double now_s = kFrame_s * seq;
    line.at(now_s, seq == 0 ? start() : speech(seq)).at(now_s + 0.02, seq == 0 ? start() : speech(seq));
  }
  CHECK(line.text() == "( 0 1 2 ");
  CHECK(line.rounds.counts().duplicates == 3);
}

TEST_CASE("rounds: a late copy opens nothing, be it of a start, after an end or after idle") {
  Line line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, marker(PacketKind::kIdle)).wait(0.2);
  CHECK(line.text() == "( 0 1 )idle ");
  CHECK(line.at(0.21, speech(1)).at(0.22, start()).wait(1.0).text().empty());

  Line ended;
  ended.at(0.00, start()).at(0.04, last(1)).at(0.06, last(1)).at(0.07, start());
  CHECK(ended.text() == "( 0 1 )end ");
}

TEST_CASE("rounds: what was never seen of the round before does not open one either") {
  Line line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, marker(PacketKind::kIdle)).wait(0.2);
  CHECK(line.text() == "( 0 1 )idle ");
  CHECK(line.at(0.22, speech(3)).wait(0.5).text().empty());
  CHECK(line.rounds.counts().late == 1);
}

TEST_CASE("rounds: the same clip again, long after, is a round") {
  Line line;
  line.at(0.00, start()).at(0.04, last(1));
  CHECK(line.text() == "( 0 1 )end ");
  CHECK(line.at(3.00, start()).at(3.04, last(1)).text() == "( 0 1 )end ");
}

TEST_CASE("rounds: a start that was overtaken belongs to its round, one that is lost is not needed") {
  Line overtaken;
  CHECK(overtaken.at(0.00, speech(1)).at(0.02, start()).at(0.04, speech(2)).text() == "( 0 1 2 ");

  Line lost;
  CHECK(lost.at(0.04, speech(1)).at(0.08, speech(2)).text() == "( ");
  CHECK(lost.at(0.12, speech(3)).text() == "1 2 3 ");
  CHECK(lost.at(0.16, speech(4)).text() == "4 ");
}

TEST_CASE("rounds: a new start ends what went on, and its stragglers disturb nothing") {
  Line line;
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
  Line line;
  line.at(0.0, start());
  for (std::uint32_t seq = 1; seq < 60; ++seq) line.at(kFrame_s * seq, speech(seq));
  line.text();
  CHECK(line.at(4.0, speech(1, 2)).text() == ")replaced ( ");
  CHECK(line.at(4.1, speech(2, 2)).text() == "1 2 ");
}

TEST_CASE("rounds: numbers wrap") {
  Line line;
  line.at(0.00, start(0xfffffffeU));
  for (std::uint32_t i = 1; i < 5; ++i) line.at(kFrame_s * i, speech(0xfffffffeU + i));
  CHECK(line.text() == "( 0 1 2 3 4 ");
}

TEST_CASE("rounds: one who joins in the middle begins at 0") {
  Line line;
  line.at(0.00, speech(5000)).at(0.04, speech(5001)).wait(0.1);
  CHECK(line.text() == "( 0 1 ");
}

TEST_CASE("rounds: an idle marker that was overtaken by the speech after it ends nothing") {
  Line line;
  line.at(0.00, start()).at(0.01, marker(PacketKind::kIdle)).at(0.04, speech(1)).wait(0.2);
  CHECK(line.text() == "( 0 1 ");
}

TEST_CASE("rounds: a transition to idle ends a round, one to speech begins none") {
  Line line;
  line.at(0.00, marker(PacketKind::kTransitionToSpeech)).at(0.02, start());
  line.at(0.04, marker(PacketKind::kTransitionToIdle)).wait(0.2);
  CHECK(line.text() == "( 0 )idle ");
}

TEST_CASE("rounds: after an interrupt nothing begins but by a start with frames, or after idle") {
  Line line;
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

TEST_CASE("rounds: redundancy fills every hole of one or two packets") {
  Line line;
  line.at(0.00, start()).at(0.04, redundant(3)).at(0.08, redundant(4)).at(0.12, redundant(7));
  CHECK(line.text() == "( 0 1 2 3 4 5 6 7 ");
  CHECK(line.rounds.counts().lost == 0);
}

TEST_CASE("rounds: what a start repeats is the round's before it") {
  Line line;
  RtcPacket packet = redundant(2);
  packet.frames[0] = frame(0, 2);
  packet.start = true;
  CHECK(line.at(0.00, packet).text() == "( 0 ");
}

TEST_CASE("rounds: packets that stop coming end the round once, after five seconds") {
  Line line;
  line.at(0.00, start()).at(0.04, speech(1)).wait(5.0);
  CHECK(line.text() == "( 0 1 ");
  CHECK(line.wait(5.05).wait(20.0).text() == ")stalled ");
}

TEST_CASE("rounds: an end that was overtaken by nothing waits for what it overtook") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.04, last(2)).text() == "( 0 ");
  CHECK(line.at(0.05, speech(1)).text() == "1 2 )end ");
}

TEST_CASE("rounds: a round that was said to be idle ends so, also where another begins at once") {
  for (const PacketKind kind : {PacketKind::kIdle, PacketKind::kTransitionToIdle}) {
    CHECK(Line().at(0.00, start()).at(0.04, marker(kind)).at(0.06, start(0, 2)).text() == "( 0 )idle ( 0 ");
  }
  Line line;
  line.at(0.00, start()).at(0.04, marker(PacketKind::kIdle)).wait(0.2).text();
  CHECK(line.at(0.30, start(0, 2)).at(0.34, start(0, 3)).text() == "( 0 )replaced ( 0 ");
}

TEST_CASE("rounds: an idle marker that overtook the last frames ends the round after them") {
  Line line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.05, marker(PacketKind::kIdle)).at(0.06, speech(2));
  CHECK(line.wait(0.55).text() == "( 0 1 2 ");
  CHECK(line.wait(0.57).text() == ")idle ");

  Line followed;
  followed.at(0.00, start()).at(0.05, marker(PacketKind::kIdle)).at(0.06, speech(1));
  CHECK(followed.at(0.30, start(0, 2)).text() == "( 0 1 )idle ( 0 ");
}

TEST_CASE("rounds: an idle marker of the round before is forgotten once more comes than it overtook") {
  Line line;
  line.at(0.00, start()).at(0.01, marker(PacketKind::kIdle));
  for (std::uint32_t seq = 1; seq < 14; ++seq) line.at(kFrame_s * seq, speech(seq));
  line.text();
  CHECK(line.wait(4.0).text().empty());
  CHECK(line.at(4.1, start(0, 2)).text() == ")replaced ( 0 ");
}

TEST_CASE("rounds: a copy may tell the end, be it of a frame that came or of one that is lost") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.04, speech(1)).at(0.06, last(1)).text() == "( 0 1 )end ");
  CHECK(line.rounds.counts().duplicates == 1);

  Line held;
  CHECK(held.at(0.00, start()).at(0.04, speech(2)).at(0.05, last(2)).text() == "( 0 ");
  CHECK(held.at(0.06, speech(1)).text() == "1 2 )end ");

  Line lost;
  CHECK(lost.at(0.00, start()).at(0.08, last(1)).text() == "( 0 1 )end ");

  // Long after, it is remembered no more.
  Line late;
  CHECK(late.at(0.00, start()).at(0.04, speech(1)).at(2.50, last(1)).text() == "( 0 1 )end ");
}

TEST_CASE("rounds: a copy with an end that is none of this round's ends nothing") {
  Line line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(2)).at(0.12, speech(3));
  CHECK(line.at(0.13, last(1)).text() == "( 0 1 2 3 ");

  Line next;
  next.at(0.00, start()).at(0.04, last(1));
  next.at(0.08, start(0, 2)).at(0.12, speech(1, 2)).text();
  CHECK(next.at(0.14, last(1)).at(0.16, speech(2, 2)).text() == "2 ");
}

TEST_CASE("rounds: a short round is followed by one whose start is lost, with idle in between or over") {
  for (const double idle_s : {0.10, 0.01}) {
    Line line;
    line.at(-0.08, start()).at(-0.04, speech(1)).at(0.00, speech(2)).at(idle_s, marker(PacketKind::kIdle));
    line.at(0.12, redundant(1, 2));
    CHECK(line.at(0.16, redundant(2, 2)).wait(0.21).text() == "( 0 1 2 )idle ( 0 1 2 ");
    CHECK(line.rounds.counts().late == 0);
  }
}

TEST_CASE("rounds: a start where the round before has lost its own and was interrupted") {
  Line line;
  line.at(0.00, redundant(1)).at(0.04, redundant(2)).wait(0.1).text();
  CHECK(line.at(0.12, start(0, 2)).text() == ")replaced ( 0 ");

  Line idle;
  idle.at(0.00, speech(1)).at(0.04, speech(2)).wait(0.1).text();
  CHECK(idle.at(0.12, marker(PacketKind::kIdle)).at(0.14, start(0, 2)).text() == ")idle ( 0 ");
}

TEST_CASE("rounds: other bytes for a number that came are of another round, unless of the one just over") {
  Line line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(2)).text();
  CHECK(line.at(0.12, speech(1, 2)).at(0.16, speech(2, 2)).wait(0.3).text() == ")replaced ( 1 2 ");

  Line straggling;
  straggling.at(0.00, start()).at(0.04, last(2)).wait(0.2);
  straggling.at(0.24, start(0, 2)).at(0.28, speech(1, 2)).text();
  CHECK(straggling.at(0.30, speech(1)).at(0.32, speech(2, 2)).text() == "2 ");
}

TEST_CASE("rounds: what packets repeat may be written differently from what was sent") {
  Line line;
  line.at(0.00, start()).at(0.04, redundant(1, 1));
  for (std::uint32_t seq = 2; seq < 20; ++seq) {
    RtcPacket packet = redundant(seq);
    packet.frames[1] = frame(seq - 1, 7);
    line.at(kFrame_s * seq, packet);
  }
  const std::string text = line.text();
  CHECK(text.find(')') == std::string::npos);
  CHECK(text.substr(text.size() - 3) == "19 ");

  Line overtaken;
  RtcPacket packet = redundant(2);
  packet.frames[1] = frame(1, 7);
  CHECK(overtaken.at(0.00, start()).at(0.04, packet).at(0.05, speech(1)).text() == "( 0 1 2 ");
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

TEST_CASE("rounds: the same bytes with another number are another frame") {
  RtcPacket still = speech(1);
  still.frames[0].message = frame(0).message;
  CHECK(Line().at(0.00, start()).at(0.04, still).text() == "( 0 1 ");
}

TEST_CASE("rounds: a transition to speech ends nothing, and more idle packets put no end off") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.04, marker(PacketKind::kTransitionToSpeech)).wait(0.3).text() == "( 0 ");
  line.at(0.32, marker(PacketKind::kIdle)).at(0.36, marker(PacketKind::kIdle));
  CHECK(line.wait(0.41).text() == ")idle ");
}

TEST_CASE("rounds: a round that begins right after another's end is one, whatever its number") {
  for (const std::uint32_t seq : {0U, 1U, 3U}) {
    Line line;
    line.at(0.00, start()).at(0.04, speech(1)).at(0.08, last(2)).text();
    CHECK(line.at(0.12, start(seq, 2)).text() == "( 0 ");
  }
}

TEST_CASE("rounds: without a start the first number waits for what it may have overtaken") {
  Line line;
  CHECK(line.at(0.00, speech(0)).text() == "( ");
  CHECK(line.wait(0.09).text() == "0 ");
  CHECK(Line().at(0.00, speech(1000)).at(0.02, speech(999)).wait(0.11).text() == "( -1 0 ");
}

TEST_CASE("rounds: each hole is waited for, unless too much waits behind it") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.01, speech(2)).at(0.01, speech(4)).wait(0.10).text() == "( 0 2 ");
  CHECK(line.wait(0.17).text().empty());
  CHECK(line.wait(0.19).text() == "4 ");

  Line full;
  full.at(0.00, start()).text();
  for (std::uint32_t seq = 2; seq < 252; ++seq) full.at(0.01, speech(seq));
  CHECK(full.text().empty());
  CHECK(full.at(0.01, speech(252)).text().substr(0, 6) == "2 3 4 ");
}

TEST_CASE("rounds: a number far ahead is of another round, and so is a second start") {
  Line line;
  CHECK(line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(600, 2)).text() == "( 0 1 )replaced ( ");
  CHECK(Line().at(0.00, start()).at(0.04, speech(1)).at(0.08, start(1, 2)).text() == "( 0 1 )replaced ( 0 ");
}

TEST_CASE("rounds: what was overtaken where numbers wrap is put in order") {
  Line line;
  line.at(0.00, start(0xfffffffeU)).at(0.04, speech(0)).at(0.05, speech(0xffffffffU));
  CHECK(line.text() == "( 0 1 2 ");
}

TEST_CASE("rounds: a frame that was repeated in other bytes than it is sent in is of the same round") {
  Line line;
  RtcPacket later = speech(2);
  later.frame_count = 2;
  later.frames[1] = frame(1, 7);
  CHECK(line.at(0.00, start()).at(0.08, later).at(0.09, speech(1)).text() == "( 0 1 2 ");
}
