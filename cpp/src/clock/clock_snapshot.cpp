#include "clock/clock_snapshot.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hostmode {
namespace {

// An error is worked off within this time, so that big ones go faster, but not slower than at kMinSlew: then
// the usual errors of a few microseconds are gone after a millisecond and nobody can see a change of pace of
// 0.5 %.
constexpr double kSlewTime_s = 0.02;
constexpr double kMinSlew = 0.005;
constexpr double kMaxSlowDown = 0.9;  // the map keeps increasing while it waits for the device

constexpr double kWait_s = 0.001;

constexpr double kFrameTolerance = 1e-3;  // 20 ns at 48 kHz

}  // namespace

double ClockSnapshot::curve_at(double t_s) const noexcept {
  const Knot& first = knots_[0];
  if (t_s <= first.t_s) return first.frame + (t_s - first.t_s) * rate_before_;
  std::size_t i = knot_count_ - 1;
  while (knots_[i].t_s > t_s) --i;
  const Knot& left = knots_[i];
  if (i + 1 == knot_count_) return left.frame + (t_s - left.t_s) * rate_after_;
  const Knot& right = knots_[i + 1];
  return left.frame + (right.frame - left.frame) * ((t_s - left.t_s) / (right.t_s - left.t_s));
}

double ClockSnapshot::curve_inverse(double frame) const noexcept {
  const Knot& first = knots_[0];
  if (frame < first.frame) {
    // Before the very first frame nothing was heard, so no earlier instant would be right.
    return rate_before_ > 0 ? first.t_s + (frame - first.frame) / rate_before_
                            : first.t_s + (frame - first.frame) / rate_after_;
  }
  // From the end: where the map is level, the frame is heard when it goes on.
  std::size_t i = knot_count_ - 1;
  while (knots_[i].frame > frame) --i;
  const Knot& left = knots_[i];
  if (i + 1 == knot_count_) return left.t_s + (frame - left.frame) / rate_after_;
  const Knot& right = knots_[i + 1];
  return left.t_s + (right.t_s - left.t_s) * ((frame - left.frame) / (right.frame - left.frame));
}

double ClockSnapshot::slope_at(double t_s) const noexcept {
  if (t_s < knots_[0].t_s) return rate_before_;
  for (std::size_t i = 0; i + 1 < knot_count_; ++i) {
    const Knot& left = knots_[i];
    const Knot& right = knots_[i + 1];
    if (t_s < right.t_s) return (right.frame - left.frame) / (right.t_s - left.t_s);
  }
  return rate_after_;
}

double ClockSnapshot::frame_at(double t_s) const noexcept {
  if (!started()) return 0;
  return std::clamp(curve_at(t_s), 0.0, static_cast<double>(rendered_frames_));
}

double ClockSnapshot::time_of(double frame) const noexcept {
  return started() ? curve_inverse(frame) : std::numeric_limits<double>::quiet_NaN();
}

void ClockSnapshot::forget_after(double t_s) noexcept {
  while (knot_count_ > 0 && knots_[knot_count_ - 1].t_s >= t_s) --knot_count_;
}

void ClockSnapshot::append(double t_s, double frame) noexcept {
  // A wait that was confirmed or prolonged is still one wait.
  const bool waiting_on = knot_count_ > 0 && knots_[knot_count_ - 1].frame == frame &&
                          (knot_count_ > 1 ? knots_[knot_count_ - 2].frame == frame : rate_before_ == 0);
  if (waiting_on) --knot_count_;
  if (knot_count_ == kMaxKnots) {
    rate_before_ = (knots_[1].frame - knots_[0].frame) / (knots_[1].t_s - knots_[0].t_s);
    std::move(knots_.begin() + 1, knots_.end(), knots_.begin());
    --knot_count_;
  }
  knots_[knot_count_++] = {t_s, frame};
}

void ClockSnapshot::steer(double from_s, double line_s, double line_frame, double line_rate_hz) noexcept {
  if (!started()) {
    // A clock that joins late knows that frames went before; one that begins with the device, that none did.
    rate_before_ = line_frame > 0 ? line_rate_hz : 0;
    rate_after_ = line_rate_hz;
    append(line_s, line_frame);
    return;
  }
  const auto line_at = [=](double t_s) { return line_frame + (t_s - line_s) * line_rate_hz; };
  const double rendered = static_cast<double>(rendered_frames_);
  const double unbounded = curve_at(from_s);
  const double ahead_of_line = unbounded - line_at(from_s);
  // At the very end of what was rendered, only a wait that is worth it is one.
  const bool dry = unbounded > rendered + kFrameTolerance ||
                   (unbounded > rendered - kFrameTolerance && ahead_of_line > kWait_s * line_rate_hz);
  const Knot& last = knots_[knot_count_ - 1];
  const bool on_course =
      line_rate_hz == rate_after_ && std::abs(line_at(last.t_s) - last.frame) < kFrameTolerance;
  // Knots are history, and history is what they are kept for: none is added where nothing bends.
  if (on_course && !dry) return;

  const double here = dry ? rendered : unbounded;
  const double slope = slope_at(from_s);
  const bool waiting = dry || slope == 0;
  const double dry_s = dry ? curve_inverse(rendered) : from_s;
  forget_after(std::min(from_s, dry_s));
  if (dry_s < from_s) append(dry_s, rendered);
  append(from_s, here);
  rate_after_ = line_rate_hz;

  const double ahead = here - line_at(from_s);
  if (ahead == 0) return;
  const double error_s = std::abs(ahead) / line_rate_hz;
  if (waiting && ahead > 0) {
    append(from_s + error_s, here);
    return;
  }
  // A correction that is under way does not slacken because the line has moved by a hair.
  const double under_way = (ahead > 0 ? -1 : 1) * (slope / line_rate_hz - 1);
  double slew = std::max({error_s / kSlewTime_s, kMinSlew, under_way});
  if (ahead > 0) slew = std::min(slew, kMaxSlowDown);
  const double met_s = from_s + error_s / slew;
  // An error too small for a double's resolution of time is none.
  if (met_s > from_s) append(met_s, line_at(met_s));
}

}  // namespace hostmode
