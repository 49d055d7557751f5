// The seam between what is played and what is made of it: a clock, segments, edges, whoever plays.
#pragma once

#include <cstddef>
#include <cstdint>

#include "clock/clock_snapshot.h"
#include "playback/conversations.h"
#include "playback/silent_device.h"
#include "sound/renderer.h"

namespace hostmode {

// Streams go out to the audio side; the clock, segments and streams come back. The audio side is a device's
// thread (render), or, in its place, the silent device. Serialised by the caller, but for render and
// prefetch.
class Playout {
 public:
  Playout(double rate_hz, double latency_s) : renderer_(rate_hz, latency_s), silent_(rate_hz) {}

  // Looks at the audio side: clock, news and time stay what they are until the next look.
  void look() noexcept { renderer_.look(); }

  // Every frame it knows of has its segment among those taken since the look.
  [[nodiscard]] const ClockSnapshot& clock() const noexcept { return renderer_.clock(); }

  // Whether there is anything to take.
  [[nodiscard]] bool has_news() const noexcept { return renderer_.edges() != edges_taken_; }

  // The time of the audio side; NaN where nothing says so.
  [[nodiscard]] double rendered_s() const noexcept { return renderer_.block_s(); }

  // Takes the segments that are new, oldest first, each into `on_segment`, and the streams that are back; and
  // hands over those that wait for it.
  template <typename OnSegment>
  void take_news(const Conversations& conversations, OnSegment on_segment) {
    edges_taken_ = renderer_.edges();
    Segment segment;
    while (renderer_.take_segment(segment)) on_segment(segment);
    take_back(conversations);
    hand_over(conversations);
  }

  // Hands the streams to the audio side that it does not know yet, as far as there is room.
  void hand_over(const Conversations& conversations);

  void set_paused(bool paused) noexcept {
    paused_ = paused;
    renderer_.set_paused(paused);
  }
  [[nodiscard]] bool paused() const noexcept { return paused_; }

  void set_volume(double volume) noexcept {
    volume_ = volume;
    renderer_.set_volume(static_cast<float>(volume));
  }
  [[nodiscard]] double volume() const noexcept { return volume_; }

  [[nodiscard]] std::uint64_t underruns() const noexcept { return renderer_.underruns(); }

  // Frames for which sound has waited for its face.
  [[nodiscard]] std::int64_t rested() const noexcept { return renderer_.rested(); }

  // Plays silently, where that has been started, up to `now_s`, with a look after each block; `plays_on` as
  // SilentDevice::play.
  void start_silently(double now_s) noexcept {
    if (!silent_.runs()) silent_.start(now_s);
  }
  void stop_silently() noexcept { silent_.stop(); }
  [[nodiscard]] bool is_silent() const noexcept { return silent_.runs(); }
  template <typename PlaysOn>
  void play_silently(double now_s, PlaysOn plays_on) {
    if (!silent_.runs()) return;
    silent_.play(renderer_, now_s, [this, &plays_on] {
      look();
      return plays_on();
    });
  }

  // Whether there is a clock to follow: a device's, or the silent one's. Who asks for blocks without saying
  // when, gets exactly what came.
  [[nodiscard]] bool is_live() const noexcept { return is_silent() || renderer_.is_live(); }

  // Audio side only.
  template <typename Sample>
  void render(Sample* out, std::size_t count, const AudioObservation& observation) noexcept {
    renderer_.render(out, count, observation);
  }

  // Ask for the memory that look() and clock() touch: first for the index, later for the value.
  // Thread-safe: yes.
  void prefetch_index() const noexcept { renderer_.prefetch_index(); }
  void prefetch_published() const noexcept { renderer_.prefetch_published(); }

 private:
  void take_back(const Conversations& conversations);

  std::uint64_t edges_taken_ = 0;  // beside what the renderer publishes first
  Renderer renderer_;
  SilentDevice silent_;
  std::size_t streams_out_ = 0;
  bool paused_ = false;
  double volume_ = 1.0;
};

}  // namespace hostmode
