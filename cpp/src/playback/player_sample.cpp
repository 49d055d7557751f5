// The part of Player that shows.
#include "hostmode/player.h"
#include "motion/pose_track.h"
#include "threads/prefetch.h"

namespace hostmode {
namespace {

// How many players lie between one step of prefetching and the next: enough for memory to come, too few for
// it to go again.
constexpr std::size_t kAhead = 6;

}  // namespace

void Player::sample(double now_s, float* out) {
  // Between two pictures an application touches much else: its one avatar is seldom in any cache.
  prefetch_motion();
  show(now_s, out);
}

void Player::show(double now_s, float* out) {
  const std::lock_guard lock(mutex_);
  settle(now_s);
  const ClockSnapshot& clock = renderer_.clock();
  const double frame = poses_.shown_frame(clock, now_s);
  poses_.sample(clock, frame, now_s, out);
  poses_.remember(frame);
}

void Player::sample_into(const double* times_s, std::size_t count, float* out) {
  const std::lock_guard lock(mutex_);
  take_from_audio_thread();
  quiet_until_s_ = kNow_s;
  const ClockSnapshot& clock = renderer_.clock();
  for (std::size_t i = 0; i < count; ++i) {
    poses_.sample(clock, poses_.shown_frame(clock, times_s[i]), times_s[i], out + i * kKeyframeFloats);
  }
}

void Player::sample_many(Player* const* players, std::size_t count, double now_s, float* out) {
  for (std::size_t step = 0; step < count + 2 * kAhead; ++step) {
    if (step < count) players[step]->prefetch();
    if (step >= kAhead && step - kAhead < count) players[step - kAhead]->prefetch_motion();
    if (step < 2 * kAhead) continue;
    const std::size_t i = step - 2 * kAhead;
    players[i]->show(now_s, out + i * kKeyframeFloats);
  }
}

void Player::prefetch() const noexcept {
  const auto* const first = reinterpret_cast<const char*>(&mutex_);
  const auto* const end = reinterpret_cast<const char*>(&poses_) + PoseTrack::kOwnBytes;
  prefetch_memory(first, static_cast<std::size_t>(end - first));
  renderer_.prefetch_index();
}

void Player::prefetch_motion() const noexcept {
  renderer_.prefetch_published();
  poses_.prefetch();
}

}  // namespace hostmode
