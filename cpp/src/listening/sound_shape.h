// What is compared of two sounds: their loudness, and how that differs from what it was just before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "listening/loudness.h"

namespace hostmode {

inline constexpr std::size_t kShapeTraits = 2 * kLoudnessBands;

// Of one measurement: each band, and then each above its mean of the last 100 ms.
struct SoundTrait {
  std::array<float, kShapeTraits> values{};
  float loudest = 0;  // of the bands
  bool known = false;
};
using SoundShape = std::vector<SoundTrait>;

// Above what is softer than noise of a codec, in half decibels.
[[nodiscard]] float level_of(std::uint8_t loudness) noexcept;

// Of `count` successive measurements, each `every` further in `loudness`; null in `known`: all are. What lies
// before the first is silence. Thread-safe: yes. Realtime-safe: no (allocates).
[[nodiscard]] SoundShape shape_of(const Loudness* loudness, const bool* known, std::size_t count,
                                  std::size_t every = 1);

// How alike two sounds are where measurement `end` of the first, not included, lies at `heard_end` of the
// second and each further one `stretch` before that: the mean of the traits' correlations over `span`
// measurements.
struct Overlay {
  std::size_t end = 0;
  std::size_t span = 0;
  double heard_end = 0;
  double stretch = 1;
};
// -1 where either is not there, or varies too little to be like anything. Thread-safe: yes. Realtime-safe:
// yes.
[[nodiscard]] double likeness(const SoundShape& sent, const SoundShape& heard,
                              const Overlay& overlay) noexcept;

}  // namespace hostmode
