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
// How long after what is not PCM more of it may come.
constexpr double kRefusal_s = 1.0;

}  // namespace

Playback::Playback(int sample_rate_hz, int pcm_rate_hz, const PlayerConfig& config)
    : poses_(sample_rate_hz, config),
      playout_(sample_rate_hz, config.latency_s),
      sample_rate_hz_(sample_rate_hz),
      config_(config),
      conversations_(sample_rate_hz, journal_),
      hearing_(sample_rate_hz, conversations_, playout_, journal_, poses_),
      motion_(config_, conversations_, journal_),
      screen_(config_, conversations_, playout_, poses_),
      policy_(config_) {
  set_pcm_rate(pcm_rate_hz, FilterBank::between(pcm_rate_hz, sample_rate_hz));
}

// ---- audio

Playback::Chunk Playback::take_chunk(ByteView pcm, bool end, const std::string* id, double now_s) {
  const std::size_t bytes = pcm.size;
  Chunk chunk;
  chunk.conversation = id != nullptr ? conversations_.accepting(*id) : conversations_.accepting();
  if (id != nullptr && chunk.conversation == nullptr) {
    const double duration_s = static_cast<double>(bytes / 2) / pcm_rate_hz_;
    if (bytes > 0) journal_.add_late_audio(*id, present_s_, duration_s);
    if (bytes == 0 && end && conversations_.find(*id) != nullptr) chunk.id = *id;
    return chunk;
  }
  if (bytes == 0 && chunk.conversation == nullptr) {
    const ConversationPtr playing = conversations_.current();
    if (end && playing != nullptr) chunk.id = playing->id;
    return chunk;
  }
  chunk.opens = chunk.conversation == nullptr;
  PcmGuard opening(now_s - refused_s_ < kRefusal_s ? refused_ : NotPcm{});
  chunk.not_pcm = (chunk.opens ? opening : chunk.conversation->guard).look(pcm.data, bytes);
  if (chunk.opens) {
    refused_ = end ? NotPcm{} : chunk.not_pcm;
    refused_s_ = now_s;
  }
  if (chunk.not_pcm.what != nullptr) {
    chunk.status = Status::kNotPcm;
    chunk.conversation = nullptr;
    return chunk;
  }
  const std::int64_t kept = chunk.opens && !config_.queue ? 0 : conversations_.waiting_frames();
  const std::size_t added = chunk.opens ? bytes / 2 : chunk.conversation->pcm.samples_of(bytes);
  if (kept + samples(static_cast<double>(added) / pcm_rate_hz_) > samples(config_.max_audio_s)) {
    chunk.status = Status::kBufferFull;
    chunk.conversation = nullptr;
    return chunk;
  }
  if (chunk.opens) {
    chunk.conversation = begin_conversation(now_s);
    chunk.conversation->guard = std::move(opening);
  }
  Conversation& conversation = *chunk.conversation;
  chunk.id = conversation.id;
  conversation.last_arrival_s = now_s;
  if (bytes > 0) {
    const StartState before = start_state(conversation);
    policy_.on_chunk(now_s, before.pushed_s + static_cast<double>(added) / pcm_rate_hz_, before);
  }
  update_gate(conversation);
  return chunk;
}

void Playback::finish_chunk(Conversation& conversation, ByteView pcm, bool end, double now_s) {
  if (conversation.pcm.realigned()) journal_.add_realigned(conversation.id, present_s_);
  conversation.pcm.keep_odd_byte(pcm.data, pcm.size);
  if (!end || conversation.ended()) return;
  if (conversation.pcm.holds_byte()) ++journal_.stats().dropped_odd_bytes;
  policy_.on_end();
  conversation.stream.close();
  update_gate(conversation);
  conversations_.stop_accepting(conversation);
}

ConversationPtr Playback::open(bool turn, double now_s, bool& opens) {
  opens = turn || conversations_.accepting() == nullptr;
  if (!opens) return conversations_.accepting();
  ConversationPtr opened = begin_conversation(now_s);
  opened->is_turn = turn;
  return opened;
}

ConversationPtr Playback::begin_conversation(double now_s) {
  if (!config_.queue) conversations_.cut_all(EndCause::kReplaced, now_s);
  const bool waits = conversations_.current() != nullptr;
  const ConversationPtr opened = conversations_.open(conversion_, now_s);
  poses_.add_conversation(opened->generation(), &opened->timeline);
  policy_.on_utterance(now_s);
  update_gate(*opened);
  if (!waits) {
    journal_.set_state(playout_.paused() ? PlayerState::kPaused : PlayerState::kActive, "user_action",
                       opened->id, now_s);
  }
  playout_.hand_over(conversations_);
  return opened;
}

StartState Playback::start_state(const Conversation& conversation) const {
  const SampleQueue& stream = conversation.stream;
  StartState state;
  state.opened_s = conversation.opened_s;
  state.pushed_s = static_cast<double>(stream.pushed()) / sample_rate_hz_;
  state.played_s = static_cast<double>(stream.consumed()) / sample_rate_hz_;
  state.motion_end_s = conversation.timeline.last_keyframe_s();
  state.has_motion = conversation.has_motion();
  state.closed = stream.closed();
  state.motion_final = conversation.is_audio_only() || conversation.motion_ended();
  return state;
}

void Playback::update_gate(Conversation& conversation) {
  SampleQueue& stream = conversation.stream;
  const StartGate gate = policy_.gate(start_state(conversation));
  stream.set_prebuffer(samples(gate.prebuffer_s));
  stream.set_start_by(gate.start_by_s, gate.latest_s);
  const std::int64_t motion_end = samples(conversation.timeline.last_keyframe_s());
  stream.set_motion_end(conversation.is_audio_only() ? 0 : motion_end);
  const bool motion_final = conversation.is_audio_only() || conversation.motion_ended();
  if (config_.frame_starvation_mode == FrameStarvationMode::kStrictSync) {
    stream.set_hold_at(motion_final ? std::numeric_limits<std::int64_t>::max() : motion_end);
  }
  stream.set_motion_ready(gate.motion_ready);
}

// ---- motion

bool Playback::route_motion(const std::string* id, std::size_t messages, ConversationPtr& conversation) {
  if (motion_.route(id, messages, present_s_, conversation)) return true;
  if (conversation != nullptr) update_gate(*conversation);
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
    policy_.on_motion(now_s);
    if (conversation.started()) journal_.set_animated(true, conversation.id, present_s_);
  }
  update_gate(conversation);
}

// ---- control

void Playback::set_pcm_rate(int pcm_rate_hz, std::shared_ptr<const FilterBank> conversion) {
  pcm_rate_hz_ = pcm_rate_hz;
  conversion_ = std::move(conversion);
}

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
  refused_ = {};
  motion_.drop_early(present_s_);
  const std::optional<double> heard_s = conversations_.cut_all(EndCause::kInterrupted, present_s_);
  if (!heard_s) return heard_s;
  playout_.set_paused(false);
  journal_.set_state(PlayerState::kIdle, "user_action", journal_.state_id(), present_s_);
  return heard_s;
}

// ---- time

void Playback::settle(double now_s) {
  const double drawn_s = present_s_;
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
  if (const ConversationPtr conversation = conversations_.current()) end_overdue(*conversation);
  motion_.expire_early(present_s_);
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
  if (playout_.is_silent() || hearing_.expects_more() || poses_.expects_transition()) return kNow_s;
  double change_s = motion_.early_expires_s();
  if (poses_.has_transitions() || conversations_.holds_ended()) {
    change_s = std::min(change_s, present_s_ + kHousekeeping_s);
  }
  if (const ConversationPtr conversation = conversations_.current()) {
    change_s = std::min(change_s, overdue_s(*conversation, playout_.paused(), config_));
  }
  return change_s;
}

void Playback::end_overdue(Conversation& conversation) {
  conversation.waiting_since_s = waiting_since_s(conversation, playout_.paused(), present_s_);
  if (present_s_ < overdue_s(conversation, playout_.paused(), config_)) return;
  if (conversation.pcm.holds_byte()) ++journal_.stats().dropped_odd_bytes;
  const bool stalled = conversation.stalled();
  if (stalled) journal_.add_stall(false, conversation.id, present_s_);
  conversation.phase = Phase::kTimedOut;
  if (stalled) {
    conversation.stream.cut();
    hearing_.finish(conversation, present_s_);
    return;
  }
  conversation.stream.set_motion_end(conversation.stream.consumed());
  conversation.stream.close();
  conversations_.stop_accepting(conversation);
}

// ---- what is seen and heard

void Playback::show(double now_s, float* out) {
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
  if (playout_.has_news()) {
    screen_.take_news(present_s_);
    quiet_ = QuietSpell{};  // settle() has not seen it
  }
  std::vector<double> player_s(count);
  std::transform(times_s, times_s + count, player_s.begin(),
                 [&clock](double caller_s) { return clock.to_player(caller_s); });
  screen_.look_ahead(player_s.data(), count, present_s_, out);
}

double Playback::audio_time(double now_s) {
  const ConversationPtr conversation = conversations_.current();
  if (conversation == nullptr) return 0.0;
  return std::max(0.0, hearing_.position_s(conversation->generation(), playout_.clock().frame_at(now_s)));
}

std::string Playback::conversation_id() const {
  const ConversationPtr conversation = conversations_.current();
  return conversation == nullptr ? std::string() : conversation->id;
}

Stats Playback::stats() {
  hearing_.note_position(playout_.clock().frame_at(present_s_));
  Stats stats = journal_.stats();
  stats.underruns = playout_.underruns();
  stats.clock_faults = playout_.clock().faults();
  stats.prebuffer_s = policy_.prebuffer_s();
  if (const ConversationPtr conversation = conversations_.current()) {
    const SampleQueue& stream = conversation->stream;
    stats.buffered_audio_s = static_cast<double>(stream.pushed() - stream.consumed()) / sample_rate_hz_;
    stats.played_s = static_cast<double>(stream.consumed()) / sample_rate_hz_;
    stats.face_delay_s = conversation->face_delay.at(stats.heard_s);
    if (conversation->has_motion()) {
      stats.buffered_motion_s = std::max(0.0, conversation->timeline.last_keyframe_s() - stats.heard_s);
    }
  }
  return stats;
}

std::int64_t Playback::samples(double seconds) const noexcept {
  return static_cast<std::int64_t>(std::llround(seconds * sample_rate_hz_));
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
