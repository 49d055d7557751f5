// A device that nobody hears: it takes samples as a perfect one would.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "sound/renderer.h"

namespace hostmode {

// Serialised by the caller with everything else that renders.
class SilentDevice {
 public:
  explicit SilentDevice(double rate_hz) noexcept : rate_hz_(rate_hz) {}

  [[nodiscard]] bool runs() const noexcept { return runs_; }

  void start(double now_s) noexcept {
    runs_ = true;
    since_s_ = now_s;
    frames_ = 0;
  }
  void stop() noexcept { runs_ = false; }

  // Takes from `renderer` what is heard by `now_s`. `plays_on()` runs after each block: what follows a block
  // there comes in time for the next. False means that nothing is left to be played: after a while of that
  // the device stands still until just before `now_s`, so that silence costs nothing.
  template <typename PlaysOn>
  void play(Renderer& renderer, double now_s, PlaysOn plays_on) {
    auto due = static_cast<std::int64_t>(std::llround(std::max(0.0, now_s - since_s_) * rate_hz_));
    const auto block = std::max<std::int64_t>(1, std::llround(kBlock_s * rate_hz_));
    float unheard[2048];
    while (frames_ < due) {
      const std::int64_t run =
          std::min({due - frames_, block, static_cast<std::int64_t>(std::size(unheard))});
      AudioObservation observation;
      observation.dac_s = since_s_ + static_cast<double>(frames_) / rate_hz_;
      renderer.render(unheard, static_cast<std::size_t>(run), observation);
      frames_ += run;
      idle_frames_ = plays_on() ? 0 : idle_frames_ + run;
      const std::int64_t standing = due - frames_ - block;
      if (standing > 0 && static_cast<double>(idle_frames_) > kIdle_s * rate_hz_) {
        since_s_ += static_cast<double>(standing) / rate_hz_;
        due -= standing;
      }
    }
  }

 private:
  // How finely it is decided when a waiting conversation starts.
  static constexpr double kBlock_s = 0.01;
  // Longer than anything that is still shown of what was heard last.
  static constexpr double kIdle_s = 12.0;

  const double rate_hz_;
  bool runs_ = false;
  double since_s_ = 0.0;
  std::int64_t frames_ = 0;
  std::int64_t idle_frames_ = 0;
};

}  // namespace hostmode
