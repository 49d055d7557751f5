#include "playback/audio_intake.h"

#include <cmath>
#include <limits>
#include <utility>

#include "playback/sound_rest.h"

namespace hostmode {
namespace {

// How long after what is not PCM more of it may come.
constexpr double kRefusal_s = 1.0;

}  // namespace

AudioIntake::Chunk AudioIntake::take(ByteView pcm, bool end, const std::string* id, double now_s,
                                     double present_s) {
  const std::size_t bytes = pcm.size;
  Chunk chunk;
  chunk.conversation = id != nullptr ? conversations_.accepting(*id) : conversations_.accepting();
  if (id != nullptr && chunk.conversation == nullptr) {
    const std::size_t frames = bytes / 2;
    const double duration_s = static_cast<double>(frames) / pcm_rate_hz_;
    if (bytes > 0) journal_.add_late_audio(*id, present_s, duration_s);
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
    chunk.conversation = begin(now_s);
    chunk.conversation->guard = std::move(opening);
  }
  Conversation& conversation = *chunk.conversation;
  chunk.id = conversation.id;
  conversation.last_arrival_s = now_s;
  if (bytes > 0) {
    const StartState before = start_state(conversation);
    const double media_s = before.pushed_s + static_cast<double>(added) / pcm_rate_hz_;
    conversation.chunks.add(before.pushed_s, before.motion_end_s);
    policy_.on_chunk(now_s, media_s, before);
    const double heard_s = poses_.media_s(conversation.generation(), playout_.clock().frame_at(now_s));
    if (heard_s >= 0 && playout_.is_live()) conversation.drift.on_arrival(now_s, media_s - heard_s);
  }
  update_gate(conversation);
  return chunk;
}

void AudioIntake::finish(Conversation& conversation, ByteView pcm, bool end, double present_s) {
  if (conversation.pcm.realigned()) journal_.add_realigned(conversation.id, present_s);
  conversation.pcm.keep_odd_byte(pcm.data, pcm.size);
  for (const SpeechPause& pause : conversation.pause_finder.take()) {
    auto& pauses = conversation.pauses;
    if (!pauses.empty() && pauses.back().begin == pause.begin) pauses.pop_back();
    pauses.push_back(pause);
  }
  if (!end || conversation.ended()) {
    plan_rest(conversation, sample_rate_hz_);
    return;
  }
  if (conversation.pcm.holds_byte()) ++journal_.stats().dropped_odd_bytes;
  policy_.on_end();
  conversation.stream.close();
  update_gate(conversation);
  conversations_.stop_accepting(conversation);
}

ConversationPtr AudioIntake::open(bool turn, double now_s, bool& opens) {
  opens = turn || conversations_.accepting() == nullptr;
  if (!opens) return conversations_.accepting();
  ConversationPtr opened = begin(now_s);
  opened->is_turn = turn;
  if (turn) opened->goes_on_with.clear();
  return opened;
}

ConversationPtr AudioIntake::begin(double now_s) {
  if (!config_.queue) conversations_.cut_all(EndCause::kReplaced, now_s);
  const bool waits = conversations_.current() != nullptr;
  const ConversationPtr opened = conversations_.open(pcm_rate_hz_, conversion_, now_s);
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

StartState AudioIntake::start_state(const Conversation& conversation) const {
  const SampleQueue& stream = conversation.stream;
  StartState state;
  state.opened_s = conversation.opened_s;
  state.pushed_s = static_cast<double>(stream.pushed()) / sample_rate_hz_;
  state.played_s = static_cast<double>(stream.consumed()) / sample_rate_hz_;
  state.motion_end_s = conversation.timeline.last_keyframe_s();
  state.has_motion = conversation.has_motion();
  state.closed = stream.closed();
  state.motion_final = conversation.motion_is_final();
  return state;
}

void AudioIntake::update_gate(Conversation& conversation) {
  SampleQueue& stream = conversation.stream;
  const StartGate gate = policy_.gate(start_state(conversation));
  stream.set_prebuffer(samples(gate.prebuffer_s));
  stream.set_start_by(gate.start_by_s, gate.latest_s);
  const std::int64_t motion_end = samples(conversation.timeline.last_keyframe_s());
  stream.set_motion_end(conversation.is_audio_only() ? 0 : motion_end);
  const bool motion_final = conversation.motion_is_final();
  conversation.end_is_known = motion_final;
  if (config_.frame_starvation_mode == FrameStarvationMode::kStrictSync) {
    stream.set_hold_at(motion_final ? std::numeric_limits<std::int64_t>::max() : motion_end);
  }
  stream.set_motion_ready(gate.motion_ready);
  plan_rest(conversation, sample_rate_hz_);
}

std::optional<double> AudioIntake::sentence_s(const Conversation& conversation) const {
  const StartState state = start_state(conversation);
  const double last_s = state.motion_end_s;
  return conversation.chunks.only_within(last_s, last_s + kKeyframeInterval_s, state.pushed_s);
}

void AudioIntake::set_rate(int pcm_rate_hz, std::shared_ptr<const FilterBank> conversion) {
  pcm_rate_hz_ = pcm_rate_hz;
  conversion_ = std::move(conversion);
}

std::int64_t AudioIntake::samples(double seconds) const noexcept {
  return static_cast<std::int64_t>(std::llround(seconds * sample_rate_hz_));
}

}  // namespace hostmode
