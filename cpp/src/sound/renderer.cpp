#include "sound/renderer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hostmode {
namespace {

// A control side that looks away for long loses the oldest edges, never the newest mapping.
constexpr std::size_t kSegmentCapacity = 256;
// After an underrun, sound resumes with less than the prebuffer once this much time has passed.
constexpr double kMaxRebuffer_s = 1.0;

std::int16_t to_int16(float sample) noexcept {
  const float scaled = std::nearbyint(sample * 32768.0F);
  return static_cast<std::int16_t>(std::clamp(scaled, -32768.0F, 32767.0F));
}

}  // namespace

Renderer::Renderer(double rate_hz, double latency_s)
    : rate_hz_(rate_hz),
      gate_frames_(static_cast<std::size_t>(std::lround(rate_hz * kRamp_s))),
      in_(kMaxStreams),
      out_(kMaxStreams),
      segments_(kSegmentCapacity),
      clock_(rate_hz, latency_s),
      fader_(gate_frames_) {}

void Renderer::hand_over(SampleQueue* stream) noexcept {
  // Cannot fail: the caller keeps at most kMaxStreams out.
  (void)in_.try_push(stream);
}

SampleQueue* Renderer::take_back() noexcept {
  SampleQueue* stream = nullptr;
  return out_.try_pop(stream) ? stream : nullptr;
}

void Renderer::render(float* out, std::size_t count, AudioObservation observation) noexcept {
  begin_block(count, observation);
  fill(out, count);
  end_block();
}

void Renderer::render(std::int16_t* out, std::size_t count, AudioObservation observation) noexcept {
  begin_block(count, observation);
  float piece[256];
  for (std::size_t done = 0; done < count;) {
    const std::size_t run = std::min(count - done, std::size(piece));
    fill(piece, run);
    std::transform(piece, piece + run, out + done, to_int16);
    done += run;
  }
  end_block();
}

void Renderer::begin_block(std::size_t count, AudioObservation observation) noexcept {
  observation.first_frame = frame_;
  observation.frame_count = static_cast<std::int64_t>(count);
  clock_.observe(observation);
  block_frame_ = frame_;
  is_live_ = std::isfinite(observation.entry_s);
  if (is_live_) {
    block_s_ = observation.entry_s;
  } else if (std::isfinite(observation.dac_s)) {
    block_s_ = observation.dac_s;
  } else {
    block_s_ = clock_.snapshot().time_of(static_cast<double>(frame_));
  }
  if (segment_pending_) push_segment();
}

void Renderer::end_block() noexcept {
  // Last, so that a reader of this clock finds the segments of all its frames.
  published_.write({clock_.snapshot(), edges_, block_s_, is_live_});
}

double Renderer::block_now_s() const noexcept {
  return block_s_ + static_cast<double>(frame_ - block_frame_) / rate_hz_;
}

void Renderer::fill(float* out, std::size_t count) noexcept {
  for (std::size_t done = 0; done < count;) {
    const std::size_t run = fill_run(out + done, count - done);
    fader_.add_decay(out + done, run);
    frame_ += static_cast<std::int64_t>(run);
    done += run;
  }
}

std::size_t Renderer::fill_run(float* out, std::size_t count) noexcept {
  while (stream_ != nullptr && stream_->is_cut() && fader_.is_silent()) retire();
  while (stream_ == nullptr) {
    stream_ = std::exchange(next_, nullptr);
    if (stream_ == nullptr && !in_.try_pop(stream_)) {
      fill_silence(out, count, SegmentCause::kSilence);
      return count;
    }
    if (stream_->is_cut()) retire();
  }

  const bool cut = stream_->is_cut();
  const bool paused = paused_.load(std::memory_order_acquire) && !cut;
  if (paused && fader_.is_silent()) {
    stream_->stop_running_out();
    ran_out_ = false;
    fill_silence(out, count, started_ ? SegmentCause::kPaused : SegmentCause::kWaiting);
    return count;
  }
  if (!started_) {
    if (!stream_->may_start(block_now_s())) {
      const std::size_t run = std::min(count, gate_frames_);
      fill_silence(out, run, SegmentCause::kWaiting);
      return run;
    }
    // As late as look-ahead makes it run dry sooner: so sound that comes just in time is never late.
    const std::int64_t lead = stream_->closed() ? 0 : stream_->look_ahead() - lead_frames_;
    if (lead > 0) {
      const std::size_t run = std::min(count, static_cast<std::size_t>(lead));
      fill_silence(out, run, SegmentCause::kWaiting);
      lead_frames_ += static_cast<std::int64_t>(run);
      return run;
    }
    started_ = true;
  }
  return play_run(out, count);
}

std::size_t Renderer::play_run(float* out, std::size_t count) noexcept {
  const bool cut = stream_->is_cut();
  const bool falling = cut || paused_.load(std::memory_order_acquire);
  // A fade is played to its end instead.
  const std::int64_t rest = falling || underrun_ ? 0 : stream_->rest_left();
  if (rest > 0) {
    fader_.stop();
    (void)stream_->claim(0, 0);
    const std::size_t run = std::min(count, static_cast<std::size_t>(rest));
    fill_silence(out, run, SegmentCause::kRest);
    stream_->add_rest(static_cast<std::int64_t>(run));
    rested_.fetch_add(static_cast<std::int64_t>(run), std::memory_order_relaxed);
    return run;
  }
  // Closed is read first: once it is seen, what can be read is final.
  const bool closed = stream_->closed();
  const std::int64_t available = available_frames(closed || falling);

  if (available == 0) {
    fader_.stop();
    (void)stream_->claim(0, 0);
    if (falling) return 0;
    if (!closed || stream_->readable() > 0) {
      const std::size_t run = std::min(count, gate_frames_);
      if (!underrun_) underruns_.fetch_add(1, std::memory_order_relaxed);
      underrun_ = true;
      underrun_frames_ += static_cast<std::int64_t>(run);
      fill_silence(out, run, SegmentCause::kUnderrun);
      return run;
    }
    const std::int64_t tail = stream_->motion_end() - stream_->consumed() - tail_frames_;
    // Motion that outlasts its sound keeps no sound waiting that is queued behind it.
    if (tail <= 0 || next_may_start()) {
      retire();
      return 0;
    }
    const std::size_t run = std::min(count, static_cast<std::size_t>(tail));
    fill_silence(out, run, SegmentCause::kTail);
    tail_frames_ += static_cast<std::int64_t>(run);
    return run;
  }

  if (underrun_) {
    if (!waited_enough() && !stream_->may_start(block_now_s())) {
      const std::size_t run = std::min(count, gate_frames_);
      underrun_frames_ += static_cast<std::int64_t>(run);
      fill_silence(out, run, SegmentCause::kUnderrun);
      return run;
    }
    underrun_ = false;
    underrun_frames_ = 0;
  }

  const std::int64_t before_hold = stream_->hold_at() - stream_->consumed();
  if (before_hold <= 0) {
    fader_.stop();
    (void)stream_->claim(0, 0);
    if (falling) return 0;
    const std::size_t run = std::min(count, gate_frames_);
    fill_silence(out, run, SegmentCause::kStall);
    return run;
  }

  std::size_t run =
      static_cast<std::size_t>(std::min({static_cast<std::int64_t>(count), available, before_hold}));
  if (!falling) {
    run = static_cast<std::size_t>(std::min(static_cast<std::int64_t>(run), stream_->before_rest()));
  }
  if (falling) run = std::min(run, fader_.left());
  std::size_t fade = fader_.left_after(run, !falling);
  const bool runs_out = stream_->runs_out();
  if (runs_out) fade = std::min(fade, static_cast<std::size_t>(available) - run);
  // Where all of it is in hand, or it fades, it is played as it is.
  const std::int64_t room =
      closed || falling ? 0 : std::min({available, before_hold, stream_->before_rest()});
  const std::int64_t passes = stream_->pace(run, room);
  if (!cut && !stream_->claim(static_cast<std::size_t>(passes), fade)) return 0;  // cut this very moment
  mark(SegmentCause::kPlaying);
  run = stream_->read(out, run);
  ran_out_ = runs_out && !stream_->runs_out();
  fader_.apply(out, run, !falling, volume_.load(std::memory_order_relaxed));
  return run;
}

// What the stream can give, at the end of what it has with what it holds back; nothing for one moment where
// that has been played, whatever came since.
std::int64_t Renderer::available_frames(bool ends) noexcept {
  if (std::exchange(ran_out_, false)) return 0;
  if (stream_->runs_out()) return stream_->left_to_run_out();
  const std::int64_t readable = stream_->readable();
  if (readable > 0 || ends || (underrun_ && !waited_enough())) return readable;
  return stream_->run_out();
}

bool Renderer::next_may_start() noexcept {
  if (next_ == nullptr && !in_.try_pop(next_)) return false;
  return !next_->is_cut() && next_->pushed() > 0 && next_->may_start(block_now_s());
}

bool Renderer::waited_enough() const noexcept {
  return static_cast<double>(underrun_frames_) >= kMaxRebuffer_s * rate_hz_;
}

void Renderer::fill_silence(float* out, std::size_t count, SegmentCause cause) noexcept {
  mark(cause);
  std::fill(out, out + count, 0.0F);
}

void Renderer::retire() noexcept {
  (void)out_.try_push(stream_);  // as large as what may be out
  ++edges_;
  stream_ = nullptr;
  started_ = false;
  underrun_ = false;
  ran_out_ = false;
  underrun_frames_ = 0;
  lead_frames_ = 0;
  tail_frames_ = 0;
  fader_.forget();
}

void Renderer::mark(SegmentCause cause) noexcept {
  Segment segment;
  segment.device_frame = frame_;
  segment.cause = cause;
  if (stream_ != nullptr) {
    segment.generation = stream_->generation();
    segment.media_sample = stream_->consumed() + tail_frames_;
    segment.rested = stream_->rested();
    if (cause == SegmentCause::kPlaying) segment.drift = stream_->drift();
  }
  if (segment.generation == last_segment_.generation && segment.cause == last_segment_.cause &&
      segment.drift == last_segment_.drift) {
    // Positions are whole samples, also where one lasts a little more or less than a frame.
    const double off =
        static_cast<double>(segment.media_sample) - last_segment_.media_at(static_cast<double>(frame_));
    if (std::abs(off) <= (segment.drift == 0.0 ? 0.0 : 1.0)) return;
  }
  last_segment_ = segment;
  push_segment();
}

void Renderer::push_segment() noexcept {
  segment_pending_ = !segments_.try_push(last_segment_);
  if (!segment_pending_) ++edges_;
}

}  // namespace hostmode
