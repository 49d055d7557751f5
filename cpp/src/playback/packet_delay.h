// How long a stream of packets is held back, so that late ones are seldom too late: the adaptive delay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace hostmode {

// Values in, values out. Follows the level of the delays, and adds the margin above it at which another
// millisecond of delay costs as much as the packets that it saves, at 20 ms for each percent (what NetEq
// counts a lost packet as). What a gap has held back counts less, since the face slows down in gaps.
class PacketDelay {
 public:
  // `late_cost_s`: what all packets coming late would cost, in delay: 20 ms a percent.
  explicit PacketDelay(double period_s, double late_cost_s = 2.0) noexcept
      : period_s_(period_s), late_cost_s_(late_cost_s) {}

  // A packet that the sender gave out at `sent_s` of its clock has come.
  void add(double sent_s, double now_s);

  // The sender's clock starts again: delays are measured anew, what is known of them stays.
  void restart() noexcept;

  // The least arrival less sent of the last 10 s.
  [[nodiscard]] double floor_s() const noexcept { return floor_.front().second; }
  // The delay above the floor at which packets are to be played.
  [[nodiscard]] double target_s() const noexcept { return target_s_; }

  static constexpr double kAtFirst_s = 0.08;
  // A gap as long as this is an interruption: nothing can be learnt from it.
  static constexpr double kInterruption_s = 1.0;
  // Beyond the period, after which nothing new has come for too long.
  static constexpr double kGap_s = 0.01;

 private:
  static constexpr std::size_t kBelow = 200;  // residuals below zero, 1 ms each
  static constexpr std::size_t kAbove = 170;  // and above, each 2 % wider than the one before
  static constexpr std::size_t kBuckets = kBelow + kAbove;
  static double upper_edge_s(std::size_t bucket) noexcept;
  static std::size_t bucket_of(double residual_s) noexcept;
  void learn(double late_s);
  void choose_target() noexcept;

  const double period_s_;
  const double late_cost_s_;
  std::deque<std::pair<double, double>> floor_;  // (when it came, arrival less sent), rising
  double latest_s_ = 0;                          // the latest arrival
  bool any_ = false;
  double gap_end_s_ = 0;     // of the latest gap, in the time of sending plus floor
  double gap_excess_s_ = 0;  // how much longer than usual it was
  double level_s_ = 0;
  std::uint64_t learnt_ = 0;
  double target_s_ = kAtFirst_s;
  std::array<double, kBuckets> shares_{};
  double weight_ = 0;
};

}  // namespace hostmode
