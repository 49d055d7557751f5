"""One-line breaks of the contract's rules, which the tests that name the rule must notice."""

from __future__ import annotations

from mutation import Mutation

PUSH = "cpp/src/playback/player_push.cpp"
TIME = "cpp/src/playback/player_time.cpp"
PLAYER = "cpp/src/playback/player.cpp"
RENDERER = "cpp/src/sound/renderer.cpp"
POSES = "cpp/src/motion/pose_track.cpp"
CONTROLLER = "python/hostmode/controller.py"
ANIMATION = "cpp/src/wire/animation_decode.cpp"
BOUNDS = "cpp/src/wire/keyframe_wire.h"

MUTATIONS = (
    # ---- the four rules
    Mutation(
        "rule1",
        PUSH,
        "    conversation_id = conversation->id;\n    conversation->last_arrival_s",
        "    conversation_id = opened ? conversation->id : ids_->next();\n    conversation->last_arrival_s",
    ),
    Mutation(
        "rule2",
        PUSH,
        "conversation_id != nullptr ? conversation == nullptr : current() != nullptr;",
        "conversation_id != nullptr && conversation == nullptr;",
    ),
    Mutation(
        "rule2",
        PUSH,
        "conversation = conversation_id != nullptr ? find(*conversation_id) : nullptr;",
        "conversation = nullptr;",
    ),
    Mutation(
        "rule3",
        PLAYER,
        "if (!conversation->ended && conversation->id == id) return conversation;",
        "if (!conversation->ended && !id.empty()) return conversation;",
    ),
    Mutation(
        "rule3",
        PUSH,
        "conversation_id != nullptr ? conversation == nullptr : current() != nullptr;",
        "conversation_id == nullptr && current() != nullptr;",
    ),
    Mutation(
        "rule4", PUSH, "        conversation->audio_only = true;\n", "        conversation->audio_only = false;\n"
    ),
    Mutation(
        "rule4",
        PUSH,
        "      if (count == 0) {\n",
        "      if (count == 0 || messages[0].size < 8) {\n",
    ),
    Mutation("rule4", PUSH, "    if (messages[i].size == 0) {\n", "    if (false) {\n"),
    Mutation(
        "rule4",
        PUSH,
        "conversation->motion_ended = conversation->motion_ended || message.end;",
        "conversation->motion_ended = conversation->motion_ended || message.end || message.keyframes.empty();",
    ),
    # ---- data: E1 to E12
    Mutation("e1", PUSH, "if (end && !conversation->ended) {", "if (end && pcm.size > 0 && !conversation->ended) {"),
    Mutation("e1", PUSH, "if (pcm.size == 0 && conversation == nullptr) {", "if (pcm.size == 0) {"),
    Mutation(
        "e2",
        PUSH,
        "if (pcm.size == 0 && conversation == nullptr) {",
        "if (pcm.size == 0 && !end && conversation == nullptr) {",
    ),
    Mutation("e3", TIME, "  stream.close();\n", ""),
    Mutation(
        "e3", TIME, "waits = !paused_ && (dry || conversation.stalled);", "waits = dry || conversation.stalled;"
    ),
    Mutation("e3", TIME, "  if (conversation.stalled) {\n    stream.cut();", "  if (false) {\n    stream.cut();"),
    Mutation(
        "e3",
        TIME,
        "conversation.motion_ended && stream.consumed() >= stream.motion_end();",
        "false;",
    ),
    Mutation(
        "e3",
        TIME,
        'conversation.timed_out ? "watchdog" : "playback_end", time_s);',
        '"playback_end", time_s);',
    ),
    Mutation(
        "e4",
        PUSH,
        "const bool replaces = !config_.queue && current() != nullptr;",
        "const bool replaces = current() != nullptr;",
    ),
    Mutation(
        "e4",
        PUSH,
        "const bool replaces = !config_.queue && current() != nullptr;",
        "const bool replaces = false;",
    ),
    Mutation(
        "e4",
        RENDERER,
        "while (stream_ != nullptr && stream_->is_cut() && gain_frames_ == 0) retire();",
        "while (stream_ != nullptr && stream_->is_cut()) retire();",
    ),
    Mutation(
        "e4",
        POSES,
        "(before.generation == segment.generation || !segment.speaking());",
        "(before.generation > 0 || !segment.speaking());",
    ),
    Mutation(
        "e5",
        PLAYER,
        "return conversation == nullptr ? std::string() : conversation->id;",
        "return conversation == nullptr || conversation->stream.closed() ? std::string() : conversation->id;",
    ),
    Mutation(
        "e5",
        PUSH,
        "if (conversation == nullptr) {\n      conversation = begin",
        "if (conversation == nullptr || conversation->started) {\n      conversation = begin",
    ),
    Mutation("e6", PUSH, "    early_->add(std::move(scratch_[i]), now_s);\n", ""),
    Mutation(
        "e6",
        "cpp/src/playback/early_motion.h",
        "messages = std::move(entries_.back().messages);",
        "messages = std::move(entries_.front().messages);",
    ),
    Mutation(
        "e6",
        TIME,
        "early_->expire(present_s_, config_.early_motion_expiry_s);",
        "early_->expire(present_s_, 10 * config_.early_motion_expiry_s);",
    ),
    Mutation(
        "e7",
        PUSH,
        "  if (conversation->ended) return;\n",
        "  if (conversation->ended || conversation->stream.closed()) return;\n",
    ),
    Mutation(
        "e8",
        PLAYER,
        "if (!conversation->ended && conversation->id == id) return conversation;",
        "if (conversation->id == id) return conversation;",
    ),
    Mutation(
        "e9",
        PUSH,
        "      if (count == 0) {\n",
        "      if (count == 0 && !conversation->has_motion()) {\n",
    ),
    Mutation(
        "e9b",
        "cpp/bindings/bind_player.cpp",
        "if (PyObject_CheckBuffer(messages.ptr()) != 0) {",
        "if (PyByteArray_Check(messages.ptr()) != 0) {",
    ),
    Mutation(
        "e10",
        PUSH,
        "decode_all(messages, count, result); status != Status::kOk) {",
        "decode_all(messages, count, result); status != Status::kOk && scratch_count_ == 0) {",
    ),
    Mutation("e10", PUSH, '    report_error("invalid_animation_data",\n', '    report_error("decode_error",\n'),
    Mutation("e11", PUSH, '    report_error("server_error", std', '    report_error("invalid_animation_data", std'),
    Mutation(
        "e11",
        PUSH,
        "    ++stats_.unknown_messages;\n",
        '    report_error("unknown_message", std::to_string(message.type), conversation);\n',
    ),
    Mutation(
        "e12",
        PUSH,
        "      if (end && playing != nullptr) conversation_id = playing->id;\n",
        "",
    ),
    Mutation(
        "e12",
        PUSH,
        "conversation->motion_ended = conversation->motion_ended || message.end;",
        "conversation->motion_ended = message.end && !conversation->motion_ended;",
    ),
    # ---- control: E13 to E18
    Mutation("e13", PLAYER, "    conversation->stream.cut();\n", ""),
    Mutation(
        "e13",
        PLAYER,
        'set_state(PlayerState::kIdle, "user_action", state_id_, present_s_);',
        'set_state(PlayerState::kIdle, "playback_end", state_id_, present_s_);',
    ),
    Mutation(
        "e13",
        RENDERER,
        "while (stream_ != nullptr && stream_->is_cut() && gain_frames_ == 0) retire();",
        "while (stream_ != nullptr && stream_->is_cut()) retire();",
    ),
    Mutation(
        "e13",
        RENDERER,
        "std::lround(rate_hz * kRamp_s)",
        "std::lround(rate_hz * kRamp_s * 1.1)",
    ),
    Mutation("e13", RENDERER, "std::max(decay_left_, gain_frames_);", "ramp_frames_;"),
    Mutation(
        "e14",
        PLAYER,
        "    if (conversation->ended) continue;\n    any = true;",
        "    if (conversation->returned) continue;\n    any = true;",
    ),
    Mutation("e15", PLAYER, "  if (!any) return;\n  paused_ = false;\n", "  if (!any) return;\n"),
    Mutation(
        "e15",
        PLAYER,
        '  renderer_.set_paused(false);\n  set_state(PlayerState::kIdle, "user_action"',
        '  set_state(PlayerState::kIdle, "user_action"',
    ),
    Mutation("e16", RENDERER, "if (paused && gain_frames_ == 0) {", "if (paused) {"),
    Mutation(
        "e16",
        RENDERER,
        "started_ ? SegmentCause::kPaused : SegmentCause::kWaiting);",
        "started_ ? SegmentCause::kTail : SegmentCause::kWaiting);",
    ),
    Mutation(
        "e16",
        PUSH,
        "if (pcm.size == 0 && conversation == nullptr) {",
        "if (paused_ || (pcm.size == 0 && conversation == nullptr)) {",
    ),
    Mutation(
        "e17",
        PLAYER,
        "if (conversation == nullptr || paused_) return;",
        "if (paused_ || ((paused_ = conversation == nullptr))) return;",
    ),
    Mutation(
        "e18",
        PUSH,
        "      conversation->stream.close();\n      accepting_audio_.reset();",
        "      conversation->stream.close(), renderer_.set_paused(false);\n      accepting_audio_.reset();",
    ),
    # ---- playing out: E19 to E25
    Mutation("e19", PUSH, "if (odd != nullptr) bytes[0] = *odd;", "if (odd != nullptr) bytes[0] = 0;"),
    Mutation("e19", PUSH, "      if (odd_total) ++stats_.dropped_odd_bytes;\n", ""),
    Mutation("e21", POSES, "  if (over_s > 0) {\n", "  if (over_s > 60) {\n"),
    Mutation("e21", PUSH, "    if (steps) poses_.after_change(frame, present_s_);\n", ""),
    Mutation(
        "e21",
        PUSH,
        "stream.set_hold_at(motion_final ? std::numeric_limits<std::int64_t>::max() : motion_end);",
        "stream.set_hold_at(std::numeric_limits<std::int64_t>::max());",
    ),
    Mutation(
        "e21",
        PUSH,
        "stream.set_hold_at(motion_final ?",
        "stream.set_hold_at(motion_final || motion_end == 0 ?",
    ),
    Mutation("e21", TIME, "event.value = stalled ? 1.0 : 0.0;", "event.value = 1.0;"),
    Mutation(
        "e22",
        RENDERER,
        "const std::int64_t tail = stream_->motion_end() - stream_->consumed() - tail_frames_;",
        "const std::int64_t tail = 0;",
    ),
    Mutation(
        "e22",
        RENDERER,
        "    if (!closed) {\n",
        "    if (!closed && stream_->motion_end() <= stream_->consumed() + tail_frames_) {\n",
    ),
    Mutation(
        "e23",
        TIME,
        "if (conversation->started && conversation->has_motion()) show_animation(",
        "if (conversation->started) show_animation(",
    ),
    Mutation(
        "e24",
        RENDERER,
        "  if (available == 0) {\n    start_decay();\n    gain_frames_ = 0;\n",
        "  if (available == 0) {\n    start_decay();\n",
    ),
    Mutation(
        "e24", TIME, "if (segment.cause == SegmentCause::kUnderrun) {", "if (segment.cause == SegmentCause::kStall) {"
    ),
    Mutation(
        "e24",
        RENDERER,
        "SegmentCause::kUnderrun);\n      return run;\n    }\n    const std::int64_t tail",
        "SegmentCause::kTail);\n      return run;\n    }\n    const std::int64_t tail",
    ),
    Mutation(
        "e25",
        TIME,
        'set_state(PlayerState::kIdle, "playback_end", conversation.id, time_s);',
        'set_state(PlayerState::kIdle, "user_action", conversation.id, time_s);',
    ),
    Mutation(
        "e25",
        TIME,
        "if (!conversation->returned || conversation->ended || conversation",
        "if (!conversation->returned || conversation",
    ),
    # ---- identity and limits: E26 to E33
    Mutation("e26", PUSH, "if (conversation->req_id != message.req_id) {", "if (false) {"),
    Mutation(
        "e26",
        PUSH,
        "if (std::find(tombstones_.begin(), tombstones_.end(), message.req_id) != tombstones_.end()) {",
        "if (false) {",
    ),
    Mutation("e26", TIME, "constexpr std::size_t kTombstones = 32;", "constexpr std::size_t kTombstones = 31;"),
    Mutation("e27", PUSH, "message.avatar_id != config_.avatar_id) {", "false) {"),
    Mutation("e27", PUSH, '    report_error("avatar_mismatch",\n', '    report_error("wrong_avatar",\n'),
    Mutation(
        "e28", ANIMATION, "    if (all_within_bounds(out + i, 1)) continue;", "    if (out[i] < 1e9F) continue;"
    ),
    Mutation("e28", BOUNDS, "0x7fffffffU - 0x461c4000U;", "0x7fffffffU - 0x7f7fffffU;"),
    Mutation("e28", "cpp/bindings/buffer_view.cpp", '&& item != "h") {', "&& item.empty()) {"),
    Mutation(
        "e29",
        "cpp/src/playback/player_config.cpp",
        "return has(kPcmRates_hz) || has(kDeviceRates_hz);",
        "return sample_rate_hz > 0;",
    ),
    Mutation(
        "e29",
        "cpp/src/playback/player_config.cpp",
        "return has(kPcmRates_hz) || has(kDeviceRates_hz);",
        "return has(kPcmRates_hz);",
    ),
    Mutation(
        "e31",
        PUSH,
        "> samples(config_.max_audio_s)) {",
        "> samples(20 * config_.max_audio_s)) {",
    ),
    Mutation(
        "e31",
        "cpp/src/sound/sample_queue.cpp",
        "samples + into_newest, rest * sizeof(*samples));",
        "samples, rest * sizeof(*samples));",
    ),
    Mutation("e32", POSES, "idle_(config.seed),", "idle_(0),"),
    Mutation(
        "e32",
        "cpp/src/playback/conversation_id.cpp",
        "  state_ = (static_cast<std::uint64_t>(random()) << 32) ^ random();\n",
        "  state_ = random.min();\n",
    ),
    Mutation(
        "e33",
        "python/hostmode/events/callbacks.py",
        "    def _require_open(self) -> None:\n        if self._closed:\n",
        "    def _require_open(self) -> None:\n        if self._closed is None:\n",
    ),
    # ---- timing and audio
    Mutation(
        "clock",
        RENDERER,
        "observation.first_frame = frame_;",
        "observation.first_frame = frame_ + static_cast<std::int64_t>(count);",
    ),
    Mutation("keyframe_time", POSES, "    : rate_hz_(rate_hz),\n", "    : rate_hz_(rate_hz * 25 / 24),\n"),
    Mutation("start", PUSH, "set_start_by(now_s + config_.motion_wait_s,", "set_start_by(now_s,"),
    Mutation(
        "start",
        PUSH,
        "if (motion_final || conversation.has_motion()) stream",
        "if (motion_final) stream",
    ),
    Mutation(
        "start",
        PUSH,
        "std::min(config_.prebuffer_s + jitter_.estimate_s(), config_.max_prebuffer_s);",
        "std::min(config_.prebuffer_s, config_.max_prebuffer_s);",
    ),
    Mutation("start", TIME, "event.value = stats_.time_to_first_sound_s;", "event.value = 0.0;"),
    Mutation(
        "transition",
        POSES,
        "speech_transition_s_(config.speech_transition_s),",
        "speech_transition_s_(config.idle_transition_s),",
    ),
    Mutation(
        "transition",
        POSES,
        "idle_transition_s_(config.idle_transition_s),",
        "idle_transition_s_(config.speech_transition_s),",
    ),
    Mutation(
        "transition",
        POSES,
        "clock.time_of(transition.frame), transition.offset);",
        "clock.time_of(frame), transition.offset);",
    ),
    Mutation("transition", POSES, "previous != nullptr) add_transition(", "previous == &transition) add_transition("),
    Mutation("layers", POSES, "  if (layers_) {\n", "  if (layers_ && rate_hz_ > 16000) {\n"),
    Mutation("layers", POSES, "  if (layers_) {\n", "  if (rate_hz_ > 0) {\n"),
    Mutation(
        "idle",
        "cpp/src/motion/idle_motion.cpp",
        "  eye_lid[0] = eye_lid[1] = static_cast<float>(blink(seed_, t_s));\n",
        "  eye_lid[0] = eye_lid[1] = 0.0F;\n",
    ),
    Mutation("pcm", "cpp/bindings/buffer_view.cpp", '&& item != "h") {', '&& item != "H") {'),
    Mutation(
        "audio_format", CONTROLLER, '        if audio_format != "pcm":\n', '        if audio_format == "raw":\n'
    ),
)
