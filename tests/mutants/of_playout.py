"""One-line breaks of how sound is played: control, endings, underruns, rates, bounds, the start."""

from __future__ import annotations

from mutation import Mutation


def _carried(function: str, original: str, mutated: str) -> Mutation:
    files = ("test_playout_streams.py", "test_contract_playout.py", "test_contract_conversation.py")
    return Mutation("playout", f"Playout::{function}", original, mutated, files=files)


PLAYOUT = (
    # ---- the way to the audio side and back
    _carried("hand_over", "    if (streams_out_ == kMaxStreams) return;\n", ""),
    _carried("hand_over", "if (conversation->place != StreamPlace::kHere) continue;", ""),
    Mutation(
        "playout",
        "Playout::hand_over",
        "    conversation->place = StreamPlace::kWithAudioThread;\n",
        "",
        cases="no value jumps from one picture to the next*",
    ),
    _carried("hand_over", "    ++streams_out_;\n", ""),
    _carried("hand_over", "    renderer_.hand_over(&conversation->stream);\n", ""),
    _carried("take_back", "    --streams_out_;\n", ""),
    _carried("take_news", "    take_back(conversations);\n", ""),
    _carried("take_news", "    hand_over(conversations);\n", ""),
    _carried("take_news", "on_segment(segment);", "(void)on_segment;"),
    _carried("set_paused", "    paused_ = paused;\n", ""),
    _carried("set_volume", "    volume_ = volume;\n", ""),
    _carried("set_volume", "    renderer_.set_volume(static_cast<float>(volume));\n", ""),
    _carried("start_silently", "if (!silent_.runs()) silent_", "silent_"),
    _carried("play_silently", "      look();\n", ""),
    Mutation("e14", "MotionIntake::drop_early", "  if (dropped == 0) return;\n", "  return;\n"),
    Mutation(
        "e13",
        "Conversations::cut_all",
        "const std::int64_t played = conversation->stream.cut();",
        "const std::int64_t played = conversation->stream.consumed();",
    ),
    Mutation(
        "e13",
        "Playback::interrupt",
        'journal_.set_state(PlayerState::kIdle, "user_action", journal_',
        'journal_.set_state(PlayerState::kIdle, "playback_end", journal_',
    ),
    Mutation(
        "e13",
        "Renderer::fill_run",
        "while (cursor_.stream() != nullptr && cursor_.stream()->is_cut() && fader_.is_silent()) retire();",
        "while (cursor_.stream() != nullptr && cursor_.stream()->is_cut()) retire();",
    ),
    Mutation("e13", "ramp_frames", "std::lround(rate_hz * kRamp_s)", "std::lround(rate_hz * kRamp_s * 1.1)"),
    Mutation("e13", "Fader::stop", "std::max(decay_left_, gain_frames_);", "ramp_frames_;"),
    Mutation(
        "e14",
        "Conversations::cut_all",
        "    if (conversation->ended()) continue;\n",
        "    if (conversation->returned()) continue;\n",
    ),
    Mutation("e15", "Playback::interrupt", "  playout_.set_paused(false);\n", ""),
    Mutation(
        "e15",
        "Playout::set_paused",
        "    renderer_.set_paused(paused);\n",
        "    if (paused) renderer_.set_paused(paused);\n",
    ),
    Mutation("e16", "Renderer::fill_run", "if (paused && fader_.is_silent()) {", "if (paused) {"),
    Mutation(
        "e16",
        "PlayCursor::pause",
        "started_ ? SegmentCause::kPaused : SegmentCause::kWaiting;",
        "started_ ? SegmentCause::kTail : SegmentCause::kWaiting;",
    ),
    Mutation(
        "e16",
        "AudioIntake::take",
        "if (bytes == 0 && chunk.conversation == nullptr) {",
        "if (playout_.paused() || (bytes == 0 && chunk.conversation == nullptr)) {",
    ),
    Mutation(
        "e17",
        "Playback::pause",
        "  if (conversation == nullptr || playout_.paused()) return;\n",
        "  if (conversation == nullptr) return playout_.set_paused(true);\n",
    ),
    Mutation(
        "e18",
        "AudioIntake::finish",
        "  conversation.stream.close();\n",
        "  conversation.stream.close(), playout_.set_paused(false);\n",
    ),
    Mutation(
        "e22",
        "PlayCursor::out_of_sound",
        "const std::int64_t tail = stream_->motion_end() - media_sample();",
        "const std::int64_t tail = 0;",
    ),
    Mutation(
        "e22",
        "PlayCursor::out_of_sound",
        "  if (!closed || stream_->readable() > 0) {\n",
        "  if (!closed && stream_->motion_end() <= media_sample()) {\n",
    ),
    Mutation(
        "e23",
        "Hearing::hear",
        "  if (conversation->started() && conversation->has_motion()) {\n",
        "  if (conversation->started()) {\n",
    ),
    Mutation(
        "e24",
        "Renderer::wait",
        "  fader_.stop();\n",
        "",
    ),
    Mutation(
        "e24",
        "Hearing::hear",
        "if (segment.cause == SegmentCause::kUnderrun && !conv",
        "if (segment.cause == SegmentCause::kStall && !conv",
    ),
    Mutation(
        "e24",
        "PlayCursor::out_of_sound",
        "return {SegmentCause::kUnderrun, std::min(count, step_frames_)};",
        "return {SegmentCause::kTail, std::min(count, step_frames_)};",
    ),
    Mutation("e24", "Hearing::hear_media", "conversation.underrun_since_s.reset();", ""),
    Mutation(
        "e25",
        "Hearing::finish",
        'journal_.set_state(PlayerState::kIdle, "playback_end", conversation.id, time_s);',
        'journal_.set_state(PlayerState::kIdle, "user_action", conversation.id, time_s);',
    ),
    Mutation(
        "e25",
        "Hearing::hear_returned",
        "if (!conversation->returned() || conversation->ended()) continue;",
        "if (!conversation->returned()) continue;",
    ),
    Mutation(
        "e29", "is_player_rate", "return has(kPcmRates_hz) || has(kDeviceRates_hz);", "return sample_rate_hz > 0;"
    ),
    Mutation(
        "e29", "is_player_rate", "return has(kPcmRates_hz) || has(kDeviceRates_hz);", "return has(kPcmRates_hz);"
    ),
    Mutation(
        "e24",
        "PlayCursor::out_of_sound",
        "    if (!underrun_) underruns_.fetch_add(1, std::memory_order_relaxed);\n",
        "    underruns_.fetch_add(1, std::memory_order_relaxed);\n",
    ),
    Mutation("e24", "PlayCursor::enter", "  underrun_ = false;\n", "", "play_cursor:*"),
    Mutation("e22", "PlayCursor::pass", "tail_frames_ += frames;", "tail_frames_ = frames;"),
    Mutation(
        "e15",
        "PlayCursor::next",
        "falling || underrun_ ? 0 : stream_->rest_left();",
        "stream_->rest_left();",
        "play_cursor:*",
    ),
    Mutation("e30", "PlayCursor::available_frames", "  return stream_->run_out();\n", "  return readable;\n"),
    Mutation("e30", "PlayCursor::before_start", "stream_->look_ahead() - lead_frames_;", "0;"),
    Mutation("e30", "RateConverter::convert", "    phase_ += step_;\n", "    phase_ = step_;\n"),
    Mutation("e30", "RateConverter::look_ahead", "taps() / 2 + 1;", "taps() / 2 - 60;"),
    Mutation(
        "e30",
        "AudioIntake::begin",
        "conversations_.open(pcm_rate_hz_, conversion_, now_s);",
        "conversations_.open(pcm_rate_hz_, nullptr, now_s);",
    ),
    Mutation(
        "e31", "AudioIntake::take", "> samples(config_.max_audio_s)) {", "> samples(20 * config_.max_audio_s)) {"
    ),
    Mutation(
        "e31",
        "SampleQueue::append",
        "samples + into_newest, rest * sizeof(*samples));",
        "samples, rest * sizeof(*samples));",
    ),
    Mutation(
        "start",
        "StartPolicy::gate",
        "since_s + wait_s, latest_s};",
        "since_s, latest_s};",
    ),
    Mutation(
        "start",
        "AudioIntake::update_gate",
        "stream.set_motion_ready(gate.motion_ready);",
        "stream.set_motion_ready(true);",
    ),
    Mutation(
        "start",
        "StartPolicy::prebuffer_s",
        "std::min(std::max(required_s_, least_s), max_prebuffer_s_)",
        "std::min(least_s, max_prebuffer_s_)",
    ),
    Mutation("start", "PlayCursor::waited_enough", ">= kMaxRebuffer_s", ">= 50 * kMaxRebuffer_s"),
    Mutation(
        "start",
        "StartPolicy::prebuffer_s",
        "std::max(prebuffer_s_, kLeastAgain_s) : prebuffer_s_;",
        "kLeastAgain_s : 0.0;",
    ),
    Mutation(
        "start",
        "StartPolicy::gate",
        "std::min(kPatience_s, max_prebuffer_s_)",
        "std::min(50 * kPatience_s, 25 * max_prebuffer_s_)",
    ),
    Mutation("start", "Journal::add_started", "value = since_opened_s;", "value = 0.0;"),
    Mutation("e31", "Screen::waiting_keyframes", "  return shown > 0 ? count -", "  return shown < 0 ? count -"),
    Mutation("volume", "Fader::apply", "std::abs(towards) <= gain_step ? volume :", "gain_step > 0 ? volume :"),
    Mutation(
        "start",
        "SampleQueue::may_start",
        "  if (now_s >= start_latest_s_.load(std::memory_order_relaxed)) return true;\n",
        "",
    ),
)
