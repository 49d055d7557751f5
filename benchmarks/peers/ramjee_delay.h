// The first algorithm of Ramjee, Kurose, Towsley and Schulzrinne, "Adaptive playout mechanisms for packetized
// audio applications in wide-area networks" (INFOCOM 1994): mean and deviation of the delays, each smoothed.
#pragma once

#include <cmath>
#include <cstddef>

namespace peers {

class RamjeeDelay {
 public:
  // The paper's factor is 4; it is applied to every packet, not once a talkspurt.
  explicit RamjeeDelay(double deviations = 4) noexcept : deviations_(deviations) {}

  void add(std::size_t /*number*/, double sent_s, double arrival_s) noexcept {
    constexpr double kKept = 0.998002;
    const double delay_s = arrival_s - sent_s;
    mean_s_ = any_ ? kKept * mean_s_ + (1 - kKept) * delay_s : delay_s;
    any_ = true;
    deviation_s_ = kKept * deviation_s_ + (1 - kKept) * std::abs(mean_s_ - delay_s);
  }

  // From sending to playing.
  [[nodiscard]] double wait_s() const noexcept { return mean_s_ + deviations_ * deviation_s_; }

 private:
  const double deviations_;
  bool any_ = false;
  double mean_s_ = 0;
  double deviation_s_ = 0;
};

}  // namespace peers
