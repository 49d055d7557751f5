// A track on which a round is heard while its frames come beside it, and what is done to its sound.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "listening/listening.h"
#include "listening/made_speech.h"

namespace hostmode::testing {

constexpr std::size_t kFrame = kRateHz / 25;
// Frames of a round come so long after the track begins.
constexpr double kBegun_s = 0.52;

inline std::vector<FrameLoudness> frames_of(const Sound& sound) {
  LoudnessMeter meter(kRateHz);
  std::vector<Loudness> loudness;
  meter.add(sound.data(), sound.size(), loudness);
  std::vector<FrameLoudness> frames(sound.size() / kFrame);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::copy_n(loudness.begin() + static_cast<std::ptrdiff_t>(i * kLoudnessPerFrame), kLoudnessPerFrame,
                frames[i].begin());
  }
  return frames;
}

struct Finding {
  double heard_s;  // the end of the sound by then
  Listening::Place place;
};

// What is sent as it is said, and a track beside it.
class Line {
 public:
  explicit Line(const Sound& sent) : frames_(frames_of(sent)) {}

  // Hears the track, and looks every 80 ms.
  std::vector<Finding> hear(const Sound& track) {
    std::vector<Finding> findings;
    for (std::size_t at = 0; at + kFrame <= track.size(); at += kFrame) {
      listening.hear(track.data() + at, kFrame);
      ++heard_;
      const auto come = static_cast<std::int64_t>(heard_) - static_cast<std::int64_t>(kBegun_s * 25);
      while (position_ < come && position_ < static_cast<std::int64_t>(frames_.size())) {
        if (!is_lost(position_)) {
          listening.expect(position_, frames_[static_cast<std::size_t>(position_)]);
        }
        ++position_;
      }
      if (heard_ % 2 == 1) continue;
      const std::optional<Listening::Place> place = listening.find(kBegun_s - 0.1, kBegun_s + 0.6);
      if (listening.taken_back()) ++taken_back;
      if (place) findings.push_back({static_cast<double>(heard_) / 25, *place});
    }
    return findings;
  }

  Listening listening{kRateHz};
  // Every how many frames one is lost; 0: none is.
  int losing = 0;
  int taken_back = 0;

 private:
  [[nodiscard]] bool is_lost(std::int64_t position) const { return losing > 0 && position % losing == 3; }

  std::vector<FrameLoudness> frames_;
  std::int64_t position_ = 0;
  std::size_t heard_ = 0;
};

// Where what is heard was in the round, if its beginning lies at `base_s` and it takes `stretch` as long.
inline double error_s(const Finding& finding, double base_s, double stretch = 1) {
  CHECK(finding.place.heard_s == doctest::Approx(finding.heard_s));
  return std::abs(finding.place.position_s - (finding.heard_s - base_s) / stretch);
}

constexpr double kCodec = 230;

// With `noise` of so many steps, as what a codec adds.
inline Sound noisy(Sound sound, double noise, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::int16_t& sample : sound) {
    const double off = noise * (static_cast<double>(random()) / 2147483648.0 - 1.0);
    sample = static_cast<std::int16_t>(std::clamp(sample + off, -32768.0, 32767.0));
  }
  return sound;
}

// Sounds as long as that, `length_s`.
inline Sound clicks(const std::vector<double>& times_s, double length_s) {
  Sound sound = silence(times_s.back() + 0.5);
  const Sound click = noisy(silence(length_s), 6000, 3);
  for (const double time_s : times_s) {
    std::copy(click.begin(), click.end(), sound.begin() + static_cast<std::ptrdiff_t>(samples(time_s)));
  }
  return sound;
}

// The same syllables, of other noise and duller: each value is followed by its mean with the latest.
inline Sound in_another_voice(Sound sound) {
  std::mt19937 random(4);
  double latest = 0;
  for (std::int16_t& sample : sound) {
    const double turned = random() % 2 == 0 ? sample : -sample;
    latest += 0.5 * (turned - latest);
    sample = static_cast<std::int16_t>(latest);
  }
  return sound;
}

// From `from` on it is another's.
inline Sound continued_by_another(const Sound& sound, std::size_t from) {
  Sound other = made_speech(99, 5.0);
  std::copy(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(from), other.begin());
  other.resize(sound.size());
  return other;
}

}  // namespace hostmode::testing
