"""One-line breaks of the conversations that packets bring: what is taken, shown, said, and listened for."""

from __future__ import annotations

from mutation import Mutation


def _said(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "packets",
        f"PacketIntake::{function}",
        original,
        mutated,
        files=("test_packet_conversations.py", "test_push_packet.py"),
    )


def _heard(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", f"PacketIntake::{function}", original, mutated, files=("test_player_listen.py",))


PACKET_INTAKE = (
    # ---- what is taken
    _said("is_sound", "!= Status::kOk) return false;", "!= Status::kOk) return true;"),
    _said("take", "  if (conversations_.current() != nullptr) return false;\n", ""),
    _said("take", "  used_ = true;\n", ""),
    _said("take", "  media_s_ = media_s;\n", "  media_s_ = {};\n"),
    _said("act", "action.repeated ? std::nullopt : media_s_", "media_s_"),
    Mutation("packets", "kAhead_s", "= 0.015;", "= 0.5;", files=("test_push_packet.py",)),
    Mutation(
        "packets",
        "PacketFace::base_pose",
        "round.timeline, times_, at_s, pose);",
        "round.timeline, times_, 1e9 * at_s, pose);",
        files=("test_push_packet.py",),
    ),
    # ---- what ends it
    _said("interrupt", "  rounds_.interrupt();\n", ""),
    _said("interrupt", "  if (id_.empty()) return std::nullopt;\n", ""),
    _said("interrupt", 'end("interrupted", "user_action", now_s);', 'end("interrupted", nullptr, now_s);'),
    _said("interrupt", "  face_.cut(now_s, under);\n", ""),
    _said("replace", "  if (id_.empty()) return;\n", ""),
    _said("replace", "  rounds_.interrupt();\n", ""),
    _said("replace", 'end("replaced", nullptr, now_s);', 'end("replaced", "user_action", now_s);'),
    _said("replace", "  face_.cut(now_s, under);\n", ""),
    _said("act", '"stalled") == 0) end("watchdog", "playback_end", now_s);', '"stalled") == 0) return;'),
    _said("act", "      face_.finish();\n", ""),
    _said("act", "      finished_ = true;\n", ""),
    _said("act", 'if (!id_.empty()) end("replaced"', 'if (false) end("replaced"'),
    _said("follow", "if (finished_ && (!ends_s || *ends_s <= now_s)) end", "if (finished_) end"),
    _said("follow", "ends_s.value_or(now_s)", "now_s"),
    # ---- what is said
    _said("fill", "  if (!used_) return;\n", ""),
    _said("fill", "  if (id_.empty()) return;\n", ""),
    _said("fill", "  stats.heard_s = face_.position_s(now_s);\n", ""),
    _said("fill", "  stats.buffered_motion_s = face_.buffered_s(now_s);\n", ""),
    _said("follow", "*begins_s <= now_s) {", "true) {"),
    _said("follow", "    started_ = true;\n", ""),
    _said("follow", "*begins_s, *begins_s - opened_s_);", "*begins_s, 0.0);"),
    _said("follow", "set_state(PlayerState::kPlaying, ", "set_state(PlayerState::kActive, "),
    _said("follow", "set_animated(true, id_, *begins_s);", "set_animated(true, id_, now_s);"),
    _said("act", "      opened_s_ = now_s;\n", ""),
    _said("act", "started_ = finished_ = mismatched_ = false;", "finished_ = mismatched_ = false;"),
    _said("act", "started_ = finished_ = mismatched_ = false;", "started_ = mismatched_ = false;"),
    _said("act", "started_ = finished_ = mismatched_ = false;", "started_ = finished_ = false;"),
    _said("act", "      ++journal_.stats().conversations;\n", ""),
    _said("end", "  journal_.stats().heard_s = face_.position_s(time_s);\n", ""),
    _said("end", "if (reason != nullptr) journal_.set_state(", "journal_.set_state("),
    _said("end", "journal_.set_animated(false, id_, time_s);", "journal_.set_animated(true, id_, time_s);"),
    _said("end", "  id_.clear();\n", ""),
    # ---- what is shown
    _said("show", "if (message_.kind == MessageKind::kServerError) {", "if (false) {"),
    _said("show", "    ++stats.unknown_messages;\n", ""),
    _said("show", "!config_.avatar_id.empty() && ", ""),
    _said("show", "!message_.avatar_id.empty() && ", ""),
    _said("show", " && message_.avatar_id != config_.avatar_id", ""),
    _said("show", "if (!std::exchange(mismatched_, true)) {", "if (true) {"),
    _said("show", "  if (message_.keyframes.empty()) return;\n", ""),
    _said("show", "  ++stats.keyframes;\n", ""),
    # ---- what is listened for
    _heard("hear", "(face_.is_tied() && !always)", "(face_.is_tied() && always)"),
    _heard("hear", "heard_.heard_s(*expected_s) - PacketFace::kLeadReach_s;", "heard_.heard_s(*expected_s);"),
    _heard("hear", "heard_.heard_s(*expected_s) + PacketFace::kLeadReach_s;", "heard_.heard_s(*expected_s);"),
    _heard("act", "      heard_.open_round();\n", ""),
    _heard("place_sound", "heard_.time_of(answer.heard_s)", "now_s"),
    _heard("place_sound", "1 / answer.stretch", "1.0"),
    _heard("place_sound", "  journal_.stats().listening_confidence = answer.likeness;\n", ""),
    _heard("show", "heard_.expect(action.position, *loudness);", "heard_.expect(0, *loudness);"),
)
