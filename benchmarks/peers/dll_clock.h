// A delay-locked loop as JACK keeps one between callbacks and the system's clock, after Fons Adriaensen,
// "Using a DLL to filter time" (Linux Audio Conference 2005): a second-order loop, critically damped by
// sqrt(2), that follows the times of blocks and predicts the next one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace peers {

class DllClock {
 public:
  // JACK's loop has a bandwidth of 1/8 Hz; players commonly take up to 0.3 Hz. It resets, as JACK does after
  // a missed cycle, where the error exceeds `reset_s`. `observe` expects periods of one length.
  DllClock(double rate_hz, double bandwidth_hz, double reset_s)
      : rate_hz_(rate_hz), bandwidth_hz_(bandwidth_hz), reset_s_(reset_s) {}

  void observe(std::int64_t first_frame, std::int64_t frame_count, double heard_s) {
    // The loop runs once a period, whatever the size of the blocks a period is delivered in.
    const double nominal_s = (static_cast<double>(first_frame) - frame_) / rate_hz_;
    rendered_ = static_cast<double>(first_frame + frame_count);
    const double error_s = heard_s - next_s_;
    if (periods_ < 2 || std::abs(error_s) > reset_s_) {
      block_s_ = heard_s;
      period_s_ = nominal_s;
      next_s_ = heard_s + period_s_;
      frames_per_s_ = rate_hz_;
    } else {
      const double omega = 2 * 3.141592653589793 * bandwidth_hz_ * nominal_s;
      block_s_ = next_s_;
      next_s_ += std::sqrt(2.0) * omega * error_s + period_s_;
      period_s_ += omega * omega * error_s;
      frames_per_s_ = nominal_s * rate_hz_ / (next_s_ - block_s_);
    }
    frame_ = static_cast<double>(first_frame);
    ++periods_;
  }

  [[nodiscard]] double frame_at(double t_s) const {
    return std::clamp(frame_ + (t_s - block_s_) * frames_per_s_, 0.0, rendered_);
  }

 private:
  double rate_hz_;
  double bandwidth_hz_;
  double reset_s_;
  std::int64_t periods_ = 0;
  double frame_ = 0;
  double rendered_ = 0;
  double frames_per_s_ = 0;
  double block_s_ = 0;
  double next_s_ = 0;
  double period_s_ = 0;
};

}  // namespace peers
