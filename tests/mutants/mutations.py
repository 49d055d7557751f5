"""One-line breaks of the contract's rules, which the tests that name the rule must notice."""

from __future__ import annotations

from mutation import Mutation

MUTATIONS = (
    # ---- the four rules
    Mutation(
        "rule1",
        "Playback::take_chunk",
        "chunk.id = conversation.id;",
        'chunk.id = chunk.opens ? conversation.id : conversation.id + "x";',
    ),
    Mutation(
        "rule2",
        "MotionIntake::route",
        "id != nullptr ? conversation == nullptr : conversations_.current() != nullptr;",
        "id != nullptr && conversation == nullptr;",
    ),
    Mutation(
        "rule2",
        "MotionIntake::route",
        "conversation = id != nullptr ? conversations_.find(*id) : nullptr;",
        "conversation = nullptr;",
    ),
    Mutation(
        "rule3",
        "Conversations::find",
        "if (!conversation->ended() && conversation->id == id) return conversation;",
        "if (!conversation->ended() && !id.empty()) return conversation;",
    ),
    Mutation(
        "rule3",
        "MotionIntake::route",
        "id != nullptr ? conversation == nullptr : conversations_.current() != nullptr;",
        "id == nullptr && conversations_.current() != nullptr;",
    ),
    Mutation(
        "rule4",
        "MotionIntake::route",
        "    conversation->motion_use = MotionUse::kIgnored;\n",
        "    conversation->motion_use = MotionUse::kShown;\n",
    ),
    Mutation("rule4", "MotionIntake::route", "  if (messages == 0) {\n", "  if (messages <= 1) {\n"),
    Mutation("rule4", "MessageBatch::decode", "      if (messages[i].size == 0) {\n", "      if (false) {\n"),
    Mutation(
        "rule4",
        "Playback::append_motion",
        "conversation.motion_ended = conversation.motion_ended || message.end;",
        "conversation.motion_ended = conversation.motion_ended || message.end || message.keyframes.empty();",
    ),
    # ---- data: E1 to E12
    Mutation(
        "e1",
        "Playback::finish_chunk",
        "if (!end || conversation.ended()) return;",
        "if (!end || pcm.size == 0 || conversation.ended()) return;",
    ),
    Mutation("e1", "Playback::take_chunk", "if (bytes == 0 && chunk.conversation == nullptr) {", "if (bytes == 0) {"),
    Mutation(
        "e2",
        "Playback::take_chunk",
        "if (bytes == 0 && chunk.conversation == nullptr) {",
        "if (bytes == 0 && !end && chunk.conversation == nullptr) {",
    ),
    Mutation("e3", "Playback::end_overdue", "  conversation.stream.close();\n", ""),
    Mutation(
        "e3",
        "waiting_since_s",
        "waits = !paused && (conversation.is_dry() || conversation.stalled());",
        "waits = conversation.is_dry() || conversation.stalled();",
    ),
    Mutation(
        "e3",
        "Playback::end_overdue",
        "  if (stalled) {\n    conversation.stream.cut();",
        "  if (false) {\n    conversation.stream.cut();",
    ),
    Mutation("e3", "overdue_s", "conversation.motion_ended && stream.consumed() >= stream.motion_end();", "false;"),
    Mutation(
        "e3", "Hearing::finish", 'timed_out ? "watchdog" : "playback_end", time_s);', '"playback_end", time_s);'
    ),
    Mutation(
        "e4",
        "Playback::begin_conversation",
        'if (!config_.queue) conversations_.cut_all("replaced", now_s);',
        'conversations_.cut_all("replaced", now_s);',
    ),
    Mutation(
        "e4", "Playback::begin_conversation", '  if (!config_.queue) conversations_.cut_all("replaced", now_s);\n', ""
    ),
    Mutation(
        "e4",
        "Renderer::fill_run",
        "while (stream_ != nullptr && stream_->is_cut() && gain_frames_ == 0) retire();",
        "while (stream_ != nullptr && stream_->is_cut()) retire();",
    ),
    Mutation(
        "e4",
        "PoseTrack::add_segment",
        "(before.generation == segment.generation || !segment.speaking());",
        "(before.generation > 0 || !segment.speaking());",
    ),
    Mutation(
        "e5",
        "Playback::conversation_id",
        "return conversation == nullptr ? std::string() : conversation->id;",
        "return conversation == nullptr || conversation->stream.closed() ? std::string() : conversation->id;",
    ),
    Mutation(
        "e5",
        "Playback::take_chunk",
        "chunk.opens = chunk.conversation == nullptr;",
        "chunk.opens = chunk.conversation == nullptr || chunk.conversation->started();",
    ),
    Mutation(
        "e6",
        "Playback::judge_motion",
        "  for (Message& message : batch) motion_.early().add(std::move(message), now_s);\n",
        "",
    ),
    Mutation(
        "e6",
        "EarlyMotion::take_newest",
        "messages = std::move(entries_.back().messages);",
        "messages = std::move(entries_.front().messages);",
    ),
    Mutation(
        "e6",
        "MotionIntake::expire_early",
        "early_.expire(now_s, config_.early_motion_expiry_s);",
        "early_.expire(now_s, 10 * config_.early_motion_expiry_s);",
    ),
    Mutation(
        "e7",
        "Playback::append_motion",
        "  if (conversation.ended()) return;\n",
        "  if (conversation.ended() || conversation.stream.closed()) return;\n",
    ),
    Mutation(
        "e8",
        "Conversations::find",
        "if (!conversation->ended() && conversation->id == id) return conversation;",
        "if (conversation->id == id) return conversation;",
    ),
    Mutation(
        "e9",
        "MotionIntake::route",
        "  if (messages == 0) {\n",
        "  if (messages == 0 && !conversation->has_motion()) {\n",
    ),
    Mutation(
        "e9b",
        "push_motion",
        "if (PyObject_CheckBuffer(messages.ptr()) != 0) {",
        "if (PyByteArray_Check(messages.ptr()) != 0) {",
    ),
    Mutation(
        "e10",
        "Player::push_motion",
        "    if (status == Status::kOk) {\n",
        "    if (status == Status::kOk || batch_.begin() != batch_.end()) {\n",
    ),
    Mutation(
        "e10",
        "MotionIntake::report_malformed",
        '  journal_.add_error("invalid_animation_data",\n',
        '  journal_.add_error("decode_error",\n',
    ),
    Mutation(
        "e11",
        "MotionIntake::accept",
        '    journal_.add_error("server_error", std',
        '    journal_.add_error("invalid_animation_data", std',
    ),
    Mutation(
        "e11",
        "MotionIntake::accept",
        "    ++stats.unknown_messages;\n",
        '    journal_.add_error("unknown_message", std::to_string(message.type), id, now_s);\n',
    ),
    Mutation("e12", "Playback::take_chunk", "    if (end && playing != nullptr) chunk.id = playing->id;\n", ""),
    Mutation(
        "e12",
        "Playback::append_motion",
        "conversation.motion_ended = conversation.motion_ended || message.end;",
        "conversation.motion_ended = message.end && !conversation.motion_ended;",
    ),
    # ---- control: E13 to E18
    Mutation("e13", "Conversations::cut_all", "    conversation->stream.cut();\n", ""),
    Mutation(
        "e13",
        "Playback::interrupt",
        'journal_.set_state(PlayerState::kIdle, "user_action", journal_',
        'journal_.set_state(PlayerState::kIdle, "playback_end", journal_',
    ),
    Mutation(
        "e13",
        "Renderer::fill_run",
        "while (stream_ != nullptr && stream_->is_cut() && gain_frames_ == 0) retire();",
        "while (stream_ != nullptr && stream_->is_cut()) retire();",
    ),
    Mutation("e13", "Renderer::Renderer", "std::lround(rate_hz * kRamp_s)", "std::lround(rate_hz * kRamp_s * 1.1)"),
    Mutation("e13", "Renderer::start_decay", "std::max(decay_left_, gain_frames_);", "ramp_frames_;"),
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
    Mutation("e16", "Renderer::fill_run", "if (paused && gain_frames_ == 0) {", "if (paused) {"),
    Mutation(
        "e16",
        "Renderer::fill_run",
        "started_ ? SegmentCause::kPaused : SegmentCause::kWaiting);",
        "started_ ? SegmentCause::kTail : SegmentCause::kWaiting);",
    ),
    Mutation(
        "e16",
        "Playback::take_chunk",
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
        "Playback::finish_chunk",
        "  conversation.stream.close();\n",
        "  conversation.stream.close(), playout_.set_paused(false);\n",
    ),
    # ---- playing out: E19 to E25
    Mutation("e19", "PcmJoiner::join", "if (before != 0) bytes[0] = byte_;", "if (before != 0) bytes[0] = 0;"),
    Mutation(
        "e19",
        "Playback::finish_chunk",
        "  if (conversation.pcm.holds_byte()) ++journal_.stats().dropped_odd_bytes;\n",
        "",
    ),
    Mutation("e21", "PoseTrack::base_pose", "  if (over_s > 0) {\n", "  if (over_s > 60) {\n"),
    Mutation("e21", "Playback::append_motion", "    if (steps) poses_.after_change(frame, present_s_);\n", ""),
    Mutation(
        "e21",
        "Playback::update_gate",
        "stream.set_hold_at(motion_final ? std::numeric_limits<std::int64_t>::max() : motion_end);",
        "stream.set_hold_at(std::numeric_limits<std::int64_t>::max());",
    ),
    Mutation(
        "e21",
        "Playback::update_gate",
        "stream.set_hold_at(motion_final ?",
        "stream.set_hold_at(motion_final || motion_end == 0 ?",
    ),
    Mutation("e21", "Journal::add_stall", "value = stalled ? 1.0 : 0.0;", "value = 1.0;"),
    Mutation(
        "e22",
        "Renderer::play_run",
        "const std::int64_t tail = stream_->motion_end() - stream_->consumed() - tail_frames_;",
        "const std::int64_t tail = 0;",
    ),
    Mutation(
        "e22",
        "Renderer::play_run",
        "    if (!closed) {\n",
        "    if (!closed && stream_->motion_end() <= stream_->consumed() + tail_frames_) {\n",
    ),
    Mutation(
        "e23",
        "Hearing::hear",
        "  if (conversation->started() && conversation->has_motion()) {\n",
        "  if (conversation->started()) {\n",
    ),
    Mutation(
        "e24",
        "Renderer::play_run",
        "  if (available == 0) {\n    start_decay();\n    gain_frames_ = 0;\n",
        "  if (available == 0) {\n    start_decay();\n",
    ),
    Mutation(
        "e24",
        "Hearing::hear",
        "if (segment.cause == SegmentCause::kUnderrun) journal_",
        "if (segment.cause == SegmentCause::kStall) journal_",
    ),
    Mutation(
        "e24",
        "Renderer::play_run",
        "SegmentCause::kUnderrun);\n      return run;\n    }\n    const std::int64_t tail",
        "SegmentCause::kTail);\n      return run;\n    }\n    const std::int64_t tail",
    ),
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
    # ---- identity and limits: E26 to E33
    Mutation("e26", "MotionIntake::accept", "if (conversation->req_id != message.req_id) {", "if (false) {"),
    Mutation(
        "e26", "MotionIntake::accept", "if (conversations_.tombstones().contains(message.req_id)) {", "if (false) {"
    ),
    Mutation("e26", "Tombstones::kMost", "kMost = 32;", "kMost = 31;"),
    Mutation("e27", "MotionIntake::is_for_another_avatar", "message.avatar_id != config_.avatar_id;", "false;"),
    Mutation(
        "e27",
        "MotionIntake::accept",
        '    journal_.add_error("avatar_mismatch",\n',
        '    journal_.add_error("wrong_avatar",\n',
    ),
    Mutation("e28", "append_floats", "if (all_within_bounds(out + i, 1)) continue;", "if (out[i] < 1e9F) continue;"),
    Mutation("e28", "kMagnitudeCarry", "0x461c4000U;", "0x7f7fffffU;"),
    Mutation("e28", "PcmView::PcmView", '&& item != "h") {', "&& item.empty()) {"),
    Mutation(
        "e29", "is_player_rate", "return has(kPcmRates_hz) || has(kDeviceRates_hz);", "return sample_rate_hz > 0;"
    ),
    Mutation(
        "e29", "is_player_rate", "return has(kPcmRates_hz) || has(kDeviceRates_hz);", "return has(kPcmRates_hz);"
    ),
    Mutation(
        "e31", "Playback::take_chunk", "> samples(config_.max_audio_s)) {", "> samples(20 * config_.max_audio_s)) {"
    ),
    Mutation(
        "e31",
        "SampleQueue::append",
        "samples + into_newest, rest * sizeof(*samples));",
        "samples, rest * sizeof(*samples));",
    ),
    Mutation("e32", "PoseTrack::PoseTrack", "idle_(config.seed),", "idle_(0),"),
    Mutation(
        "e32",
        "ConversationIdGenerator::ConversationIdGenerator",
        "  state_ = (static_cast<std::uint64_t>(random()) << 32) ^ random();\n",
        "  state_ = random.min();\n",
    ),
    Mutation(
        "e33",
        "hostmode.events.callbacks.EventSource._require_open",
        "        if self._closed:\n",
        "        if self._closed is None:\n",
    ),
    Mutation("e35", "kFirstKeyframeFieldOfFirstProtocol", "FirstProtocol = 2;", "FirstProtocol = 1;"),
    Mutation("e35", "decode_first_protocol", "message.type == kResponseType && ", ""),
    Mutation("e35", "decode_first_protocol", "if (field.number == kResponse) {", "if (field.number != 0) {"),
    # ---- timing and audio
    Mutation(
        "clock",
        "Renderer::begin_block",
        "observation.first_frame = frame_;",
        "observation.first_frame = frame_ + static_cast<std::int64_t>(count);",
    ),
    Mutation(
        "keyframe_time", "PoseTrack::PoseTrack", "    : rate_hz_(rate_hz),\n", "    : rate_hz_(rate_hz * 25 / 24),\n"
    ),
    Mutation(
        "start",
        "StartPolicy::gate",
        "const double start_by_s = opened_s + motion_wait_s_;",
        "const double start_by_s = opened_s;",
    ),
    Mutation(
        "start",
        "Playback::update_gate",
        "if (motion_final || conversation.has_motion()) stream",
        "if (motion_final) stream",
    ),
    Mutation(
        "start",
        "StartPolicy::gate",
        "std::min(prebuffer_s_ + lateness_s_, max_prebuffer_s_)",
        "std::min(prebuffer_s_, max_prebuffer_s_)",
    ),
    Mutation("start", "Journal::add_started", "value = since_opened_s;", "value = 0.0;"),
    Mutation(
        "transition",
        "PoseTrack::PoseTrack",
        "speech_transition_s_(config.speech_transition_s),",
        "speech_transition_s_(config.idle_transition_s),",
    ),
    Mutation(
        "transition",
        "PoseTrack::PoseTrack",
        "idle_transition_s_(config.idle_transition_s),",
        "idle_transition_s_(config.speech_transition_s),",
    ),
    Mutation(
        "transition",
        "PoseTrack::settle",
        "clock.time_of(transition.frame), transition.offset);",
        "clock.time_of(frame), transition.offset);",
    ),
    Mutation(
        "transition",
        "PoseTrack::step_offset",
        "previous != nullptr) add_transition(",
        "previous == &transition) add_transition(",
    ),
    Mutation("layers", "PoseTrack::base_pose", "  if (layers_) {\n", "  if (layers_ && rate_hz_ > 16000) {\n"),
    Mutation("layers", "PoseTrack::base_pose", "  if (layers_) {\n", "  if (rate_hz_ > 0) {\n"),
    Mutation(
        "idle",
        "IdleMotion::sample_eyes",
        "  eye_lid[0] = eye_lid[1] = static_cast<float>(blink(seed_, t_s));\n",
        "  eye_lid[0] = eye_lid[1] = 0.0F;\n",
    ),
    Mutation("pcm", "PcmView::PcmView", '&& item != "h") {', '&& item != "H") {'),
    Mutation(
        "audio_format",
        "hostmode.controller.Controller.set_audio_format",
        '        if audio_format != "pcm":\n',
        '        if audio_format == "raw":\n',
    ),
)
