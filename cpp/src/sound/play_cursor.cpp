#include "sound/play_cursor.h"

#include <algorithm>
#include <utility>

namespace hostmode {
namespace {

// After an underrun, sound resumes with less than the prebuffer once this much time has passed.
constexpr double kMaxRebuffer_s = 1.0;

PlayStep up_to(std::size_t count, std::int64_t frames, SegmentCause cause) noexcept {
  return {cause, static_cast<std::size_t>(std::min(static_cast<std::int64_t>(count), frames))};
}

}  // namespace

void PlayCursor::enter(SampleQueue* stream) noexcept {
  stream_ = stream;
  started_ = false;
  underrun_ = false;
  ran_out_ = false;
  underrun_frames_ = 0;
  lead_frames_ = 0;
  tail_frames_ = 0;
}

SampleQueue* PlayCursor::leave() noexcept {
  return std::exchange(stream_, nullptr);
}

SegmentCause PlayCursor::pause() noexcept {
  stream_->stop_running_out();
  ran_out_ = false;
  return started_ ? SegmentCause::kPaused : SegmentCause::kWaiting;
}

PlayStep PlayCursor::next(std::size_t count, double now_s, bool falling, std::size_t fade_left) noexcept {
  if (!started_) {
    const PlayStep waits = before_start(count, now_s);
    if (waits.frames > 0) return waits;
    started_ = true;
  }
  // A fade is played to its end instead.
  const std::int64_t rest = falling || underrun_ ? 0 : stream_->rest_left();
  if (rest > 0) return up_to(count, rest, SegmentCause::kRest);

  const std::size_t step = std::min(count, step_frames_);
  // Closed is read first: once it is seen, what can be read is final.
  const bool closed = stream_->closed();
  const std::int64_t available = available_frames(closed || falling);
  if (available == 0) return out_of_sound(count, closed, falling);

  if (underrun_) {
    if (!waited_enough() && !stream_->may_start(now_s)) return {SegmentCause::kUnderrun, step};
    underrun_ = false;
    underrun_frames_ = 0;
  }
  const std::int64_t before_hold = stream_->hold_at() - stream_->consumed();
  if (before_hold <= 0) return {SegmentCause::kStall, falling ? 0 : step};

  std::int64_t run = std::min({static_cast<std::int64_t>(count), available, before_hold});
  run = std::min(run, falling ? static_cast<std::int64_t>(fade_left) : stream_->before_rest());
  // Where all of it is in hand, or it fades, it is played as it is.
  const std::int64_t room =
      closed || falling ? 0 : std::min({available, before_hold, stream_->before_rest()});
  return {SegmentCause::kPlaying, static_cast<std::size_t>(run), available, room};
}

PlayStep PlayCursor::before_start(std::size_t count, double now_s) noexcept {
  if (!stream_->may_start(now_s)) return {SegmentCause::kWaiting, std::min(count, step_frames_)};
  // As late as look-ahead makes it run dry sooner: so sound that comes just in time is never late.
  const std::int64_t lead = stream_->closed() ? 0 : stream_->look_ahead() - lead_frames_;
  const PlayStep waits = up_to(count, std::max<std::int64_t>(0, lead), SegmentCause::kWaiting);
  lead_frames_ += static_cast<std::int64_t>(waits.frames);
  return waits;
}

PlayStep PlayCursor::out_of_sound(std::size_t count, bool closed, bool falling) noexcept {
  if (falling) return {SegmentCause::kUnderrun, 0};
  if (!closed || stream_->readable() > 0) {
    if (!underrun_) underruns_.fetch_add(1, std::memory_order_relaxed);
    underrun_ = true;
    return {SegmentCause::kUnderrun, std::min(count, step_frames_)};
  }
  const std::int64_t tail = stream_->motion_end() - media_sample();
  return tail > 0 ? up_to(count, tail, SegmentCause::kTail) : PlayStep{};
}

// What the stream can give, at the end of what it has with what it holds back; nothing for one moment where
// that has been played, whatever came since.
std::int64_t PlayCursor::available_frames(bool ends) noexcept {
  if (std::exchange(ran_out_, false)) return 0;
  if (stream_->runs_out()) return stream_->left_to_run_out();
  const std::int64_t readable = stream_->readable();
  if (readable > 0 || ends || (underrun_ && !waited_enough())) return readable;
  return stream_->run_out();
}

bool PlayCursor::waited_enough() const noexcept {
  return static_cast<double>(underrun_frames_) >= kMaxRebuffer_s * rate_hz_;
}

void PlayCursor::pass(const PlayStep& step) noexcept {
  const auto frames = static_cast<std::int64_t>(step.frames);
  if (step.cause == SegmentCause::kTail) tail_frames_ += frames;
  if (step.cause == SegmentCause::kUnderrun) underrun_frames_ += frames;
  if (step.cause == SegmentCause::kRest) {
    stream_->add_rest(frames);
    rested_.fetch_add(frames, std::memory_order_relaxed);
  }
}

bool PlayCursor::claim(const PlayStep& step, std::size_t fade) noexcept {
  if (stream_->runs_out()) fade = std::min(fade, static_cast<std::size_t>(step.in_hand) - step.frames);
  const std::int64_t passes = stream_->pace(step.frames, step.room);
  return stream_->claim(static_cast<std::size_t>(passes), fade);
}

std::size_t PlayCursor::read(const PlayStep& step, float* out) noexcept {
  const bool runs_out = stream_->runs_out();
  const std::size_t run = stream_->read(out, step.frames);
  ran_out_ = runs_out && !stream_->runs_out();
  return run;
}

}  // namespace hostmode
