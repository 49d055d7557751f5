#include "clock/device_line.h"

#include <algorithm>
#include <cmath>

namespace hostmode {
namespace {

// Crystals stay within 100 ppm, virtual devices and slewed system clocks within 500.
constexpr double kSlopeDeviation = 200e-6;
constexpr double kMaxSlope = 2000e-6;
// How well another line, over the same frames, knows the rate.
constexpr double kGivenSlopeDeviation = 30e-6;
// A host that errs goes on to err alike: so many of its observations count as one against the rate that is
// given. Chosen on the timing profiles: fewer follow a host that wanders, more take in callbacks that are
// late.
constexpr double kSameError = 500;
// What a restart leaves of the knowledge of the rate.
constexpr double kKnownSlopeDeviation = 10e-6;
constexpr double kKnownSlopeSpan_s = 2.0;

constexpr double kWindow_s = 10.0;
// An average needs longer than an envelope, and a coarse clock's ticks may drift past the blocks slowly.
constexpr double kSymmetricWindow_s = 40.0;
constexpr std::size_t kMinBinObservations = 8;

constexpr double kInitialNoise_s = 50e-6;
constexpr double kInitialNoiseWeight = 4;
constexpr double kMaxNoiseWeight = 512;
constexpr double kMinNoise_s = 0.5e-6;
constexpr double kOutlier = 8;  // in units of the noise

constexpr double kHardlySkewed = 0.4;
constexpr double kSkewed = 0.8;
constexpr double kHarmless_s = 20e-6;

constexpr double kPeakFading_s = 10;

constexpr double kStep_s = 0.002;
constexpr std::size_t kStepObservations = 3;

}  // namespace

double DeviceLine::time_of(double frame) const noexcept {
  return offset_s_ + (1 + slope_) * (frame / rate_hz_);
}

void DeviceLine::begin_at(const Point& point) noexcept {
  offset_s_ = point.delay_s - slope_ * point.media_s;
  closed_ = 0;
  bins_[0] = Bin{};
  bin_observations_ = 1;
  bin_scatter_s_ = 0;
  suspicion_.active = false;
}

void DeviceLine::restart(std::int64_t frame, double heard_s) noexcept {
  const double media_s = static_cast<double>(frame) / rate_hz_;
  if (!started_) {
    started_ = true;
    noise_s_ = kInitialNoise_s;
    noise_weight_ = kInitialNoiseWeight;
    prior_slope_deviation_ = kSlopeDeviation;
  } else if (closed_ > 1 &&
             bins_[closed_ - 1].earliest.media_s - bins_[0].earliest.media_s > kKnownSlopeSpan_s) {
    prior_slope_ = slope_;
    prior_slope_deviation_ = kKnownSlopeDeviation;
  }
  const Point point{media_s, heard_s - media_s};
  last_media_s_ = media_s;
  begin_at(point);
  gather(point);
}

void DeviceLine::add(std::int64_t frame, double heard_s) noexcept {
  const double media_s = static_cast<double>(frame) / rate_hz_;
  const Point point{media_s, heard_s - media_s};
  peak_lateness_s_ *= std::max(0.0, 1 - (media_s - last_media_s_) / kPeakFading_s);
  last_media_s_ = media_s;
  if (suspect_step(point, heard_s)) {
    const Point earliest = suspicion_.earliest;
    begin_at(earliest);
    gather(earliest);
    return;
  }
  const double residual_s = residual(point);
  if (!suspicion_.active) measure_noise(residual_s);
  if (shape_ == NoiseShape::kLate) {
    // Lateness has one sign: whatever is earlier than the line proves the line late.
    if (residual_s < 0) offset_s_ += residual_s;
    gather(point);
  } else {
    const double bound_s = kOutlier * noise_s_;
    gather({media_s, point.delay_s - residual_s + std::clamp(residual_s, -bound_s, bound_s)});
  }
}

void DeviceLine::measure_noise(double residual_s) noexcept {
  const double bound_s = kOutlier * noise_s_;
  const double bounded_s = std::clamp(residual_s, -bound_s, bound_s);
  noise_weight_ = std::min(noise_weight_ + 1, kMaxNoiseWeight);
  if (shape_ == NoiseShape::kSymmetric || residual_s >= 0) {
    noise_s_ = std::max(noise_s_ + (std::abs(bounded_s) - noise_s_) / noise_weight_, kMinNoise_s);
  }
  const double deviation_s = bounded_s - mean_s_;
  mean_s_ += deviation_s / noise_weight_;
  const double square_s2 = deviation_s * deviation_s;
  variance_s2_ += (square_s2 - variance_s2_) / noise_weight_;
  third_moment_s3_ += (square_s2 * deviation_s - third_moment_s3_) / noise_weight_;
}

void DeviceLine::judge_symmetry() noexcept {
  if (noise_weight_ < kMaxNoiseWeight) return;
  const double deviation_s = std::sqrt(variance_s2_);
  const double skewness = third_moment_s3_ / (deviation_s * variance_s2_);
  // Exponential lateness has 2, a normal or a uniform distribution 0.
  looks_symmetric_ = deviation_s > kHarmless_s && skewness < (looks_symmetric_ ? kSkewed : kHardlySkewed);
}

bool DeviceLine::suspect_step(const Point& point, double heard_s) noexcept {
  const double residual_s = residual(point);
  const double limit_s = std::max(kStep_s, kOutlier * noise_s_);
  if (residual_s < -limit_s) {
    note_lateness(-residual_s);
    suspicion_.earliest = point;
    return true;
  }
  if (residual_s < limit_s) {
    note_lateness(suspicion_.active ? suspicion_.latest_s : residual_s);
    suspicion_.active = false;
    return false;
  }
  if (!suspicion_.active) {
    suspicion_ = {true, heard_s, 0, point, 0};
  } else if (residual_s < residual(suspicion_.earliest)) {
    suspicion_.earliest = point;
  }
  ++suspicion_.count;
  suspicion_.latest_s = std::max(suspicion_.latest_s, residual_s);
  // A late wake-up is followed by a burst of blocks that have no time to pass; a step stays.
  return suspicion_.count >= kStepObservations && heard_s - suspicion_.since_s >= step_confirmation_s_;
}

void DeviceLine::gather(const Point& point) noexcept {
  Bin& bin = bins_[closed_];
  if (bin.count == 0 || residual(point) < residual(bin.earliest)) bin.earliest = point;
  bin.media_sum_s += point.media_s;
  bin.delay_sum_s += point.delay_s;
  ++bin.count;
  if (bin.count >= bin_observations_) close_bin();
}

void DeviceLine::close_bin() noexcept {
  ++closed_;
  judge_symmetry();
  drop_outdated_bins();
  fit();
  if (closed_ == kBins) make_room();
  bins_[closed_] = Bin{};
}

void DeviceLine::drop_outdated_bins() noexcept {
  const auto centre = [](const Bin& bin) {
    const double count = static_cast<double>(bin.count);
    return Point{bin.media_sum_s / count, bin.delay_sum_s / count};
  };
  const auto off_line = [&](const Bin& bin) {
    return residual(shape_ == NoiseShape::kLate ? bin.earliest : centre(bin));
  };
  const double off_s = std::abs(off_line(bins_[closed_ - 1]));
  const double limit_s = 6 * bin_scatter_s_ + 20e-6;
  bin_scatter_s_ += (std::min(off_s, limit_s) - bin_scatter_s_) / 16;
  if (closed_ < 4 || bin_observations_ < kMinBinObservations) return;
  // Two bins in a row that deny the line: the clocks' rates or the latency have changed since the older bins.
  const double newest_s = off_line(bins_[closed_ - 1]);
  const double before_s = off_line(bins_[closed_ - 2]);
  if (std::min(std::abs(newest_s), std::abs(before_s)) < limit_s || newest_s * before_s < 0) return;
  bins_[0] = bins_[closed_ - 2];
  bins_[1] = bins_[closed_ - 1];
  closed_ = 2;
  prior_slope_ = slope_;
  prior_slope_deviation_ = kSlopeDeviation;
}

void DeviceLine::make_room() noexcept {
  const double span_s = bins_[closed_ - 1].earliest.media_s - bins_[0].earliest.media_s;
  const double window_s = shape_ == NoiseShape::kLate ? kWindow_s : kSymmetricWindow_s;
  if (span_s >= window_s && bin_observations_ >= kMinBinObservations) {
    std::move(bins_.begin() + 1, bins_.end(), bins_.begin());
    --closed_;
    return;
  }
  for (std::size_t i = 0; i < kBins / 2; ++i) {
    const Bin& left = bins_[2 * i];
    const Bin& right = bins_[2 * i + 1];
    bins_[i] = {residual(left.earliest) <= residual(right.earliest) ? left.earliest : right.earliest,
                left.media_sum_s + right.media_sum_s, left.delay_sum_s + right.delay_sum_s,
                left.count + right.count};
  }
  bin_observations_ *= 2;
  // The oldest bin goes: while a device starts, hosts promise times that it then does not keep.
  closed_ = kBins / 2 - 1;
  std::move(bins_.begin() + 1, bins_.begin() + kBins / 2, bins_.begin());
}

void DeviceLine::fit() noexcept {
  if (shape_ == NoiseShape::kLate) {
    fit_lower_envelope();
  } else {
    fit_least_squares();
  }
}

// The likeliest line where lateness is exponential and the slope normal around the prior: it lies below all
// points and is, at their mean, as high as the prior lets it. Along the lower hull, the height at the mean is
// concave in the slope, and touches one vertex after the other.
void DeviceLine::fit_lower_envelope() noexcept {
  std::array<Point, kBins> hull;
  std::size_t size = 0;
  double media_sum_s = 0;
  double count = 0;
  for (std::size_t i = 0; i < closed_; ++i) {
    const Point& point = bins_[i].earliest;
    media_sum_s += bins_[i].media_sum_s;
    count += static_cast<double>(bins_[i].count);
    const auto not_below = [&](const Point& a, const Point& b) {
      return (b.delay_s - a.delay_s) * (point.media_s - a.media_s) >=
             (point.delay_s - a.delay_s) * (b.media_s - a.media_s);
    };
    while (size >= 2 && not_below(hull[size - 2], hull[size - 1])) --size;
    hull[size++] = point;
  }
  const double mean_s = media_sum_s / count;
  const double stiffness = noise_s_ / (count * prior_slope_deviation_ * prior_slope_deviation_);

  std::size_t vertex = 0;
  double slope = -kMaxSlope;
  for (;; ++vertex) {
    const double best = prior_slope_ + (mean_s - hull[vertex].media_s) / stiffness;
    slope = std::max(slope, best);
    if (vertex + 1 == size) break;
    const double edge =
        (hull[vertex + 1].delay_s - hull[vertex].delay_s) / (hull[vertex + 1].media_s - hull[vertex].media_s);
    if (slope <= edge) break;
    slope = std::max(-kMaxSlope, edge);
  }
  slope_ = std::clamp(slope, -kMaxSlope, kMaxSlope);
  offset_s_ = hull[vertex].delay_s - slope_ * hull[vertex].media_s;
}

void DeviceLine::fit_least_squares() noexcept {
  double count = 0;
  double media_s = 0;
  double delay_s = 0;
  for (std::size_t i = 0; i < closed_; ++i) {
    count += static_cast<double>(bins_[i].count);
    media_s += bins_[i].media_sum_s;
    delay_s += bins_[i].delay_sum_s;
  }
  media_s /= count;
  delay_s /= count;
  double spread = 0;
  double slant = 0;
  for (std::size_t i = 0; i < closed_; ++i) {
    const double weight = static_cast<double>(bins_[i].count);
    const double media_off_s = bins_[i].media_sum_s / weight - media_s;
    spread += weight * media_off_s * media_off_s;
    slant += weight * media_off_s * (bins_[i].delay_sum_s / weight - delay_s);
  }
  const bool given = !std::isnan(given_slope_);
  const double expected = given ? given_slope_ : prior_slope_;
  const double deviation = given ? kGivenSlopeDeviation : prior_slope_deviation_;
  const double variance_s2 = (given ? kSameError : 1) * noise_s_ * noise_s_;
  const double stiffness = variance_s2 / (deviation * deviation);
  slope_ = std::clamp((slant + stiffness * expected) / (spread + stiffness), -kMaxSlope, kMaxSlope);
  offset_s_ = delay_s - slope_ * media_s;
}

}  // namespace hostmode
