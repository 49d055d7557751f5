// Frames that come twice, or look as if they did.
#include "playback/packet_rounds.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "playback/round_line.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("rounds: each frame twice is each frame once") {
  RoundLine line;
  for (std::uint32_t seq = 0; seq < 3; ++seq) {
    const double now_s = kFrame_s * seq;
    line.at(now_s, seq == 0 ? start() : speech(seq)).at(now_s + 0.02, seq == 0 ? start() : speech(seq));
  }
  CHECK(line.text() == "( 0 1 2 ");
  CHECK(line.rounds.counts().duplicates == 3);
}

TEST_CASE("rounds: a late copy opens nothing, be it of a start, after an end or after idle") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, marker(PacketKind::kIdle)).wait(0.2);
  CHECK(line.text() == "( 0 1 )idle ");
  CHECK(line.at(0.21, speech(1)).at(0.22, start()).wait(1.0).text().empty());

  RoundLine ended;
  ended.at(0.00, start()).at(0.04, last(1)).at(0.06, last(1)).at(0.07, start());
  CHECK(ended.text() == "( 0 1 )end ");
}

TEST_CASE("rounds: what was never seen of the round before does not open one either") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, marker(PacketKind::kIdle)).wait(0.2);
  CHECK(line.text() == "( 0 1 )idle ");
  CHECK(line.at(0.22, speech(3)).wait(0.5).text().empty());
  CHECK(line.rounds.counts().late == 1);
}

TEST_CASE("rounds: the same clip again, long after, is a round") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, last(1));
  CHECK(line.text() == "( 0 1 )end ");
  CHECK(line.at(3.00, start()).at(3.04, last(1)).text() == "( 0 1 )end ");
}

TEST_CASE("rounds: redundancy fills every hole of one or two packets") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, redundant(3)).at(0.08, redundant(4)).at(0.12, redundant(7));
  CHECK(line.text() == "( 0 1 2 3 4 5 6 7 ");
  CHECK(line.rounds.counts().lost == 0);
}

TEST_CASE("rounds: what a start repeats is the round's before it") {
  RoundLine line;
  RtcPacket packet = redundant(2);
  packet.frames[0] = frame(0, 2);
  packet.start = true;
  CHECK(line.at(0.00, packet).text() == "( 0 ");
}

TEST_CASE("rounds: a copy may tell the end, be it of a frame that came or of one that is lost") {
  RoundLine line;
  CHECK(line.at(0.00, start()).at(0.04, speech(1)).at(0.06, last(1)).text() == "( 0 1 )end ");
  CHECK(line.rounds.counts().duplicates == 1);

  RoundLine held;
  CHECK(held.at(0.00, start()).at(0.04, speech(2)).at(0.05, last(2)).text() == "( 0 ");
  CHECK(held.at(0.06, speech(1)).text() == "1 2 )end ");

  RoundLine lost;
  CHECK(lost.at(0.00, start()).at(0.08, last(1)).text() == "( 0 1 )end ");

  // Long after, it is remembered no more.
  RoundLine late;
  CHECK(late.at(0.00, start()).at(0.04, speech(1)).at(2.50, last(1)).text() == "( 0 1 )end ");
}

TEST_CASE("rounds: a copy with an end that is none of this round's ends nothing") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(2)).at(0.12, speech(3));
  CHECK(line.at(0.13, last(1)).text() == "( 0 1 2 3 ");

  RoundLine next;
  next.at(0.00, start()).at(0.04, last(1));
  next.at(0.08, start(0, 2)).at(0.12, speech(1, 2)).text();
  CHECK(next.at(0.14, last(1)).at(0.16, speech(2, 2)).text() == "2 ");
}

TEST_CASE("rounds: other bytes for a number that came are of another round, unless of the one just over") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, speech(1)).at(0.08, speech(2)).text();
  CHECK(line.at(0.12, speech(1, 2)).at(0.16, speech(2, 2)).wait(0.3).text() == ")replaced ( 1 2 ");

  RoundLine straggling;
  straggling.at(0.00, start()).at(0.04, last(2)).wait(0.2);
  straggling.at(0.24, start(0, 2)).at(0.28, speech(1, 2)).text();
  CHECK(straggling.at(0.30, speech(1)).at(0.32, speech(2, 2)).text() == "2 ");
}

TEST_CASE("rounds: what packets repeat may be written differently from what was sent") {
  RoundLine line;
  line.at(0.00, start()).at(0.04, redundant(1, 1));
  for (std::uint32_t seq = 2; seq < 20; ++seq) {
    RtcPacket packet = redundant(seq);
    packet.frames[1] = frame(seq - 1, 7);
    line.at(kFrame_s * seq, packet);
  }
  const std::string text = line.text();
  CHECK(text.find(')') == std::string::npos);
  CHECK(text.substr(text.size() - 3) == "19 ");

  RoundLine overtaken;
  RtcPacket packet = redundant(2);
  packet.frames[1] = frame(1, 7);
  CHECK(overtaken.at(0.00, start()).at(0.04, packet).at(0.05, speech(1)).text() == "( 0 1 2 ");
}

TEST_CASE("rounds: the same bytes with another number are another frame") {
  RtcPacket still = speech(1);
  still.frames[0].message = frame(0).message;
  CHECK(RoundLine().at(0.00, start()).at(0.04, still).text() == "( 0 1 ");
}

TEST_CASE("rounds: a frame that was repeated in other bytes than it is sent in is of the same round") {
  RoundLine line;
  RtcPacket later = speech(2);
  later.frame_count = 2;
  later.frames[1] = frame(1, 7);
  CHECK(line.at(0.00, start()).at(0.08, later).at(0.09, speech(1)).text() == "( 0 1 2 ");
}
