#include "playback/playback.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "playback/watchdog.h"
#include "threads/prefetch.h"

namespace hostmode {
namespace {

// How often what is over is looked through for what may be forgotten.
constexpr double kHousekeeping_s = 0.1;

}  // namespace

Playback::Playback(int sample_rate_hz, int pcm_rate_hz, const PlayerConfig& config)
    : poses_(sample_rate_hz, config),
      playout_(sample_rate_hz, config.latency_s),
      sample_rate_hz_(sample_rate_hz),
      config_(config),
      conversations_(sample_rate_hz, journal_),
      hearing_(sample_rate_hz, config.av_offset_s, conversations_, playout_, journal_, poses_),
      motion_(config_, conversations_, journal_),
      screen_(config_, conversations_, playout_, poses_),
      audio_(sample_rate_hz, config_, conversations_, playout_, poses_, journal_),
      packets_(config_, conversations_, journal_) {
  audio_.set_rate(pcm_rate_hz, FilterBank::between(pcm_rate_hz, sample_rate_hz));
}

// ---- motion

bool Playback::route_motion(const std::string* id, std::size_t messages, ConversationPtr& conversation) {
  if (motion_.route(id, messages, present_s_, conversation)) return true;
  if (conversation != nullptr) audio_.update_gate(*conversation);
  return false;
}

void Playback::append_motion(Conversation& conversation, const Message& message, Timeline::Batch& batch,
                             double now_s) {
  if (conversation.ended()) return;
  Timeline& timeline = conversation.timeline;
  conversation.last_arrival_s = now_s;
  if (!message.keyframes.empty()) {
    const std::size_t first = timeline.keyframe_count();
    const double heard_s = screen_.append(conversation, batch, present_s_);
    motion_.count(conversation, first, message.keyframes.size(), heard_s, present_s_);
    audio_.note_motion(now_s);
    hearing_.note_motion(conversation, playout_.clock().frame_at(present_s_), present_s_);
  }
  audio_.update_gate(conversation);
}

// ---- packets

bool Playback::take_packet(const RtcPacket& packet, std::optional<double> media_s, double now_s) {
  if (packets_.take(packet, media_s, std::max(now_s, present_s_), pose_under(present_s_).data())) return true;
  journal_.add_discarded(journal_.stats().discarded_wrong_id, "wrong_id", conversation_id(), 1, present_s_);
  return false;
}

void Playback::advance_clock(double position_s, double time_s) {
  packets_.face().advance_clock(position_s, time_s, pose_under(time_s).data());
}

void Playback::place_sound(const SoundAnswer& answer) {
  packets_.place_sound(answer, present_s_, pose_under(present_s_).data());
}

AudioIntake::Chunk Playback::make_room(AudioIntake::Chunk chunk) {
  if (chunk.opens && chunk.conversation != nullptr && packets_.is_busy()) {
    packets_.replace(present_s_, pose_under(present_s_).data());
  }
  return chunk;
}

std::array<float, kKeyframeFloats> Playback::pose_under(double t_s) {
  std::array<float, kKeyframeFloats> pose;
  show_under(t_s, pose.data());
  return pose;
}

// ---- control

void Playback::pause() {
  const ConversationPtr conversation = conversations_.current();
  if (conversation == nullptr || playout_.paused()) return;
  playout_.set_paused(true);
  journal_.set_state(PlayerState::kPaused, "user_action", conversation->id, present_s_);
}

void Playback::resume() {
  if (!playout_.paused()) return;
  playout_.set_paused(false);
  if (const ConversationPtr conversation = conversations_.current()) {
    journal_.set_state(conversation->started() ? PlayerState::kPlaying : PlayerState::kActive, "user_action",
                       conversation->id, present_s_);
  }
}

std::optional<double> Playback::interrupt() {
  audio_.forget_refusal();
  motion_.drop_early(present_s_);
  const std::optional<double> heard_s = conversations_.cut_all(EndCause::kInterrupted, present_s_);
  if (!heard_s) {
    if (!packets_.is_busy()) return heard_s;
    return packets_.interrupt(present_s_, pose_under(present_s_).data());
  }
  playout_.set_paused(false);
  journal_.set_state(PlayerState::kIdle, "user_action", journal_.state_id(), present_s_);
  return heard_s;
}

// ---- time

void Playback::settle(double now_s) {
  const double drawn_s = looked_s_ <= now_s ? std::max(present_s_, looked_s_) : present_s_;
  if (now_s > present_s_) present_s_ = now_s;
  if (present_s_ < quiet_.until_s && !playout_.has_news()) return;
  playout_.play_silently(present_s_, [this, drawn_s] {
    screen_.take_news(drawn_s);
    return conversations_.current() != nullptr;
  });
  screen_.take_news(drawn_s);

  const double frame = playout_.clock().frame_at(present_s_);
  hearing_.listen(frame, present_s_);
  hearing_.forget(
      poses_.settle(playout_.clock(), poses_.shown_frame(playout_.clock(), present_s_, present_s_)));
  hearing_.note_position(frame);
  if (const ConversationPtr conversation = conversations_.current()) {
    if (end_overdue(*conversation)) screen_.take_news(drawn_s);  // it changes what is foreseen
  }
  motion_.expire_early(present_s_);
  if (packets_.is_busy()) packets_.settle(present_s_, pose_under(present_s_).data());
  conversations_.release([this](const Conversation& conversation) {
    if (poses_.refers_to(conversation.generation())) return false;
    poses_.forget(conversation.generation());
    return true;
  });
  quiet_.until_s = next_change_s();
}

void Playback::restart_clock(CallerClock& clock, double caller_s) {
  if (!std::isfinite(present_s_)) return;  // it has not begun
  clock.restart(caller_s, present_s_);
  journal_.set_ahead(present_s_ - caller_s);
}

// What may happen next, but for what the audio side reports: then there is news.
double Playback::next_change_s() const noexcept {
  if (packets_.is_busy() || playout_.is_silent() || hearing_.expects_more() || poses_.expects_transition())
    return kNow_s;
  double change_s = motion_.early_expires_s();
  change_s = std::min(change_s, hearing_.face_rests_s(playout_.clock().frame_at(present_s_)));
  if (poses_.has_transitions() || conversations_.holds_ended()) {
    change_s = std::min(change_s, present_s_ + kHousekeeping_s);
  }
  if (const ConversationPtr conversation = conversations_.current()) {
    change_s = std::min(change_s, overdue_s(*conversation, playout_.paused(), config_));
  }
  return change_s;
}

bool Playback::end_overdue(Conversation& conversation) {
  conversation.waiting_since_s = waiting_since_s(conversation, playout_.paused(), present_s_);
  if (present_s_ < overdue_s(conversation, playout_.paused(), config_)) return false;
  if (conversation.pcm.holds_byte()) ++journal_.stats().dropped_odd_bytes;
  const bool stalled = conversation.stalled();
  if (stalled) journal_.add_stall(false, conversation.id, present_s_);
  conversation.phase = Phase::kTimedOut;
  if (stalled) {
    conversation.stream.cut();
    hearing_.finish(conversation, present_s_);
    return true;
  }
  conversation.stream.set_motion_end(conversation.stream.consumed());
  conversation.stream.close();
  conversation.end_is_known = true;
  conversations_.stop_accepting(conversation);
  return true;
}

// ---- what is seen and heard

void Playback::show(double now_s, float* out) {
  looked_s_ = now_s;
  show_under(now_s, out);
  packets_.face().show(now_s, out);
}

void Playback::show_under(double now_s, float* out) {
  const ClockSnapshot& clock = playout_.clock();
  const double frame = poses_.shown_frame(clock, now_s, present_s_);
  if (frame > static_cast<double>(clock.rendered_frames())) {
    screen_.look_ahead(frame, now_s, out);
  } else {
    poses_.sample(clock, frame, now_s, out);
  }
  poses_.remember(frame);
}

void Playback::sample_into(const double* times_s, std::size_t count, const CallerClock& clock, float* out) {
  playout_.look();
  if (playout_.has_news()) {
    screen_.take_news(present_s_);
    quiet_ = QuietSpell{};  // settle() has not seen it
  }
  std::vector<double> player_s(count);
  std::transform(times_s, times_s + count, player_s.begin(),
                 [&clock](double caller_s) { return clock.to_player(caller_s); });
  screen_.look_ahead(player_s.data(), count, present_s_, out);
  if (!packets_.face().is_used()) return;
  for (std::size_t i = 0; i < count; ++i) packets_.face().show(player_s[i], out + i * kKeyframeFloats);
}

double Playback::audio_time(double now_s) {
  const ConversationPtr conversation = conversations_.current();
  if (conversation == nullptr)
    return packets_.conversation_id().empty() ? 0.0 : packets_.face().position_s(now_s);
  return std::max(0.0, hearing_.position_s(conversation->generation(), playout_.clock().frame_at(now_s)));
}

std::string Playback::conversation_id() const {
  const ConversationPtr conversation = conversations_.current();
  return conversation == nullptr ? packets_.conversation_id() : conversation->id;
}

Stats Playback::stats() {
  hearing_.note_position(playout_.clock().frame_at(present_s_));
  Stats stats = journal_.stats();
  stats.underruns = playout_.underruns();
  stats.clock_faults = playout_.clock().faults();
  stats.prebuffer_s = audio_.prebuffer_s();
  stats.waited_for_motion_s = static_cast<double>(playout_.rested()) / sample_rate_hz_;
  if (const ConversationPtr conversation = conversations_.current()) {
    const SampleQueue& stream = conversation->stream;
    stats.buffered_audio_s = static_cast<double>(stream.pushed() - stream.consumed()) / sample_rate_hz_;
    stats.played_s = static_cast<double>(stream.consumed()) / sample_rate_hz_;
    stats.drift_ppm = stream.closed() ? 0.0 : conversation->drift.value() * 1e6;
    stats.face_delay_s =
        conversation->face_delay.at(stats.heard_s, poses_.rested_s(playout_.clock().frame_at(present_s_)));
    if (conversation->has_motion()) {
      stats.buffered_motion_s = std::max(0.0, conversation->timeline.last_keyframe_s() - stats.heard_s);
    }
  }
  packets_.fill(stats, present_s_);
  return stats;
}

void Playback::prefetch() const noexcept {
  const auto* const first = reinterpret_cast<const char*>(this);
  const auto* const end = reinterpret_cast<const char*>(&poses_) + PoseTrack::kOwnBytes;
  prefetch_memory(first, static_cast<std::size_t>(end - first));
  playout_.prefetch_index();
}

void Playback::prefetch_motion() const noexcept {
  playout_.prefetch_published();
  poses_.prefetch();
}

}  // namespace hostmode
