// The audio clock most programs have: the last block's time plus what has elapsed since.
#pragma once

#include <algorithm>
#include <cstdint>

namespace peers {

class RawClock {
 public:
  explicit RawClock(double rate_hz) : rate_hz_(rate_hz) {}

  void observe(std::int64_t first_frame, std::int64_t frame_count, double heard_s) {
    frame_ = static_cast<double>(first_frame);
    rendered_ = static_cast<double>(first_frame + frame_count);
    heard_s_ = heard_s;
  }

  [[nodiscard]] double frame_at(double t_s) const {
    return std::clamp(frame_ + (t_s - heard_s_) * rate_hz_, 0.0, rendered_);
  }

 private:
  double rate_hz_;
  double frame_ = 0;
  double rendered_ = 0;
  double heard_s_ = 0;
};

}  // namespace peers
