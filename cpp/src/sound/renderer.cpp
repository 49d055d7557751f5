#include "sound/renderer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hostmode {
namespace {

// A control side that looks away for long loses the oldest edges, never the newest mapping.
constexpr std::size_t kSegmentCapacity = 256;

std::size_t ramp_frames(double rate_hz) noexcept {
  return static_cast<std::size_t>(std::lround(rate_hz * kRamp_s));
}

std::int16_t to_int16(float sample) noexcept {
  const float scaled = std::nearbyint(sample * 32768.0F);
  return static_cast<std::int16_t>(std::clamp(scaled, -32768.0F, 32767.0F));
}

}  // namespace

Renderer::Renderer(double rate_hz, double latency_s)
    : rate_hz_(rate_hz),
      in_(kMaxStreams),
      out_(kMaxStreams),
      segments_(kSegmentCapacity),
      clock_(rate_hz, latency_s),
      fader_(ramp_frames(rate_hz)),
      cursor_(rate_hz, ramp_frames(rate_hz)) {}

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
  while (cursor_.stream() != nullptr && cursor_.stream()->is_cut() && fader_.is_silent()) retire();
  while (cursor_.stream() == nullptr) {
    SampleQueue* stream = std::exchange(next_, nullptr);
    if (stream == nullptr && !in_.try_pop(stream)) {
      fill_silence(out, count, SegmentCause::kSilence);
      return count;
    }
    cursor_.enter(stream);
    if (stream->is_cut()) retire();
  }

  const bool cut = cursor_.stream()->is_cut();
  const bool paused = paused_.load(std::memory_order_acquire) && !cut;
  if (paused && fader_.is_silent()) {
    fill_silence(out, count, cursor_.pause());
    return count;
  }
  const bool falling = cut || paused;
  const PlayStep step = cursor_.next(count, block_now_s(), falling, fader_.left());
  if (step.cause != SegmentCause::kPlaying) return wait(out, step);
  // Where it is cut this very moment, it fades from here.
  if (!cursor_.claim(step, fader_.left_after(step.frames, !falling)) && !cut) return 0;
  mark(SegmentCause::kPlaying);
  const std::size_t run = cursor_.read(step, out);
  fader_.apply(out, run, !falling, volume_.load(std::memory_order_relaxed));
  return run;
}

std::size_t Renderer::wait(float* out, const PlayStep& step) noexcept {
  fader_.stop();
  cursor_.claim_nothing();
  // Motion that outlasts its sound keeps no sound waiting that is queued behind it.
  if (step.cause == SegmentCause::kSilence || (step.cause == SegmentCause::kTail && next_may_start())) {
    retire();
    return 0;
  }
  if (step.frames == 0) return 0;
  fill_silence(out, step.frames, step.cause);
  cursor_.pass(step);
  return step.frames;
}

bool Renderer::next_may_start() noexcept {
  if (next_ == nullptr && !in_.try_pop(next_)) return false;
  return !next_->is_cut() && next_->pushed() > 0 && next_->may_start(block_now_s());
}

void Renderer::fill_silence(float* out, std::size_t count, SegmentCause cause) noexcept {
  mark(cause);
  std::fill(out, out + count, 0.0F);
}

void Renderer::retire() noexcept {
  (void)out_.try_push(cursor_.leave());  // as large as what may be out
  ++edges_;
  fader_.forget();
}

void Renderer::mark(SegmentCause cause) noexcept {
  Segment segment;
  segment.device_frame = frame_;
  segment.cause = cause;
  if (const SampleQueue* stream = cursor_.stream()) {
    segment.generation = stream->generation();
    segment.media_sample = cursor_.media_sample();
    segment.rested = stream->rested();
    if (cause == SegmentCause::kPlaying) segment.drift = stream->drift();
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
