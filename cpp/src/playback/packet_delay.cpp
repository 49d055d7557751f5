#include "playback/packet_delay.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hostmode {
namespace {

constexpr double kFloorMemory_s = 10.0;
constexpr double kLevelHalfLife_s = 0.25;
constexpr double kMostResidual_s = 0.04;  // that the level follows at once
constexpr double kShareHalfLife_s = 60.0;
constexpr double kForgiven = 0.25;  // of a gap: the face runs that much slower in it
constexpr std::uint64_t kChooseEvery = 5;
constexpr double kBucket_s = 0.001;
constexpr double kWider = 1.02;

}  // namespace

double PacketDelay::upper_edge_s(std::size_t bucket) noexcept {
  if (bucket < kBelow) return kBucket_s * (static_cast<double>(bucket) + 1 - static_cast<double>(kBelow));
  const auto above = static_cast<double>(bucket - kBelow + 1);
  return kBucket_s * (std::pow(kWider, above) - 1) / (kWider - 1);
}

std::size_t PacketDelay::bucket_of(double residual_s) noexcept {
  if (residual_s <= 0) {
    const double at = std::ceil(residual_s / kBucket_s) + static_cast<double>(kBelow) - 1;
    return at > 0 ? static_cast<std::size_t>(at) : 0;
  }
  const double above = std::ceil(std::log1p(residual_s / kBucket_s * (kWider - 1)) / std::log(kWider)) - 1;
  return kBelow + static_cast<std::size_t>(std::clamp(above, 0.0, static_cast<double>(kAbove - 1)));
}

void PacketDelay::add(double sent_s, double now_s) {
  const double gap_s = any_ ? now_s - latest_s_ : 0.0;
  any_ = true;
  latest_s_ = std::max(latest_s_, now_s);
  const double delay_s = now_s - sent_s;
  while (!floor_.empty() && floor_.back().second >= delay_s) floor_.pop_back();
  floor_.emplace_back(now_s, delay_s);
  while (floor_.front().first < now_s - kFloorMemory_s) floor_.pop_front();
  if (gap_s > period_s_ + kGap_s) {
    gap_end_s_ = now_s;
    gap_excess_s_ = gap_s - period_s_ - kGap_s;
  }
  double late_s = delay_s - floor_s();
  if (sent_s + floor_s() < gap_end_s_) {
    if (gap_excess_s_ + period_s_ + kGap_s >= kInterruption_s) return;
    late_s = std::max(0.0, late_s - kForgiven * gap_excess_s_);
  }
  learn(late_s);
}

void PacketDelay::restart() noexcept {
  floor_.clear();
  any_ = false;
  gap_end_s_ = -1e300;
}

void PacketDelay::learn(double late_s) {
  ++learnt_;
  const double gain =
      std::max(1.0 / static_cast<double>(learnt_), 1 - std::exp2(-period_s_ / kLevelHalfLife_s));
  // What the level has not followed yet: a packet is late by this over the delay chosen before it.
  const double residual_s = late_s - level_s_;
  level_s_ += gain * std::clamp(late_s - level_s_, -kMostResidual_s, kMostResidual_s);
  const double keep = std::exp2(-period_s_ / kShareHalfLife_s);
  weight_ = weight_ * keep + 1;
  for (double& share : shares_) share *= keep;
  shares_[bucket_of(residual_s)] += 1;
  if (learnt_ % kChooseEvery == 0) choose_target();
}

void PacketDelay::choose_target() noexcept {
  double beyond = 0;
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t bucket = kBuckets; bucket-- > 0;) {
    const double edge_s = upper_edge_s(bucket);
    const double cost = edge_s + late_cost_s_ * beyond / weight_;
    if (cost <= best) {
      best = cost;
      target_s_ = std::max(0.0, level_s_ + edge_s);
    }
    beyond += shares_[bucket];
  }
}

}  // namespace hostmode
