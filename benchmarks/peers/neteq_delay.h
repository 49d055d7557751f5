// How WebRTC's NetEq chooses its delay (delay manager with underrun and reorder optimizer, default settings,
// as of 2022 to 2025), written from its description.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <deque>
#include <limits>
#include <utility>

namespace peers {

class NetEqDelay {
 public:
  // `quantile` of the delays that the target must reach; NetEq's own is 0.95.
  explicit NetEqDelay(double quantile = 0.95) noexcept : most_above_(1 - quantile) {}

  void add(std::size_t number, double sent_s, double arrival_s) {
    history_.emplace_back(sent_s, arrival_s - sent_s);
    least_s_ = std::numeric_limits<double>::infinity();
    while (history_.front().first < sent_s - kMemory_s) history_.pop_front();
    for (const auto& [sent, delay_s] : history_) {
      if (sent >= sent_s - kMemory_s) least_s_ = std::min(least_s_, delay_s);
    }
    const double relative_s = arrival_s - sent_s - least_s_;
    const bool reordered = any_ && number < highest_;
    highest_ = any_ ? std::max(highest_, number) : number;
    if (!any_) interval_since_s_ = arrival_s;
    any_ = true;
    if (!reordered) follow_underruns(relative_s, arrival_s);
    reorders_.add(reordered ? bucket_of(relative_s) : 0);
    choose_for_reorder();
  }

  // From sending to playing.
  [[nodiscard]] double wait_s() const noexcept { return least_s_ + std::max(underrun_s_, reorder_s_); }

 private:
  static constexpr double kBucket_s = 0.02;
  static constexpr std::size_t kBuckets = 100;
  static constexpr double kMemory_s = 2.0;
  static constexpr double kInterval_s = 0.5;
  static constexpr double kLossCost_s = 2.0;  // of all packets: 20 ms a percent

  struct Histogram {
    explicit Histogram(double most_kept) noexcept : kept_at_most(most_kept) {
      for (std::size_t i = 0; i < kBuckets; ++i) shares[i] = std::exp2(-static_cast<double>(i + 1));
    }
    void add(std::size_t bucket) noexcept {
      if (bucket >= kBuckets) return;
      for (double& share : shares) share *= kept;
      shares[bucket] += 1 - kept;
      ++count;
      kept = std::max(0.0, std::min(kept_at_most, 1 - 2.0 / (count + 1)));
    }
    const double kept_at_most;
    std::array<double, kBuckets> shares{};
    double kept = 0;
    double count = 0;
  };

  static std::size_t bucket_of(double delay_s) noexcept {
    return static_cast<std::size_t>(std::max(0.0, delay_s / kBucket_s));
  }

  void follow_underruns(double relative_s, double now_s) noexcept {
    if (now_s - interval_since_s_ > kInterval_s) {
      if (bucket_of(largest_s_) < kBuckets) {
        underruns_.add(bucket_of(largest_s_));
        double above = 1;
        std::size_t least = 0;
        for (; least < kBuckets - 1; ++least) {
          above -= underruns_.shares[least];
          if (above <= most_above_ + 1e-12) break;
        }
        underrun_s_ = kBucket_s * static_cast<double>(1 + least);
      }
      interval_since_s_ = now_s;
      largest_s_ = 0;
    }
    largest_s_ = std::max(largest_s_, relative_s);
  }

  void choose_for_reorder() noexcept {
    double above = 1, best_s = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < kBuckets; ++i) {
      above -= reorders_.shares[i];
      const double cost_s =
          std::max(0.0, kBucket_s * static_cast<double>(i) - underrun_s_) + kLossCost_s * above;
      if (cost_s >= best_s) continue;
      best_s = cost_s;
      reorder_s_ = kBucket_s * static_cast<double>(1 + i);
    }
  }

  const double most_above_;
  std::deque<std::pair<double, double>> history_;  // (sent, arrival less sent) in arrival order
  double least_s_ = 0;
  std::size_t highest_ = 0;
  bool any_ = false;
  double interval_since_s_ = 0;
  double largest_s_ = 0;
  Histogram underruns_{0.983};
  Histogram reorders_{0.9993};
  double underrun_s_ = 0.08;
  double reorder_s_ = 0;
};

}  // namespace peers
