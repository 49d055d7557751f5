"""One-line breaks of times that callers give, turns, and what a closed player does."""

from __future__ import annotations

from mutation import Mutation

TURNS = (
    Mutation("e32", "PoseTrack::PoseTrack", "idle_(config.seed.value_or(fresh_seed())),", "idle_(0),"),
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
    Mutation(
        "e34",
        "TimeAdmission::look_at",
        "std::min(now_s, std::max(present_s, rendered_s)) : present_s;",
        "now_s : now_s;",
    ),
    Mutation("e34", "TimeAdmission::may_move_to", " && now_s >= present_s - kMostBehind_s;", ";"),
    Mutation("e34", "TimeAdmission::may_move_to", "now_s <= latest_s(present_s, rendered_s) + kMostAhead_s && ", ""),
    Mutation("e34", "TimeAdmission::look_at", "seen_s_ = std::max(seen_s_, now_s);", ""),
    Mutation("e34", "CallerClock::restart", "player_s - caller_s", "0.0"),
    Mutation("e34", "SilentDevice::play", "      if (standing > 0 && ", "      if (false && "),
    Mutation("e34", "Hearing::position_s", "    until = begin;\n", ""),
    Mutation(
        "e34",
        "hostmode.clock.ControllerClock.__call__",
        "elif now < latest - _BACKLASH_S:",
        "elif now < latest - 1e9:",
    ),
    Mutation("e37", "Conversations::accepting", "conversation->stream.closed() ?", "false ?"),
    Mutation("e37", "AudioIntake::take", "if (id != nullptr && chunk.conversation == nullptr) {", "if (false) {"),
    Mutation("e37", "Journal::add_late_audio", "  ++stats_.late_audio;\n", ""),
    Mutation("e37", "overdue_s", "if (conversation.is_turn) patience_s", "if (false) patience_s"),
    Mutation("e37", "AudioIntake::open", "opens = turn || conv", "opens = conv"),
    Mutation(
        "e38", "SampleQueue::cut", "std::min(claimed + static_cast<std::int64_t>(fade), ready_to()));", "claimed);"
    ),
    Mutation("e38", "Fader::left_after", ": gain_frames_ - count;", ": gain_frames_;"),
    Mutation("e38", "Conversations::cut_all", "if (!heard_s) heard_s", "heard_s"),
    Mutation(
        "e38",
        "Conversations::end",
        "journal_.add_end(name_of(cause), conversation.id, time_s, played_s);",
        "journal_.add_end(name_of(cause), conversation.id, time_s, 0.0);",
    ),
)
