#include "driver/sound_track.h"

#include <algorithm>
#include <cmath>

#include "driver/curves.h"

namespace hostmode {
namespace {

constexpr std::size_t kHop = 160;

// How far a new frame reaches back: the widest filter, and those that come after it.
constexpr std::size_t kReach = 48;

// A stop closes the lips less surely than a murmur: half of the stops are d, t, g, k.
constexpr float kStopCloses = 0.5F;
// Two closures closer than twice this are one: lips that part for less only flicker.
constexpr int kJoin = 3;

// Weighted by a Gaussian over `value(i)`, i within three sigma of `centre` and below `count`.
template <typename Value>
float gaussian(std::size_t centre, std::size_t count, float sigma, Value value) {
  const auto radius = static_cast<std::size_t>(std::ceil(3.0F * sigma));
  const std::size_t first = centre - std::min(centre, radius);
  const std::size_t last = std::min(centre + radius, count - 1);
  float sum = 0.0F;
  float weights = 0.0F;
  for (std::size_t i = first; i <= last; ++i) {
    const float distance = (static_cast<float>(i) - static_cast<float>(centre)) / sigma;
    const float weight = std::exp(-0.5F * distance * distance);
    sum += weight * value(i);
    weights += weight;
  }
  return sum / weights;
}

// The greatest (or, by `less`, the least) of value(i) within `radius` of `centre`.
template <typename Value, typename Less>
float extreme(std::size_t centre, std::size_t count, std::size_t radius, Value value, Less less) {
  const std::size_t first = centre - std::min(centre, radius);
  const std::size_t last = std::min(centre + radius, count - 1);
  float best = value(first);
  for (std::size_t i = first + 1; i <= last; ++i) {
    const float candidate = value(i);
    if (less(best, candidate)) best = candidate;
  }
  return best;
}

constexpr auto kLess = [](float a, float b) { return a < b; };
constexpr auto kMore = [](float a, float b) { return a > b; };

}  // namespace

void SoundTrack::push(const std::int16_t* samples, std::size_t count) {
  to_16khz_.push(samples, count, samples_);
  take_frames(false);
}

void SoundTrack::finish() {
  to_16khz_.finish(samples_);
  samples_.insert(samples_.end(), Spectrum::kWindow / 2, 0.0F);
  take_frames(true);
}

void SoundTrack::take_frames(bool complete) {
  const std::size_t first_new = frames_.size();
  std::size_t used = 0;
  for (; used + Spectrum::kWindow <= samples_.size(); used += kHop)
    frames_.push_back(frame_of(samples_.data() + used));
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(used));
  if (frames_.size() > first_new || complete) smooth(first_new);
}

SoundTrack::Frame SoundTrack::frame_of(const float* samples) {
  spectrum_.analyse(samples);
  const double floor = 1e-10;
  const auto level = static_cast<float>(10.0 * std::log10(spectrum_.power(80.0, 7000.0) + floor));
  // The reference follows a loud syllable at once and sinks by 0.3 dB a second.
  const float bounded = std::clamp(level, -45.0F, -8.0F);
  reference_db_ = level < reference_db_ ? std::max(reference_db_ - 0.003F, bounded)
                                        : reference_db_ + 0.25F * (bounded - reference_db_);
  Frame frame{};
  frame.level_db = level;
  frame.loudness = unit((level - reference_db_ + 30.0F) / 28.0F);
  const auto low_hz = static_cast<float>(spectrum_.centroid_hz(250.0, 1000.0));
  frame.opening = frame.loudness * (0.45F + 0.55F * unit((low_hz - 380.0F) / 350.0F));
  const auto high_hz = static_cast<float>(spectrum_.centroid_hz(900.0, 3000.0));
  const double voicing = spectrum_.voicing();
  if (voicing > 0.4) frame.rounding = frame.loudness * std::clamp((1500.0F - high_hz) / 500.0F, -1.0F, 1.0F);
  if (voicing > 0.5 && frame.loudness > 0.12F) {
    const double low = spectrum_.power(80.0, 500.0) + floor;
    const double rest = spectrum_.power(500.0, 4000.0) + floor;
    frame.murmur = unit((static_cast<float>(10.0 * std::log10(low / rest)) - 10.0F) / 8.0F);
  }
  return frame;
}

void SoundTrack::smooth(std::size_t first_new) {
  const std::size_t count = frames_.size();
  if (count == 0) return;
  closures_.resize(count);
  shapes_.resize(count);
  const std::size_t first = first_new - std::min(first_new, kReach);
  // What reaches further back than `first` has been computed before, but for these few.
  const std::size_t base = first - std::min<std::size_t>(first, 9);
  std::vector<float> levels(count - base);
  for (std::size_t i = base; i < count; ++i) {
    levels[i - base] = gaussian(i, count, 1.5F, [this](std::size_t j) { return frames_[j].level_db; });
  }
  const auto level = [&levels, base](std::size_t i) { return levels[std::max(i, base) - base]; };
  const auto loudness = [this](std::size_t i) { return frames_[i].loudness; };
  for (std::size_t i = first; i < count; ++i) {
    // A stop: a hole in speech that goes on on both sides.
    const float loudest = extreme(i, count, 9, level, kLess);
    const bool in_speech = gaussian(i, count, 12.0F, loudness) > 0.4F;
    const float stop = in_speech ? unit((loudest - level(i) - 9.0F) / 10.0F) : 0.0F;
    closures_[i] = std::max(frames_[i].murmur, kStopCloses * stop);
  }
  std::vector<float> closings(count - base);
  for (std::size_t i = base; i < count; ++i) {
    closings[i - base] =
        unit(1.15F * gaussian(i, count, 2.0F, [this](std::size_t j) { return closures_[j]; }));
  }
  const auto closing = [&closings, base](std::size_t i) { return closings[std::max(i, base) - base]; };
  const auto widened = [count, &closing](std::size_t i) { return extreme(i, count, kJoin, closing, kLess); };
  const auto opened = [this](std::size_t i) { return smooth_step(0.10F, 0.30F, frames_[i].loudness); };
  const auto held = [count, &opened](std::size_t i) { return extreme(i, count, 4, opened, kLess); };
  for (std::size_t i = first; i < count; ++i) {
    SoundShape& shape = shapes_[i];
    shape.opening = gaussian(i, count, 3.0F, [this](std::size_t j) { return frames_[j].opening; });
    shape.rounding = gaussian(i, count, 4.0F, [this](std::size_t j) { return frames_[j].rounding; });
    shape.closing = extreme(i, count, kJoin, widened, kMore);
    shape.gate = gaussian(i, count, 3.0F, held);
  }
}

SoundShape SoundTrack::at(double media_s) const noexcept {
  const double position = media_s * kRate_hz;
  if (position < 0 || position > static_cast<double>(shapes_.size()) || shapes_.empty()) return {};
  const std::size_t last = shapes_.size() - 1;
  const auto i = std::min(static_cast<std::size_t>(position), last);
  const SoundShape& a = shapes_[i];
  const SoundShape& b = shapes_[std::min(i + 1, last)];
  const auto weight = static_cast<float>(position - static_cast<double>(i));
  return {mix(a.opening, b.opening, weight), mix(a.rounding, b.rounding, weight),
          mix(a.closing, b.closing, weight), mix(a.gate, b.gate, weight)};
}

}  // namespace hostmode
