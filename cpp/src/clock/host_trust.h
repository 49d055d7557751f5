// Whether a host that measures its device's delay is to be believed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace hostmode {

// A sound server that is kept from running reports delays that are wrong by tens of milliseconds for seconds,
// while the device goes on asking for frames at its own pace. So the latency, the distance from the instant
// at which a block is due to be asked for (the line of the callbacks' entries) to the instant at which the
// host says it is heard, is compared with the one that was the most frequent in the last minute. A host that
// departs from it errs, unless
//
//   - the pace has stepped as well: the device has taken in more frames at once, or has let frames wait, as
//   one
//     does whose latency really changes (a moved sink, another device behind the same name), or
//   - it departs by more than any host has been seen to err by, and stays there, or
//   - it has done so for half of that minute.
//
// A device that becomes later without asking for fewer frames, by less than that, cannot be told from a host
// that errs before the third. Likewise a host that errs while the callbacks' pace steps.
class HostTrust {
 public:
  struct Verdict {
    bool believed = true;
    double heard_s = 0;     // what to take for the block's instant
    bool is_moved = false;  // the latency is moving to another: older instants say nothing
  };

  // What is known of a block, in seconds of one clock.
  struct Block {
    double entry_s;     // of its callback; does not decrease
    double due_s;       // when the callbacks' line says that it was due to be asked for
    double expected_s;  // when it is heard, as known so far
    double heard_s;     // when it is heard, as the host says
  };

  [[nodiscard]] Verdict judge(const Block& block) noexcept;

  // Whether a latency is known, so that the pace alone says when a block is heard: `latency_s` after it was
  // due.
  [[nodiscard]] bool knows_latency() const noexcept;
  [[nodiscard]] double latency_s() const noexcept { return level_s_; }

  // Another device, of which nothing is known.
  void forget() noexcept { *this = HostTrust(); }

  // The device ran dry or stood still. Its buffer is filled again before its pace says anything, to the same
  // latency.
  void after_hole(double entry_s) noexcept;

  // The callbacks' line has moved by so much: latencies count from where it is now.
  void rebase(double due_moved_s) noexcept;

 private:
  static constexpr std::size_t kWindow = 120;

  // Another latency than the usual one that the host keeps to.
  struct Candidate {
    bool active = false;
    double since_s = 0;
    double latency_s = 0;
  };
  // How late callbacks came after they were due, over one look at their pace.
  struct PaceLook {
    double since_s = -std::numeric_limits<double>::infinity();
    double least_late_s = std::numeric_limits<double>::infinity();
    int near_least = 0;
    int count = 0;
  };

  void measure_scatter(double latency_s) noexcept;
  void watch_pace(double entry_s, double late_s) noexcept;
  void gather(double entry_s, double latency_s) noexcept;
  void remember(double latency_s) noexcept;
  void settle_on(double latency_s) noexcept;
  [[nodiscard]] bool is_real_change(double entry_s, double limit_s) const noexcept;

  std::array<double, kWindow> latencies_s_{};  // one every half second, the oldest overwritten first
  std::array<double, kWindow> ascending_s_{};  // the same, in order
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  double taken_s_ = -std::numeric_limits<double>::infinity();

  // How far the host's instants lie apart from one callback to the next. Not from a line: a host that wanders
  // for seconds would widen what it is believed within.
  double scatter_s_ = 0;
  double last_latency_s_ = 0;
  double usual_s_ = 0;  // the most frequent of them
  double level_s_ = 0;  // what is used: follows the usual one at a pace that no eye notices
  double last_entry_s_ = 0;
  double hole_s_ = -std::numeric_limits<double>::infinity();
  double pace_stepped_s_ = -std::numeric_limits<double>::infinity();
  Candidate candidate_;
  PaceLook look_;
};

}  // namespace hostmode
