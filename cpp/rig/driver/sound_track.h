// What the sound of one conversation says about the mouth, a hundred times a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "driver/spectrum.h"
#include "driver/to_16khz.h"

namespace hostmode {

// All 0 to 1, but rounding: -1 (spread, "ee") to 1 ("oo").
struct SoundShape {
  float opening = 0.0F;
  float rounding = 0.0F;
  float closing = 0.0F;  // m, b, p: the lips meet
  float gate = 0.0F;     // 0 in silence
};

// Computed when sound is pushed and kept, 28 bytes for 10 ms, after the samples are gone. Smoothed over
// 40 to 120 ms on both sides: what has been pushed ahead of an instant shapes it.
//
// Serialised by the caller. Not realtime-safe, except at().
class SoundTrack {
 public:
  static constexpr double kRate_hz = 100.0;

  explicit SoundTrack(double rate_hz) : to_16khz_(rate_hz) {}

  void push(const std::int16_t* samples, std::size_t count);
  void finish();

  [[nodiscard]] bool empty() const noexcept { return shapes_.empty(); }
  [[nodiscard]] double duration_s() const noexcept { return static_cast<double>(shapes_.size()) / kRate_hz; }

  // Between frames linearly; silence outside of the sound.
  [[nodiscard]] SoundShape at(double media_s) const noexcept;

 private:
  struct Frame {
    float level_db;
    float loudness;  // 0 to 1, against a slowly following reference
    float opening;
    float rounding;
    float murmur;
  };

  void take_frames(bool complete);
  [[nodiscard]] Frame frame_of(const float* samples);
  void smooth(std::size_t first_new);

  To16kHz to_16khz_;
  Spectrum spectrum_;
  std::vector<float> samples_ = std::vector<float>(Spectrum::kWindow / 2);  // half a window of silence before
  float reference_db_ = -30.0F;
  std::vector<Frame> frames_;
  std::vector<float> closures_;
  std::vector<SoundShape> shapes_;
};

}  // namespace hostmode
