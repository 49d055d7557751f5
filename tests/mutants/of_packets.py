"""One-line breaks of how long packets are held back, and of when they are shown."""

from __future__ import annotations

from mutation import Mutation

_CASES = ",".join(
    (
        "the delay of packets *",
        "a player shows packets *",
        "an interruption *",
        "the playhead *",
        "another clock *",
        "at first *",
        "before anything *",
    )
)

_EXTERNAL = ",".join(
    (
        "sound told *",
        "positions read *",
        "reports that *",
        "a sound that *",
        "a position that *",
        "a report whose *",
        "without another *",
        "one report *",
        "no position or *",
    )
)


def _broken(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", function, original, mutated, cases=_CASES)


def _packed(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", function, original, mutated, cases="packet:*,sei:*")


def _sei(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", function, original, mutated, cases="sei:*")


def _coded(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", function, original, mutated, files=("test_rtc_packet.py",))


def _round(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", function, original, mutated, cases="rounds:*")


def _external(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("packets", function, original, mutated, cases=_EXTERNAL)


PACKETS = (
    # The floor, and gaps.
    _broken("kFloorMemory_s", "= 10.0;", "= 1000.0;"),
    _broken(
        "PacketDelay::add",
        "  while (!floor_.empty() && floor_.back().second >= delay_s) floor_.pop_back();\n",
        "",
    ),
    _broken("PacketDelay::add", "  while (floor_.front().first < now_s - kFloorMemory_s) floor_.pop_front();\n", ""),
    _broken("PacketDelay::add", "if (gap_s > period_s_ + kGap_s) {", "if (gap_s > kInterruption_s) {"),
    _broken("PacketDelay::add", "gap_excess_s_ = gap_s - period_s_ - kGap_s;", "gap_excess_s_ = gap_s;"),
    _broken("PacketDelay::add", "  if (sent_s + floor_s() < gap_end_s_) {\n", "  if (sent_s < gap_end_s_) {\n"),
    _broken(
        "PacketDelay::add",
        "    if (gap_excess_s_ + period_s_ + kGap_s >= kInterruption_s) return;\n",
        "",
    ),
    _broken("PacketDelay::add", "late_s - kForgiven * gap_excess_s_", "late_s"),
    _broken("kForgiven", "0.25;", "0.5;"),
    _broken("PacketDelay::kInterruption_s", "= 1.0;", "= 10.0;"),
    _broken("PacketDelay::restart", "  floor_.clear();\n", ""),
    _broken("PacketDelay::restart", "  any_ = false;\n", ""),
    _broken("PacketDelay::restart", "  gap_end_s_ = -1e300;\n", ""),
    # The level, and what lies above it.
    _broken("PacketDelay::learn", "1.0 / static_cast<double>(learnt_)", "0.0"),
    _broken("kLevelHalfLife_s", "= 0.25;", "= 0.5;"),
    _broken("kMostResidual_s", "= 0.04;", "= 0.4;"),
    _broken("PacketDelay::learn", "  for (double& share : shares_) share *= keep;\n", ""),
    _broken("kShareHalfLife_s", "= 60.0;", "= 30.0;"),
    _broken("PacketDelay::learn", "residual_s = late_s - level_s_;", "residual_s = late_s;"),
    _broken("kBucket_s", "= 0.001;", "= 0.004;"),
    _broken("kWider", "= 1.02;", "= 1.1;"),
    _broken("kChooseEvery", "= 5;", "= 100;"),
    # What is chosen.
    _broken("PacketDelay::choose_target", "edge_s + late_cost_s_ * beyond", "edge_s + 1.1 * late_cost_s_ * beyond"),
    _broken("PacketDelay::choose_target", "    beyond += shares_[bucket];\n", ""),
    _broken("PacketDelay::choose_target", "std::max(0.0, level_s_ + edge_s)", "std::max(0.0, edge_s)"),
    _broken("PacketDelay::kAtFirst_s", "= 0.08;", "= 0.04;"),
    # The playhead.
    _broken(
        "PacketPlayhead::follow",
        "pieces_.empty() || now_s - latest_s_ >= PacketDelay::kInterruption_s;",
        "pieces_.empty();",
    ),
    _broken("PacketPlayhead::follow", "  latest_s_ = now_s;\n", ""),
    _broken("PacketPlayhead::follow", "1 + kFollowing : 1 - kFollowing;", "1 + kFollowing : 1.0;"),
    _broken("PacketPlayhead::follow", "1 + kFollowing : 1 - kFollowing;", "1.0 : 1 - kFollowing;"),
    _broken("PacketPlayhead::follow", "settled_s < slow_s && settled_s > now_s", "settled_s < now_s"),
    _broken(
        "PacketPlayhead::follow", "slow_s = now_s + period_s_ + PacketDelay::kGap_s;", "slow_s = now_s + period_s_;"
    ),
    _broken("PacketPlayhead::follow", "at(piece, slow_s), kSlow};", "at(piece, slow_s), 1.0};"),
    _broken("PacketPlayhead::follow", "  if (room_s > 0) {\n", "  if (room_s < 0) {\n"),
    _broken("kFollowing", "= 0.1;", "= 0.05;"),
    _broken("kSlow", "= 0.75;", "= 0.8;"),
    _broken("kMostBehind_s", "= 0.15;", "= 0.05;"),
    _broken("PacketPlayhead::time_of", "/ piece->speed;", "/ 1.0;"),
    # The player.
    _broken("kLookAhead_s", "+ 0.02;", "+ 0.03;"),
    _broken("PacketFace::open", "  delay_.restart();\n", ""),
    _broken(
        "PacketFace::arrive",
        "  round.playhead.follow(delay_, now_s);\n",
        "  if (!round.playhead.started()) round.playhead.follow(delay_, now_s);\n",
    ),
    _broken(
        "PacketFace::arrive",
        "  delay_.add(position_at(position), now_s);\n",
        "  delay_.add(position_at(position), now_s + 0.04);\n",
    ),
    # The codecs.
    _coded("decode", "bytes.size > kMaxPacketBytes", "bytes.size > 2 * kMaxPacketBytes"),
    _coded("decode", "if (bytes.size < kHeaderSize)", "if (bytes.size < 1)"),
    _coded("decode", "!is_sei && length != rest.size", "!is_sei && length > rest.size"),
    _coded(
        "decode",
        "    remove_zero_escapes(rest, payload);\n",
        "    payload.assign(rest.data, rest.data + rest.size);\n",
    ),
    _coded("decode", "    cut_padding(payload, length);\n", ""),
    _packed("decode", "  if (plain.size() > kMaxPacketBytes) {\n", "  if (plain.empty()) {\n"),
    _coded("decode", "!is_sei && (flags & kRedundantFlag) != 0;", "(flags & kRedundantFlag) != 0;"),
    _coded("cut_padding", "byte == 0; })) {", "byte == 0 || byte != 0; })) {"),
    _coded("read_redundant_speech", "seq - back;", "seq + back;"),
    _coded("read_redundant_speech", "if (size > 0) ++packet", "++packet"),
    _coded("read_redundant_speech", "    if (back > 0 && body.at_end()) break;\n", ""),
    _packed("decode_packet", "  if (status != Status::kOk) packet.clear();\n", ""),
    _coded("is_encodable", "back <= back_before || back >=", "back >="),
    _coded("is_encodable", "|| back >= kMaxPacketFrames)", "|| back > kMaxPacketFrames)"),
    _coded("body_of", "while (++written_back < back) append_word(body, 0);", "++written_back;"),
    _coded("flags_of", "  if (packet.frame_count > 1) flags |= kRedundantFlag;\n", ""),
    _coded("append_zero_escapes", "byte == 0x00 || byte == 0xff", "byte == 0x00"),
    _coded("remove_zero_escapes", "byte == 0x00 || byte == 0xff;", "byte == 0x00;"),
    _coded("next_nal", "code > 0 && stream.data[code - 1] == 0 ? code - 1 : code;", "code;"),
    _sei("without_emulation_prevention", "      zeros = 0;\n", ""),
    _coded("read_sum", "if (byte != 0xff) return true;", "return true;"),
    _coded("may_be_packet", "return length <= size - kHeaderSize;", "return true;"),
    _coded("read_payloads", "size > unit.size() - at", "size > unit.size()"),
    _sei("append_sei", "zeros >= 2 && byte <= 3", "zeros >= 2 && byte == 0"),
    _sei("extract_sei", "++broken;", "(void)broken;"),
    _sei("extract_sei", "!= kSeiNal) continue;", "== 0) continue;"),
    _sei("insert_sei", "before == stream.size && ", ""),
    _sei("insert_sei", "type >= kFirstSlice && ", ""),
    _sei("insert_sei", "before = nal.start_code;", "before = nal.begin;"),
    _sei("insert_sei", "stream.data + before, stream.data + stream.size);", "stream.data, stream.data);"),
    _sei("kFirstSlice", "= 1;", "= 0;"),
    _sei("kLastSlice", "= 5;", "= 4;"),
    _sei("append_sum", "sum >= 0xff;", "sum > 0xff;"),
    _sei("append_sei", "byte <= 3", "byte <= 2"),
    _sei("append_sei", "  unit.push_back(0x80);\n", ""),
    _sei("read_payloads", "  return has_stop_bit;\n", "  return true;\n"),
    _sei("read_payloads", "unit[end - 1] == 0) --end;", "unit[end - 1] == 1) --end;"),
    _sei("read_payloads", "type == kUserData && ", ""),
    _sei("may_be_packet", "size < kHeaderSize", "size < 1"),
    _sei("without_emulation_prevention", "*begin == 0 ? zeros + 1 : 0;", "*begin == 0 ? 1 : 0;"),
    # Rounds.
    _round("kStragglers_s", "= 0.5;", "= 0.0;"),
    _round("kCopies_s", "= 2.0;", "= 200.0;"),
    _round("kStragglerFrames", "= 25;", "= 0;"),
    _round("PacketRounds::take", "  if (packet.kind == PacketKind::kTransitionToSpeech) return;\n", ""),
    _round("PacketRounds::take", "      gated_ = false;\n", ""),
    _round("PacketRounds::take", "      idle_s_ = std::min(idle_s_, now_s);\n", ""),
    _round("PacketRounds::take", "if (i > 0 && packet.start) continue;", ""),
    _round("PacketRounds::take", "std::min(closing_s_, now_s + patience_s_);", "now_s + patience_s_;"),
    _round("PacketRounds::take_frame", "if (gated_ && !starts) {", "if (false) {"),
    _round("PacketRounds::take_frame", "!starts && !another && is_straggler(", "!another && is_straggler("),
    _round("PacketRounds::take_frame", "!starts && !another && is_straggler(", "!starts && is_straggler("),
    _round("PacketRounds::take_frame", "  if (given_out_ && position < next_) {\n", "  if (position < next_) {\n"),
    _round("PacketRounds::take_frame", "idle_s_ == kNever_s ? kNever_s : now_s + kOvertaken_s;", "kNever_s;"),
    _round("PacketRounds::take_frame", "  if (now_s >= idle_s_ + kOvertaken_s) idle_s_ = kNever_s;\n", ""),
    _round("PacketRounds::close_for_another", 'idle_s_ < kNever_s ? "idle" : "replaced"', '"replaced"'),
    _round("PacketRounds::take", "if (open_ && another)", "if (false)"),
    _round("PacketRounds::contradicts", "!packet.start && !over && now_s", "!packet.start && now_s"),
    _round("PacketRounds::contradicts", "!packet.start && !over && now_s < over_s_ + kStragglers_s", "false"),
    _round("PacketRounds::contradicts", "(seen.own || packet.start)", "true"),
    _round("PacketRounds::contradicts", "(seen.own || packet.start)", "seen.own"),
    _round("PacketRounds::begins_another", "idle_s_ < kNever_s ||", ""),
    _round("PacketRounds::take_frame", "ends && open_ && copy->round == round_", "ends && open_"),
    _round("PacketRounds::take_frame", "ends && open_ && copy->round == round_", "false"),
    _round("PacketRounds::note_end", "if (position >= latest) last_", "last_"),
    _round("PacketRounds::take_frame", "if (pending_.size() == 1) blocked_since_s_", "blocked_since_s_"),
    _round("PacketRounds::open", "!starts && frame.seq < kFarApart ? 0 : frame.seq;", "frame.seq;"),
    _round("PacketRounds::close", "  give_out(true, now_s, actions);\n", ""),
    _round("PacketRounds::close", "  over_s_ = now_s;\n", ""),
    _round("PacketRounds::give_out", "pending_.size() > kMostPending ||", ""),
    _round("PacketRounds::give_out", "    blocked_since_s_ = now_s;\n", ""),
    _round("PacketRounds::give_out", "first->first == next_ && (given_out_ || started_);", "first->first == next_;"),
    _round("PacketRounds::advance", "now_s >= latest_s_ + kStall_s", "now_s >= latest_s_ + 10 * kStall_s"),
    _round("PacketRounds::begins_another", "position > latest + kFarApart;", "false;"),
    _round("PacketRounds::begins_another", "started_ || idle_s_", "idle_s_"),
    _round("PacketRounds::copied", "seen.seq == frame.seq && ", ""),
    _round("PacketRounds::copied", " && seen.hash == hash", ""),
    _round("distance", "static_cast<std::int32_t>(to - from);", "static_cast<std::int64_t>(to) - from;"),
    # The clock of who plays the sound.
    _external("kJump_s", "= 0.15;", "= 1.5;"),
    _external("kJump_s", "= 0.15;", "= 0.05;"),
    _external("ExternalClock::follow_line", "latest_s_ - begun_s_ > kSettling_s", "latest_s_ > begun_s_"),
    _external("kStepsToStand", "= 2;", "= 0;"),
    _external("kLateness_s", "= 0.01;", "= 0.0;"),
    _external("kFading", "= 0.05;", "= 1.0;"),
    _external("kFading", "= 0.05;", "= 0.0;"),
    _external("ExternalClock::report", "moves_ && passed_s", "passed_s"),
    _external("ExternalClock::report", "  moves_ = true;\n", ""),
    _external("ExternalClock::report", "    pace_ = error_s_ = 0;\n", "    pace_ = 0;\n"),
    _external("ExternalClock::report", "  changed_s_ = time_s;\n", ""),
    _external("ExternalClock::follow_line", "line_.true_rate_hz() / kFrames_hz;", "1;"),
    _external("ExternalClock::report", "    stands_ = true;\n", ""),
    _external("ExternalClock::report", "  base_s_ = at(std::max(latest_s_, time_s));\n", ""),
    _external("ExternalClock::restart", "  line_.restart(frame_, time_s);\n", ""),
    _external("ExternalClock::restart", "  stands_ = false;\n", ""),
    _external("ExternalClock::follow_line", "  base_s_ += error_s_;\n", ""),
)
