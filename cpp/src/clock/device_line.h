// The straight line on which a device plays: the instant at which each of its frames is heard.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace hostmode {

// On which side of the truth the noise of the observed instants lies.
enum class NoiseShape {
  kLate,       // observations are late or right: the line is their lower envelope
  kSymmetric,  // observations are early as often as late: the line is their least-squares fit
};

// Fits  heard = offset + (1 + rate error) * frame / rate  to noisy instants. Observations are gathered in a
// fixed number of bins, which double in length until they cover some ten seconds and then slide; a fit over
// the bins is done when one is full, so that the work for an observation is bounded and small, and the first
// ones count at once.
class DeviceLine {
 public:
  // `step_confirmation_s`: for how long all observations must be late before the line steps to them.
  explicit DeviceLine(double rate_hz, double step_confirmation_s = 0.1) noexcept
      : rate_hz_(rate_hz), step_confirmation_s_(step_confirmation_s) {}

  [[nodiscard]] bool started() const noexcept { return started_; }

  // Begins anew at one observation and keeps what is known of the device's rate: after a hole.
  void restart(std::int64_t frame, double heard_s) noexcept;

  // Takes in an observation. `frame` does not decrease.
  void add(std::int64_t frame, double heard_s) noexcept;

  void set_shape(NoiseShape shape) noexcept { shape_ = shape; }

  // The rate by another line over the same frames: where noise is symmetric, this one departs from it as far
  // as its observations are of one mind.
  void take_rate_from(const DeviceLine& pace) noexcept { given_slope_ = pace.slope_; }

  [[nodiscard]] double time_of(double frame) const noexcept;

  // Device frames per second of the caller's clock.
  [[nodiscard]] double true_rate_hz() const noexcept { return rate_hz_ / (1 + slope_); }

  // How far observations usually lie from the line.
  [[nodiscard]] double noise_s() const noexcept { return noise_s_; }

  // How late observations have been that were proven late by others. Fades within half a minute.
  [[nodiscard]] double peak_lateness_s() const noexcept { return peak_lateness_s_; }

  // Whether the noise has been seen to lie on both sides alike.
  [[nodiscard]] bool looks_symmetric() const noexcept { return looks_symmetric_; }

 private:
  static constexpr std::size_t kBins = 24;

  // Media time against delay: the delay is what remains of the instant after the media time is taken off,
  // which keeps the slope a small number.
  struct Point {
    double media_s;
    double delay_s;
  };
  struct Bin {
    Point earliest;  // lowest against the line of its time
    double media_sum_s;
    double delay_sum_s;
    std::size_t count;
  };
  // A possible step to a later line that fewer than all observations deny.
  struct Suspicion {
    bool active = false;
    double since_s = 0;
    std::size_t count = 0;
    Point earliest{};
    double latest_s = 0;
  };

  [[nodiscard]] double residual(const Point& point) const noexcept {
    return point.delay_s - (offset_s_ + slope_ * point.media_s);
  }
  void begin_at(const Point& point) noexcept;
  void measure_noise(double residual_s) noexcept;
  void judge_symmetry() noexcept;
  void note_lateness(double lateness_s) noexcept {
    peak_lateness_s_ = std::max(peak_lateness_s_, lateness_s);
  }
  [[nodiscard]] bool suspect_step(const Point& point, double heard_s) noexcept;
  void gather(const Point& point) noexcept;
  void close_bin() noexcept;
  void drop_outdated_bins() noexcept;
  void make_room() noexcept;
  void fit() noexcept;
  void fit_lower_envelope() noexcept;
  void fit_least_squares() noexcept;

  double rate_hz_;
  double step_confirmation_s_;
  NoiseShape shape_ = NoiseShape::kLate;
  bool started_ = false;

  double offset_s_ = 0;
  double slope_ = 0;
  double given_slope_ = std::numeric_limits<double>::quiet_NaN();
  double prior_slope_ = 0;
  double prior_slope_deviation_ = 0;
  double noise_s_ = 0;
  double noise_weight_ = 0;
  double mean_s_ = 0;  // of the residuals, with their second and third central moments
  double variance_s2_ = 0;
  double third_moment_s3_ = 0;
  bool looks_symmetric_ = false;
  double peak_lateness_s_ = 0;
  double last_media_s_ = 0;
  double bin_scatter_s_ = 0;

  std::array<Bin, kBins> bins_{};
  std::size_t closed_ = 0;  // bins_[closed_] is being filled
  std::size_t bin_observations_ = 1;
  Suspicion suspicion_;
};

}  // namespace hostmode
