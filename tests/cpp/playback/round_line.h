// Packets of rounds, and a line that says what becomes of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "playback/packet_rounds.h"

namespace hostmode::testing {

inline constexpr double kFrame_s = 0.04;

// Frame `seq` of a clip: no two frames of one clip, nor of two, have the same bytes.
inline PacketFrame frame(std::uint32_t seq, int clip = 1) {
  return {
      seq,
      {static_cast<std::uint8_t>(clip), static_cast<std::uint8_t>(seq), static_cast<std::uint8_t>(seq >> 8)}};
}

inline RtcPacket speech(std::uint32_t seq, int clip = 1) {
  RtcPacket packet;
  packet.kind = PacketKind::kSpeech;
  packet.frame_count = 1;
  packet.frames[0] = frame(seq, clip);
  return packet;
}

inline RtcPacket start(std::uint32_t seq = 0, int clip = 1) {
  RtcPacket packet = speech(seq, clip);
  packet.start = true;
  return packet;
}

inline RtcPacket last(std::uint32_t seq, int clip = 1) {
  RtcPacket packet = speech(seq, clip);
  packet.end = true;
  return packet;
}

inline RtcPacket marker(PacketKind kind) {
  RtcPacket packet;
  packet.kind = kind;
  return packet;
}

inline RtcPacket redundant(std::uint32_t seq, int clip = 1) {
  RtcPacket packet = speech(seq, clip);
  packet.frame_count = std::min<std::size_t>(seq + 1, 3);
  for (std::uint32_t back = 1; back < packet.frame_count; ++back)
    packet.frames[back] = frame(seq - back, clip);
  return packet;
}

// What comes out, as text: "( 0 1 2 )idle".
class RoundLine {
 public:
  RoundLine& at(double now_s, const RtcPacket& packet) {
    rounds.take(packet, now_s, actions_);
    return *this;
  }
  RoundLine& wait(double now_s) {
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

}  // namespace hostmode::testing
