#pragma once

#include <cstddef>
#include <vector>

#include "listening/loudness_meter.h"
#include "listening/made_speech.h"
#include "listening/sound_shape.h"

namespace hostmode::testing {

// Of whole measurements of 5 ms.
inline std::vector<Loudness> measured(const Sound& sound, std::size_t phases) {
  LoudnessMeter meter(kRateHz, phases);
  std::vector<Loudness> loudness;
  meter.add(sound.data(), sound.size(), loudness);
  loudness.resize(loudness.size() / phases * phases);
  return loudness;
}

// As its sender says that it is.
inline SoundShape sent_shape(const Sound& sound) {
  const std::vector<Loudness> loudness = measured(sound, 1);
  return shape_of(loudness.data(), nullptr, loudness.size());
}

}  // namespace hostmode::testing
