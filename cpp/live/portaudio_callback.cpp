#include "portaudio_callback.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "monotonic_clock.h"

namespace hostmode {
namespace {

// Longer blocks than this are converted in parts. Hosts use 64 to a few thousand frames.
constexpr std::size_t kMaxConvertedFrames = 8192;

// DAC times of healthy devices wander by less than this between callbacks; a device that ran dry jumps by a
// period.
constexpr double kHole_s = 0.005;

// Until its buffer has filled for the first time, a device's times jump.
constexpr double kSettling_s = 0.5;

constexpr unsigned long kPaOutputUnderflow = 4;

// One thread writes each of these, so no read-modify-write is needed.
template <typename T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

void raise_to(std::atomic<double>& peak, double value) noexcept {
  if (value > peak.load(std::memory_order_relaxed)) peak.store(value, std::memory_order_relaxed);
}

double first_heard_s(const AudioObservation& observation) noexcept {
  return observation.entry_s + (observation.dac_s - observation.host_current_s);
}

}  // namespace

PortAudioStream::PortAudioStream(Player& player, int channel_count, int device_rate_hz)
    : player_(player),
      channel_count_(static_cast<std::size_t>(channel_count)),
      device_rate_hz_(static_cast<double>(device_rate_hz)) {
  if (auto bank = FilterBank::between(player.device_rate_hz(), device_rate_hz)) {
    converter_ = std::make_unique<RateConverter>(std::move(bank), kMaxConvertedFrames);
  }
}

void PortAudioStream::disconnect() noexcept {
  connected_.store(false);
  while (in_player_.load()) std::this_thread::yield();
}

PortAudioCounters PortAudioStream::counters() const noexcept {
  PortAudioCounters counters;
  counters.callback_count = callback_count_.load(std::memory_order_relaxed);
  counters.frame_count = frame_count_.load(std::memory_order_relaxed);
  counters.underflow_flag_count = underflow_flag_count_.load(std::memory_order_relaxed);
  counters.hole_count = hole_count_.load(std::memory_order_relaxed);
  counters.hole_s = hole_s_.load(std::memory_order_relaxed);
  counters.longest_callback_gap_s = longest_callback_gap_s_.load(std::memory_order_relaxed);
  counters.longest_callback_s = longest_callback_s_.load(std::memory_order_relaxed);
  counters.sounding_until_s = sounding_until_s_.load(std::memory_order_relaxed);
  counters.handed_until_s = handed_until_s_.load(std::memory_order_relaxed);
  return counters;
}

void PortAudioStream::render(float* output, std::size_t frame_count, const HostmodePaTimeInfo* time_info,
                             double entry_s) noexcept {
  AudioObservation observation;
  observation.entry_s = entry_s;
  if (time_info != nullptr) {
    observation.dac_s = time_info->output_dac_time;
    observation.host_current_s = time_info->current_time;
    // A time that is no time shall stay recognisable as such.
    if (observation.dac_s > observation.host_current_s) observation.dac_s += device_offset_s();
  }

  // The mono sound is made at the start of the block and then spread from its end, so that no frame is
  // overwritten before it is read.
  fill(output, frame_count, observation);
  count(output, frame_count, observation);
  if (channel_count_ > 1) {
    for (std::size_t frame = frame_count; frame-- > 0;) {
      std::fill_n(output + frame * channel_count_, channel_count_, output[frame]);
    }
  }
}

void PortAudioStream::fill(float* mono, std::size_t frame_count,
                           const AudioObservation& observation) noexcept {
  in_player_.store(true);
  if (connected_.load()) {
    render_mono(mono, frame_count, observation);
    const double heard_s = first_heard_s(observation) + static_cast<double>(frame_count) / device_rate_hz_;
    if (std::isfinite(heard_s)) handed_until_s_.store(heard_s, std::memory_order_relaxed);
  } else {
    std::fill_n(mono, frame_count, 0.0F);
  }
  in_player_.store(false);
}

void PortAudioStream::render_mono(float* output, std::size_t frame_count,
                                  AudioObservation observation) noexcept {
  if (converter_ == nullptr) {
    player_.render_audio(output, frame_count, observation);
    return;
  }
  const double block_dac_s = observation.dac_s;
  for (std::size_t done = 0; done < frame_count;) {
    const std::size_t part = std::min(frame_count - done, kMaxConvertedFrames);
    const std::size_t input_frames = converter_->input_needed(part);
    observation.dac_s = block_dac_s + static_cast<double>(done) / device_rate_hz_ +
                        converter_->input_delay_frames() / static_cast<double>(player_.device_rate_hz());
    player_.render_audio(converter_->input(), input_frames, observation);
    converter_->convert(output + done, part);
    done += part;
  }
}

void PortAudioStream::count(const float* mono, std::size_t frame_count,
                            const AudioObservation& observation) noexcept {
  const double begin_s = first_heard_s(observation);
  const double duration_s = static_cast<double>(frame_count) / device_rate_hz_;

  if (callback_count_.load(std::memory_order_relaxed) > 0) {
    raise_to(longest_callback_gap_s_, observation.entry_s - previous_entry_s_);
    const double hole_s = begin_s - expected_dac_s_;
    const bool settled =
        static_cast<double>(frame_count_.load(std::memory_order_relaxed)) > kSettling_s * device_rate_hz_;
    if (settled && hole_s > kHole_s) {
      add(hole_count_, std::int64_t{1});
      add(hole_s_, hole_s);
    }
  }
  previous_entry_s_ = observation.entry_s;
  expected_dac_s_ = begin_s + duration_s;

  for (std::size_t frame = frame_count; frame-- > 0;) {
    if (mono[frame] == 0.0F) continue;
    const double heard_s = std::isfinite(begin_s) ? begin_s : observation.entry_s;
    sounding_until_s_.store(heard_s + static_cast<double>(frame + 1) / device_rate_hz_,
                            std::memory_order_relaxed);
    break;
  }
  add(callback_count_, std::int64_t{1});
  add(frame_count_, static_cast<std::int64_t>(frame_count));
}

}  // namespace hostmode

int hostmode_portaudio_callback(const void* /*input*/, void* output, unsigned long frame_count,
                                const HostmodePaTimeInfo* time_info, unsigned long status_flags,
                                void* stream) noexcept {
  const double entry_s = hostmode::monotonic_now_s();
  auto& target = *static_cast<hostmode::PortAudioStream*>(stream);
  target.render(static_cast<float*>(output), frame_count, time_info, entry_s);
  if ((status_flags & hostmode::kPaOutputUnderflow) != 0)
    hostmode::add(target.underflow_flag_count_, std::int64_t{1});
  hostmode::raise_to(target.longest_callback_s_, hostmode::monotonic_now_s() - entry_s);
  return 0;
}
