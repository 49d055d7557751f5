// How fast a long live stream is played so that its delay stays what it is.
#pragma once

#include <limits>

namespace hostmode {

// A sender's clock and the device's differ by up to a few hundred ppm: in hours that is seconds of delay, or
// sound that runs dry. From the delay found at each arrival follows how much faster than the device the
// sender's sound is to be played. A proportional and integral control, on the largest delay of ten seconds:
// what the network holds up makes it smaller, never larger.
//
// Acts only on what comes at the pace of real time for long, and begins only where its delay has moved by
// kBegins_s: so sound that comes all at once, faster, in short utterances or at the very pace of the device
// is played as it is. A step of the delay (another route, a pause, an underrun) is no drift: what is to be
// held steps along. Serialised by the caller.
class Drift {
 public:
  static constexpr double kMost = 1e-3;       // 1.7 cents: no ear hears it, nor that it comes and goes
  static constexpr double kSpan_s = 10.0;     // whose largest delay counts
  static constexpr double kBegins_s = 0.008;  // wireless networks move the largest delay by less
  static constexpr double kStep_s = 0.025;    // a change from window to window that is no drift

  // Sound came at `now_s`, after which `delay_s` of it has not been heard.
  void on_arrival(double now_s, double delay_s) noexcept;

  // By how much faster than the device's clock to play: within +-kMost, 0 where it does not act.
  [[nodiscard]] double value() const noexcept { return value_; }

 private:
  void end_window(double delay_s) noexcept;

  double window_ends_s_ = -std::numeric_limits<double>::infinity();
  double largest_s_ = 0.0;  // of the window
  double before_s_ = 0.0;   // of the one before
  double held_s_ = 0.0;     // the delay that is to be
  int steady_ = 0;          // windows in a row that were no step; of steps, where negative
  double lasting_ = 0.0;    // the part of the value that lasts: the clocks' difference
  double value_ = 0.0;
};

}  // namespace hostmode
