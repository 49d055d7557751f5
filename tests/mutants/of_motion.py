"""One-line breaks of what the face shows: timing, blends, late motion, idling."""

from __future__ import annotations

from mutation import Mutation


def _paced(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("transition", function, original, mutated, cases="*deviation*,a movement is as fast*")


def _beneath(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("transition", function, original, mutated, cases="a blink*,motion that runs out goes*")


def _length(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("transition", function, original, mutated, cases="*transition*takes*,what nobody wished for*")


def _speed(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("transition", function, original, mutated, cases="test_speeds_from*")


def _foreseen(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("clock", function, original, mutated, cases="foreseen*")


def _curve(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "keyframe_time",
        function,
        original,
        mutated,
        cases="test_ease*,test_slope*,test_blend*,test_pose_offset*,test_nearest*,test_sample*,test_hold*,test_jaw*,test_commit*",
    )


MOTION = (
    Mutation(
        "late_motion", "plan_rest", "wait_s <= kNoticeable_s ||", "wait_s <= kNoticeable_s + 60 ||", "sound waits*"
    ),
    Mutation("late_motion", "kLastWords_s", "1.0", "0.0", "sound waits not*"),
    Mutation("late_motion", "kNoticeable_s", "0.125", "0.025", "sound waits not*"),
    Mutation("late_motion", "kQuietInNoise", "1.6e-2", "1.0", "speech in noise*"),
    Mutation("late_motion", "kOfNoise", "4.0", "0.1", "a pause of speech*"),
    Mutation(
        "late_motion",
        "FaceDelay::at",
        "undisturbed_s(heard_s) - rested_s",
        "undisturbed_s(heard_s)",
        "a face goes on*",
    ),
    Mutation(
        "late_motion",
        "FaceDelay::learn",
        "lack_s - kTolerance_s + rested_s",
        "lack_s - kTolerance_s",
        "what sound has*",
    ),
    Mutation(
        "late_motion", "SampleQueue::before_rest", "return rests ? before", "return false ? before", "sound waits in*"
    ),
    Mutation("e24", "PlayCursor::next", " && !stream_->may_start(now_s)", " && !stream_->closed()"),
    Mutation("e4", "Renderer::wait", " || (step.cause == SegmentCause::kTail && next_may_start())", ""),
    Mutation("e4", "Renderer::next_may_start", " && next_->may_start(block_now_s())", ""),
    Mutation("e4", "play_out", "follows ? 0 :", "false ? 0 :"),
    Mutation("e4", "foresee", "next != nullptr && next->stream.may_start(now_s)", "next != nullptr"),
    Mutation("e4", "Hearing::finish", "next == nullptr || !next->has_motion()", "true"),
    Mutation(
        "e26", "KeyframeTimes::begin_sentence", "  bends_.push_back(leaves);\n", "", "a sentence that begins sooner*"
    ),
    Mutation(
        "e26", "KeyframeTimes::let_go", "bends_[passed + 1].position <= position", "true", "what was shown is let go*"
    ),
    Mutation("e26", "kCatchesUp", "12.0", "1.0", "a sentence that begins sooner*"),
    Mutation("e26", "Conversation::begins_sentence", "return !shown_req_id.empty();", "return true;"),
    Mutation("e26", "Conversation::begins_sentence", "return !shown_req_id.empty();", "return false;"),
    Mutation("e26", "ChunkBounds::only_within", "if (only && *bound > *only) return std::nullopt;", ""),
    Mutation("e26", "ChunkBounds::only_within", "return end_s;", "return std::nullopt;"),
    Mutation("e26", "ChunkBounds::only_within", "*bound < until_s + kSame_s", "true"),
    Mutation("e26", "AudioIntake::take", "    conversation.chunks.add(before.pushed_s, before.motion_end_s);\n", ""),
    Mutation("e26", "Screen::append_seen", "timeline.last_keyframe_s();", "0.0;"),
    Mutation("e21", "PoseTrack::base_pose", "  if (over_s <= 0) return", "  if (over_s <= 60) return"),
    Mutation("e21", "rests_from_s", "face.runs_out_s + kHitch_s;", "face.runs_out_s;", "a face whose motion*"),
    Mutation("e21", "rests_from_s", "face.another_moves && ", "", "a face whose motion*"),
    Mutation("e4", "rests_from_s", "face.another_moves && ", "false && ", "a face does not rest*"),
    Mutation("e21", "Hearing::watch_face", "  if (over_s < 0) return;\n", "  return;\n"),
    Mutation(
        "e21",
        "Hearing::note_motion",
        "  if (at_rest_for_s(conversation, segment, frame) < 0) {\n",
        "  if (false) {\n",
    ),
    Mutation(
        "e21",
        "Hearing::at_rest_for_s",
        "segment.rested_at(frame) / rate_hz_",
        "0.0",
    ),
    Mutation(
        "e21",
        "Screen::append_seen",
        "  poses_.before_change(playout_.clock(), frame, present_s);\n",
        "  poses_.before_change(playout_.clock(), frame + 100, present_s);\n",
    ),
    Mutation(
        "e21",
        "AudioIntake::update_gate",
        "stream.set_hold_at(motion_final ? std::numeric_limits<std::int64_t>::max() : motion_end);",
        "stream.set_hold_at(std::numeric_limits<std::int64_t>::max());",
    ),
    Mutation(
        "e21",
        "AudioIntake::update_gate",
        "stream.set_hold_at(motion_final ?",
        "stream.set_hold_at(motion_final || motion_end == 0 ?",
    ),
    Mutation("e21", "Journal::add_stall", "value = stalled ? 1.0 : 0.0;", "value = 1.0;"),
    Mutation(
        "clock",
        "Renderer::begin_block",
        "observation.first_frame = frame_;",
        "observation.first_frame = frame_ + static_cast<std::int64_t>(count);",
    ),
    Mutation(
        "keyframe_time", "PoseTrack::PoseTrack", "    : rate_hz_(rate_hz),\n", "    : rate_hz_(rate_hz * 25 / 24),\n"
    ),
    Mutation("transition", "TransitionTimes::TransitionTimes", "seen(config.speech_", "seen(config.idle_"),
    Mutation("transition", "TransitionTimes::TransitionTimes", "seen(config.idle_", "seen(config.speech_"),
    _length("TransitionTimes::seen", "set_s > 0 ? std::max(set_s, kKeyframeInterval_s) : 0.0;", "set_s;"),
    _length("TransitionTimes::seen", "set_s > 0 ? std::max", "set_s >= 0 ? std::max"),
    _length("TransitionTimes::fastest_s", "least_s > 0 ? least_s : most_s", "least_s"),
    _length("TransitionTimes::run_out_s", "std::max(idle_s_, kKeyframeInterval_s)", "idle_s_"),
    Mutation(
        "transition",
        "PoseTrack::decay_of",
        "clock.time_of(transition.frame + av_offset_frames_);",
        "clock.time_of(transition.frame + 1000);",
    ),
    Mutation(
        "transition",
        "PoseTrack::decay_of",
        "transition.frame, was_motion, before.data());",
        "transition.frame, 0.0F, before.data());",
    ),
    Mutation("late_motion", "Deviation::begin", "std::max(duration_s, needed_s)", "duration_s", "*deviation*"),
    Mutation(
        "late_motion",
        "Deviation::Deviation",
        "    const bool slower = rate_hz_[i]",
        "    const bool slower = false && rate_hz_[i]",
        "motion that turns out to be faster*",
    ),
    Mutation(
        "late_motion",
        "Deviation::held_s",
        "std::sqrt(1.0 - speeds.beneath / speeds.most)",
        "1.0",
        "whatever it begins with*",
    ),
    Mutation(
        "late_motion",
        "Deviation::held_s",
        "wander > 0 ? std::abs(held) + wander : 0.0;",
        "0.0 * wander;",
        "a gaze that is held*",
    ),
    Mutation(
        "late_motion",
        "kJumpingCurve",
        "kJumpingCurve[] = {1.25, 1.45};",
        "kJumpingCurve[] = {1.09, 1.32};",
        "*jumps*",
    ),
    Mutation(
        "late_motion",
        "Deviation::Deviation",
        "std::max(1.0 / rate_hz, needed_s)",
        "1.0 / rate_hz",
        "*is held goes over*",
    ),
    Mutation(
        "late_motion",
        "Deviation::decay",
        "2 * offset + speed * duration_s",
        "2 * offset",
        "one that goes on does so*",
    ),
    Mutation("layers", "PoseTrack::base_pose", "  if (layers_) add", "  if (layers_ && rate_hz_ > 16000) add"),
    Mutation("layers", "PoseTrack::base_pose", "  if (layers_) add", "  if (rate_hz_ > 0) add"),
    Mutation(
        "layers",
        "shares_at",
        "  if (!(media_s > from_s)) return {};\n",
        "  if (media_s > from_s) return {0.0F, 1.0F};\n",
    ),
    Mutation("transition", "Screen::take_news", "      changes = true;\n", ""),
    Mutation(
        "e21",
        "TransitionTimes::blend_s",
        "    return std::max(std::min(gap_s, speech_s_), kKeyframeInterval_s);\n",
        "    return speech_s_;\n",
    ),
    _length(
        "TransitionTimes::blend_s",
        "std::max(std::min(gap_s, speech_s_), kKeyframeInterval_s);",
        "std::min(gap_s, speech_s_);",
    ),
    Mutation(
        "e36",
        "SeamEaser::ease",
        "std::max(kSeamFactor * median_step(), kSuddenFactor * last_step_);",
        "kSeamFactor * median_step();",
    ),
    Mutation("e36", "SeamEaser::ease", "      has_carry_ = true;\n", "", cases="what a seam exceeds*"),
    Mutation("e36", "Timeline::commit", "  seams_ = batch.seams_;\n", ""),
    Mutation(
        "clock",
        "PoseTrack::shown_frame",
        "  return frame - av_offset_frames_;\n",
        "  return frame + av_offset_frames_;\n",
    ),
    Mutation("clock", "PoseTrack::shown_frame", "    if (t_s > known_s) frame", "    if (t_s < known_s) frame"),
    Mutation("clock", "play_out", "  if (hold < end || !stream.closed()) {\n", "  if (hold < end) {\n"),
    Mutation("clock", "foresee", "  if (paused && !stream.is_cut()) {\n", "  if (paused && stream.is_cut()) {\n"),
    Mutation("clock", "PoseTrack::forget_foreseen", "  set_latest(segments_.back());\n", ""),
    Mutation("late_motion", "FaceDelay::kMost_s", "kMost_s = 0.3;", "kMost_s = 0.6;", "no delay is longer*"),
    Mutation(
        "late_motion", "FaceDelay::kHoldsBack", "kHoldsBack = 0.1", "kHoldsBack = 0.5", "a face that is seen is held*"
    ),
    Mutation("late_motion", "FaceDelay::kHoldsBack", "kGivesBack = 0.05;", "kGivesBack = 0.1;"),
    Mutation("late_motion", "kPlenty_s", "kPlenty_s = 0.5;", "kPlenty_s = 50.0;"),
    Mutation(
        "late_motion",
        "FaceDelay::Piece::at",
        "  return slewed(slewed(delay_s, aim_s, held_s), 0.0, released_s);\n",
        "  return slewed(delay_s, aim_s, held_s + released_s);\n",
        cases="a delay is given back*",
    ),
    Mutation(
        "late_motion",
        "FaceDelay::learn",
        "  if (!same_instant)\n    arrivals_",
        "  if (true)\n    arrivals_",
        cases="what comes in one go*",
    ),
    Mutation("late_motion", "Screen::append_seen", "is_heard && poses_.advances(frame)) {", "is_heard) {"),
    Mutation(
        "late_motion",
        "Screen::append",
        "heard_s >= 0 && device_is_heard;",
        "heard_s >= 0;",
    ),
    Mutation(
        "late_motion", "Timeline::runs_out_s", "std::max(last_keyframe_s(), latest_came_s_);", "last_keyframe_s();"
    ),
    Mutation(
        "idle",
        "IdleMotion::sample_eyes",
        "  eye_lid[0] = eye_lid[1] = static_cast<float>(blink(seed_, t_s));\n",
        "  eye_lid[0] = eye_lid[1] = 0.0F;\n",
    ),
    # ---- the pace of blends
    _paced("kMostOfOrdinary", "kMostOfOrdinary = 1.5;", "kMostOfOrdinary = 2.5;"),
    _paced("kEaseSpeed", "kEaseSpeed = 1.5;", "kEaseSpeed = 1.0;"),
    _paced("OrdinaryMotion::note", "std::min(step, last_step_.data()[i])", "step"),
    _paced("OrdinaryMotion::note", "      last_step_.data()[i] = step;\n", ""),
    Mutation(
        "late_motion",
        "Deviation::Deviation",
        "(before.offset_[i] - (base[i] + offset[i])) / (1.0 - left);",
        "offset[i] / left;",
        "a value that was held goes on*",
    ),
    _paced("Deviation::speeds_of", "std::max(curve * ordinary, beneath.pace * beneath.ahead[i])", "curve * ordinary"),
    _paced("Deviation::speeds_of", "beneath.pace * beneath.ahead[i]", "1.0 * beneath.ahead[i]"),
    _paced("Deviation::speeds_of", " + beneath.besides[i];", ";"),
    _paced("Deviation::add_to", "shown = std::max(share, held_[i]);", "shown = share;"),
    _beneath("motion_beneath", "IdleMotion::lowest(i), IdleMotion::highest(i));", "0.0);"),
    _beneath("add_layer_speeds", "std::max(IdleMotion::highest(i), -IdleMotion::lowest(i)) : 0.0;", "0.0 : 0.0;"),
    _beneath("add_layer_speeds", "motion.reach(i) / kOwnFade", "0.0 / kOwnFade"),
    _beneath("add_layer_speeds", "= face_s < from_s + fade_s;", "= true;"),
    Mutation("layers", "kOwnFade", "kOwnFade = 2.0;", "kOwnFade = 1.0;", cases="lids that*"),
    Mutation(
        "layers",
        "TransitionTimes::layer_s",
        "std::max(kLayerFade_s, fastest_s());",
        "kLayerFade_s;",
        cases="lids that*",
    ),
    _speed(
        "Timeline::speeds_from", "place_of(media_s + duration_s).index + 1", "place_of(media_s + duration_s).index"
    ),
    _speed("Timeline::speeds_from", "t >= 1.0F - kHardlyLeft", "t >= 1.0F"),
    _speed("fastest_of_curve", "at > from && at < 1.0F ?", "false ?"),
    _speed("fastest_of_curve", "at > from && at < 1.0F ?", "at > 0.0F && at < 1.0F ?"),
    Mutation("late_motion", "FaceDelay::pace", "? 1.0 + kGivesBack : 1.0;", "? 1.0 : 1.0;", "a face catches up*"),
    Mutation(
        "late_motion",
        "FaceDelay::pace",
        " || (is_soon_given_back && shrinks_from(until_s)) ?",
        " ?",
        "a face catches up*",
    ),
    # ---- what is foreseen
    _foreseen("foresee", "  if (!latest.media_advances() && !rests) return;\n", ""),
    _foreseen(
        "foresee",
        "latest.media_at(static_cast<double>(rendered))",
        "latest.media_at(static_cast<double>(latest.device_frame))",
    ),
    _foreseen("foresee", "  if (paused && !stream.is_cut()) {\n", "  if (paused) {\n"),
    _foreseen("foresee", "if (latest.cause == SegmentCause::kTail) {", "if (false) {"),
    _foreseen("foresee", "over = stream.is_cut() || may_follow()", "over = may_follow()"),
    _foreseen("next_after", "next->generation() <= generation ||", "next->generation() <= generation + 1 ||"),
    _foreseen("next_after", " || next->stream.is_cut()) continue;", ") continue;"),
    _foreseen("next_after", "next->stream.pushed() > 0 ? next : nullptr", "next"),
    _foreseen("foresee", "if (!play_out(*playing, 0, 0, may_follow(), frame, segments)) return;", ""),
    _foreseen("foresee", "  segments.push_back({frame, 0, 0, SegmentCause::kSilence});\n", ""),
    _foreseen("play_out", "    frame += rest;\n", ""),
    _foreseen("play_out", "  frame += hold - from;\n", "  frame += hold;\n"),
    _foreseen("play_out", "std::min(stream.hold_at(), end)", "end"),
    _foreseen("play_out", "  frame += std::max<std::int64_t>(0, tail);\n", ""),
    _foreseen("play_out", "  if (tail > 0 ||", "  if (tail != 0 ||"),
    _foreseen("play_out", "return !may_go_on;", "return true;"),
    _foreseen("play_out", "!follows && !conversation.end_is_known", "!conversation.end_is_known"),
    _foreseen("foresee", "!over && !heard->end_is_known", "!heard->end_is_known"),
    _foreseen("foresee", "    if (!over && !heard->end_is_known) return;\n", ""),
    Mutation(
        "clock", "AudioIntake::update_gate", "  conversation.end_is_known = motion_final;\n", "", "a face ahead*"
    ),
    Mutation(
        "clock",
        "Screen::append_seen",
        "begins = first || media_s < 0;",
        "begins = first || !is_heard;",
        "a face ahead of its sound begins once",
    ),
    Mutation(
        "clock",
        "Screen::append",
        "if (heard_s >= 0 || frame >",
        "if (is_heard || frame >",
        "the first motion of a face that is ahead*",
    ),
    Mutation(
        "clock",
        "Screen::take_news",
        "duration_s = std::max(duration_s, kKeyframeInterval_s);",
        "duration_s = poses_.times().blend_s(duration_s);",
        "a face ahead of its sound does not end*",
    ),
    # ---- curves and blends
    _curve("ease", "std::clamp(x, 0.0F, 1.0F)", "x"),
    _curve("ease", "t * t * (3.0F - 2.0F * t)", "t"),
    _curve("nearest_equivalent", "std::round((along - angle) / kTurn)", "0.0F"),
    _curve("nearest_equivalent", "<= kTurn * kTurn / 4) return;", "<= 4 * kTurn * kTurn) return;"),
    _curve("blend_poses", "  if (out != from) std::copy(from, from + kKeyframeFloats, out);\n", ""),
    _curve(
        "pose_offset", "nearest_equivalent(after + at, offset + at);", "nearest_equivalent(offset + at, offset + at);"
    ),
    _curve("tangent", "kNear * (y[1] - y[-1]) + kFar * (y[2] - y[-2]);", "(y[1] - y[-1]) / 2;"),
    _curve("late_slope_weight", "(1.0F - rest2 * rest2)", "1.0F"),
    _curve("limited_tangent", "return std::clamp(tangent(s), -cap, cap);", "return tangent(s) + 0.0F * cap;"),
    _curve("limited_tangent", "std::min(std::abs(rise_before)", "std::max(std::abs(rise_before)"),
    _curve(
        "limited_tangent", "  if (sides == Sides::kAfter) {", "  if (sides == Sides::kAfter && rise_before != 0.0F) {"
    ),
    _curve("kOvershoot", "= 0.02F;", "= 0.2F;"),
)
