// Rounds out of RTC packets: which frames belong to one utterance, in which order, each once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "wire/rtc_packet.h"

namespace hostmode {

enum class RoundStep {
  kOpen,     // a round begins
  kArrival,  // one of its frames has come, in whatever order, or too late
  kFrame,    // its next frame
  kEnd,      // it is over
};

struct RoundAction {
  RoundStep step = RoundStep::kOpen;
  // kEnd, a string literal: "end" (complete), "idle" (no more comes), "replaced" (another begins, and no end
  // was told), or "stalled".
  const char* reason = "";
  std::int64_t position =
      0;  // kArrival, kFrame: in frames of 40 ms from the round's beginning; rises, may leave holes
  bool repeated = false;              // kArrival: by a packet of a later frame, for which it was lost
  std::vector<std::uint8_t> message;  // kFrame
};

struct RoundCounts {
  std::uint64_t duplicates = 0;  // copies of what had come, of rounds that are over too
  std::uint64_t late = 0;        // frames behind one that had been given out
  std::uint64_t lost = 0;        // positions that were passed over
  std::uint64_t gated = 0;       // frames after an interrupt that belong to no new round
};

// A packet has a number and no time, comes late, twice, in another order or never, and nothing promises that
// the first or the last of a round is among those that come. An end may be told by a copy alone, and idle may
// overtake what was sent before it, or be overtaken by the round after it. Times are of any one clock; time
// that goes back counts as none. Thread-safe: no. Realtime-safe: no (allocates).
class PacketRounds {
 public:
  // Waits so long for a frame that others have overtaken, and with an end that none may still belong to.
  explicit PacketRounds(double patience_s = 0.08) noexcept : patience_s_(patience_s) {}

  // Appends to `actions` what follows from a packet.
  void take(const RtcPacket& packet, double now_s, std::vector<RoundAction>& actions);

  // What follows from time alone: holes that nobody fills, ends, and a round whose packets have stopped
  // coming.
  void advance(double now_s, std::vector<RoundAction>& actions);

  // A frame that others have overtaken is from now on waited for until its position is at most `position`,
  // and no longer for so long: whoever shows them knows when it is needed.
  void need(std::int64_t position) noexcept { needed_ = position; }

  // Forgets the round, whose end nobody is told. Until a packet that starts one, or an idle one, none begins.
  void interrupt() noexcept;

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  // Of a number, in the round that is open, or was last.
  [[nodiscard]] std::int64_t position_of(std::uint32_t seq) const noexcept;
  [[nodiscard]] const RoundCounts& counts() const noexcept { return counts_; }

  static constexpr double kStall_s = 5.0;

 private:
  // What is further apart does not belong to the same round: 10 s.
  static constexpr std::int64_t kFarApart = 250;
  static constexpr std::size_t kMostPending = 250;
  static constexpr std::size_t kRemembered = 512;

  struct Seen {
    std::uint32_t seq;
    std::uint64_t hash;
    double when_s;
    bool own;             // not as what a later packet repeats
    std::uint64_t round;  // 0: none
  };

  // `index` as in `packet.frames`: what is repeated neither starts nor ends its round. `another`: the packet
  // is of a round that has not been opened.
  void take_frame(const RtcPacket& packet, std::size_t index, bool another, double now_s,
                  std::vector<RoundAction>& actions);
  void open(const PacketFrame& frame, bool starts, double now_s, std::vector<RoundAction>& actions);
  void note_end(std::int64_t position) noexcept;
  void close_for_another(double now_s, std::vector<RoundAction>& actions);
  void close(const char* reason, double now_s, std::vector<RoundAction>& actions);
  void give_out(bool all, double now_s, std::vector<RoundAction>& actions);
  [[nodiscard]] bool contradicts(const RtcPacket& packet, double now_s) const noexcept;
  [[nodiscard]] bool begins_another(const PacketFrame& frame, bool starts) const noexcept;
  [[nodiscard]] bool is_straggler(std::uint32_t seq, double now_s) const noexcept;
  [[nodiscard]] const Seen* copied(const PacketFrame& frame, bool own, double now_s);

  const double patience_s_;
  RoundCounts counts_;
  std::deque<Seen> seen_;  // the latest frames

  bool open_ = false;
  std::uint64_t round_ = 0;  // how many were opened
  bool gated_ = false;
  bool started_ = false;      // the packet that starts the round has come
  std::uint32_t origin_ = 0;  // the number at position 0
  std::int64_t next_ = 0;     // the position to be given out
  bool given_out_ = false;    // anything of the round
  std::int64_t last_ = -1;    // the position that carries the end; negative: not known
  std::map<std::int64_t, std::vector<std::uint8_t>> pending_;
  std::optional<std::int64_t> needed_;
  double blocked_since_s_ = 0;  // since when the first of them waits
  double closing_s_ = 0;        // when the round ends, if nothing new comes; infinity: it goes on
  double idle_s_ = 0;           // when idle was said of it; infinity: it was not, or the round went on
  double latest_s_ = 0;         // when something new came
  double over_s_ = -std::numeric_limits<double>::infinity();  // when the round before ended
  std::uint32_t over_seq_ = 0;                                // its last number
};

}  // namespace hostmode
