// PortAudio's callback without PortAudio: its two structures are declared here, nothing of it is linked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hostmode/player.h"
#include "sound/rate_converter.h"

extern "C" {

// Laid out as PaStreamCallbackTimeInfo (portaudio.h, version 19): seconds of the stream's own clock.
struct HostmodePaTimeInfo {
  double input_adc_time;
  double current_time;
  double output_dac_time;
};

// A PaStreamCallback; `stream` is a hostmode::PortAudioStream. Always continues (returns 0).
// Thread-safe: no (audio thread only). Realtime-safe: yes.
int hostmode_portaudio_callback(const void* input, void* output, unsigned long frame_count,
                                const HostmodePaTimeInfo* time_info, unsigned long status_flags,
                                void* stream) noexcept;
}

namespace hostmode {

// What a stream has seen since it was made. Holes are derived from the times of the device, because the flags
// of PortAudio miss most of them.
struct PortAudioCounters {
  std::int64_t callback_count = 0;
  std::int64_t frame_count = 0;           // of the device
  std::int64_t underflow_flag_count = 0;  // paOutputUnderflow
  std::int64_t hole_count = 0;
  double hole_s = 0.0;                  // in all
  double longest_callback_gap_s = 0.0;  // from entry to entry
  double longest_callback_s = 0.0;      // from entry to return
  double sounding_until_s = 0.0;        // when the last frame that is not zero is heard; 0 if there was none
  double handed_until_s = 0.0;          // when all that the player gave is heard; 0 if it gave nothing yet
};

// One PortAudio output stream of float32 frames: stamps each callback, builds the observation, calls the
// player. The player must outlive the stream.
class PortAudioStream {
 public:
  // `channel_count` 1 or more: every channel carries the same sound. `device_rate_hz` may differ from the
  // player's: a device that was lost may come back with other rates.
  PortAudioStream(Player& player, int channel_count, int device_rate_hz);

  // How much later than the device says its sound is heard (Bluetooth: 0.15 to 0.2 s that no interface
  // reports). Thread-safe: yes. Realtime-safe: yes.
  void set_device_offset_s(double offset_s) noexcept {
    device_offset_s_.store(offset_s, std::memory_order_relaxed);
  }
  [[nodiscard]] double device_offset_s() const noexcept {
    return device_offset_s_.load(std::memory_order_relaxed);
  }

  // From here on callbacks give silence. None of them is in the player any more when this returns, however
  // long the device keeps calling or hangs: another may render. Not for the audio thread: it waits for the
  // callback under way. Thread-safe: yes.
  void disconnect() noexcept;

  // Each field is from the latest callback or the one before it.
  // Thread-safe: yes. Realtime-safe: yes.
  [[nodiscard]] PortAudioCounters counters() const noexcept;

  // One callback. `entry_s` is the instant of its entry on std::chrono::steady_clock.
  // Thread-safe: no (audio thread only). Realtime-safe: yes.
  void render(float* output, std::size_t frame_count, const HostmodePaTimeInfo* time_info,
              double entry_s) noexcept;

 private:
  void render_mono(float* output, std::size_t frame_count, AudioObservation observation) noexcept;
  void fill(float* mono, std::size_t frame_count, const AudioObservation& observation) noexcept;
  void count(const float* mono, std::size_t frame_count, const AudioObservation& observation) noexcept;

  Player& player_;
  const std::size_t channel_count_;
  const double device_rate_hz_;
  std::unique_ptr<RateConverter> converter_;  // where the rates differ
  std::atomic<double> device_offset_s_{0.0};

  // Each side writes its own flag and then reads the other's, in one order for all threads: of a callback
  // that enters and a disconnect() that begins, at least one sees the other.
  std::atomic<bool> connected_{true};
  std::atomic<bool> in_player_{false};

  double previous_entry_s_ = 0.0;
  double expected_dac_s_ = 0.0;

  std::atomic<std::int64_t> callback_count_{0};
  std::atomic<std::int64_t> frame_count_{0};
  std::atomic<std::int64_t> underflow_flag_count_{0};
  std::atomic<std::int64_t> hole_count_{0};
  std::atomic<double> hole_s_{0.0};
  std::atomic<double> longest_callback_gap_s_{0.0};
  std::atomic<double> longest_callback_s_{0.0};
  std::atomic<double> sounding_until_s_{0.0};
  std::atomic<double> handed_until_s_{0.0};

  friend int ::hostmode_portaudio_callback(const void*, void*, unsigned long, const HostmodePaTimeInfo*,
                                           unsigned long, void*) noexcept;
};

}  // namespace hostmode
