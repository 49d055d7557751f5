"""One-line breaks of where sound that was sent is found in sound that came."""

from __future__ import annotations

from mutation import Mutation


def _measured(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="loudness *")


def _compared(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="likeness:*,sound shape:*")


def _evident(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="evidence:*")


def _ended(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="sound end:*")


def _found(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="listening:*")


def _begun(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="beginning:*")


def _stepped(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="staircase:*")


LISTENING = (
    # ---- how loud
    _measured("steps", "level_dB - kSilence_dB", "level_dB"),
    _measured("LoudnessMeter::filter", "passes_above ? -2.0 * made.b0 : 2.0 * made.b0;", "2.0 * made.b0;"),
    _measured("LoudnessMeter::filter", "std::sqrt(2.0) * warped + warped * warped);\n  Filter", "warped);\n  Filter"),
    _measured("LoudnessMeter::add", "bands_[b].powers[oldest] = 0;", ";"),
    _measured("LoudnessMeter::add", "    begins_[oldest] = end_;\n", ""),
    _measured(
        "LoudnessMeter::add", "const std::size_t oldest = (part + 1) % phases_;", "const std::size_t oldest = part;"
    ),
    _measured("LoudnessMeter::end_of", " + parts_a_second / 2)", ")"),
    _measured("kEdges_hz", "2000.0, 4000.0};", "2500.0, 4000.0};"),
    _measured("kEdges_hz", "2000.0, 4000.0};", "2000.0, 5000.0};"),
    _measured("append_loudness", "push_back(one[band]);", "push_back(one[0]);"),
    _measured("read_loudness", "[i / kLoudnessPerFrame]", "[0]"),
    _measured("read_loudness", " || field.bytes.size != kSize", ""),
    _measured("read_loudness", "!field.is(kField, WireType::kBytes) || ", ""),
    _measured("read_loudness", "  if (!reader.ok()) return std::nullopt;\n", ""),
    # ---- what is compared
    _compared("kFloor", "2 * (96 - 70);", "2 * (96 - 90);"),
    _compared("shape_of", "trait.loudest = std::max(trait.loudest, level);", "trait.loudest = level;"),
    _compared("kJustBefore", "= 20;", "= 40;"),
    _compared("RunningMean::add", "      sum_ -= oldest.value;\n", ""),
    _compared("RunningMean::add", "      --count_;\n", ""),
    _compared("RunningMean::add", "oldest = {value, known};", "oldest = {value, true};"),
    _compared("kLeastDeviation", "= 4.0;", "= 3.0;"),
    _compared("correlation", "xx < least || yy < least", "xx < least"),
    _compared("correlation", "xx < least || yy < least", "yy < least"),
    _compared("kLeastKnown", "= 0.75;", "= 0.5;"),
    _compared("likeness", "overlay.heard_end - reach < 1.0", "overlay.heard_end - reach < 0.5"),
    _compared("likeness", "overlay.end > sent.size() ||", "false ||"),
    _compared("likeness", "    if (!x.known) continue;\n", ""),
    _compared("likeness", "(static_cast<double>(back) - 0.5) - 0.5;", "static_cast<double>(back);"),
    _compared("likeness", "before.values[i] + share * (after.values[i] - before.values[i]);", "before.values[i];"),
    # ---- what speaks for its being the same
    _evident("evidence", "later <= kSlack;", "later <= 0;"),
    _evident("kScatter", "= 2.2;", "= 20.0;"),
    _evident("kOutliers", "= 0.1;", "= 1.0;"),
    _evident("LevelPairs::median_gain", "return count > 0 ? louder : 0;", "return 0;"),
    _evident("LevelPairs::each_audible", "      if (sent <= kAudible && heard <= kAudible) return;\n", ""),
    _evident("LevelPairs::log_ratio", "std::min(off, kMostDifference)", "off"),
    _evident("evidence", "if (overlay.end > sent.size() || overlay.span > overlay.end) return {};", ""),
    _evident("evidence", "all.shift += best.values * best_later;", ""),
    _evident("LevelPairs::each", "|| at < 0 || at >= last_) continue;", ") continue;"),
    # ---- where its end lies
    _ended("kJump", "= 12;", "= 1;"),
    _ended("kDrifts", "kJumps = 0.15;", "kJumps = 1e-9;"),
    _ended("kSure", "= 0.98;", "= 0.0;"),
    _found("see", "told.sum = (most + std::log(all)) / kAlone;", "told.sum = most / kAlone;"),
    _ended("LevelPairs::log_ratio", "sent + gain_", "sent"),
    _ended("end_of", "    states = moved(states);\n", ""),
    _ended("end_of", "if (overlay.end > sent.size() || overlay.span > overlay.end) return {0, kMost, 0};", ""),
    # ---- what is sure, what is doubtful, and what is not like it
    _found("kLong", "kShort{0.3, 1.1}, kLong{0.65, 1.0};", "kShort{0.3, -3.0}, kLong{0.65, -3.0};"),
    _found("kBoth", "kBoth = 0.65,", "kBoth = 9.0,"),
    _found("kContradicts_s", "kContradicts = 0.0;", "kContradicts = -9.0;"),
    _found(
        "Listening::look",
        "  if (is_other(before, kContradicts_s)) return std::nullopt;\n",
        "",
    ),
    _found("kOther_s", "kSettled_s = 1.2;", "kSettled_s = 9.0;"),
    _found("Listening::follow", "    if (taken_back_) lose();\n", ""),
    _found("kAhead", "= 0.3;", "= -1.0;"),
    _found("SoundSearch::anywhere", "!is_near && means[best] - means[i] < kAhead", "false"),
    _found("kMostStretch", "= 6;", "= 2;"),
    _found("kLeastAudible_s", "= 0.25;", "= 0.02;"),
    _found("kLost_s", "= 1.0;", "= 10.0;"),
    _found("kThere", "= 0.5;", "= -2.0;"),
    _found("kAudible", "= 30;", "= 200;"),
    _found("kAgree_s", "= 0.008;", "= 8.0;"),
    _found("PlaceLine::slope", "product_s2_ / weight_ / (spread_s2() + kEven_s2);", "0.0;"),
    _found("kClicksApart", "0.1 * kRate", "0.0 * kRate"),
    _found("Listening::look", "  if (clicks > 0) return look_at_clicks(match, place, clicks);\n", ""),
    _found("kLikeClicks", "= 0.75,", "= 0.1,"),
    _found("kApart_s", "kClicksApart_s = 0.1;", "kClicksApart_s = 0.0;"),
    _found("Listening::look_at_clicks", "std::abs(place.base_s - clicks_->base_s) <= kAgree_s;", "true;"),
    # ---- where it lies
    _found("Listening::end_of_sent_s", "line_.base_s(line_.position_s(heard_s()))", "line_.base_s(heard_s())"),
    _found("PlaceLine::position_s", "base_s_ - position_s_) / (1 + slope());", "base_s_);"),
    _found("kStretchDoubt", "kStretchDoubt = 0.1,", "kStretchDoubt = 10.0,"),
    _found("Listening::find", "line_.base_s(end_s) + end.shift / kRate);", "line_.base_s(end_s));"),
    _found("kMostDoubt_s", "= 0.0075;", "= 10.0;"),
    _found("Listening::hear", "  first_heard_ += spare;\n", ""),
    _found("Listening::restart", "  sent_.clear();\n", ""),
    _found("Listening::lose", "  line_.restart();\n", ""),
    _found(
        "SoundSearch::SoundSearch",
        "    std::fill_n(&known[at], kLoudnessPerFrame, true);\n",
        "    std::fill_n(&known[0], length, true);\n",
    ),
    _found("SoundSearch::end_of_sent", "static_cast<double>(audible_end_[end]);", "static_cast<double>(end);"),
    _found("SoundSearch::anywhere", "even{0, 0, 1, kEvenDoubt};", "even{0, 0, 1, 100 * kEvenDoubt};"),
    _found("kFollowed", "= 0.04 * kRate;", "= 0.0;"),
    _found("kMostJump_s", "= 0.0075;", "= 0.075;"),
    _found("kMostJump_s", "= 0.0075;", "= 0.0004;"),
    _found("Listening::find", "place.position_s = told.position_s;", ";"),
    _found("Listening::find", "(since_s < kPause_s ? 0.0 : staircase_.slope_doubt())", "0.0"),
    # ---- the line about which it jumps
    _stepped("kKept_s", "= 5.0;", "= 50.0;"),
    _stepped("kMoved_s", "= 0.025;", "= 2.5;"),
    _stepped("kAside_s", "kAside_s = 0.008,", "kAside_s = 0.8,"),
    _stepped("kEven_s2", "= 0.05 * 0.05;", "= 0.5 * 0.5;"),
    _stepped("kOutlier_s", "= 0.006;", "= 0.6;"),
    _stepped("kSmooth_s", "kSmooth_s = 0.003,", "kSmooth_s = 0.0,"),
    _stepped(
        "kOneSmooth_s", "kOneSmooth_s = 0.0025, kOneJumps_s = 0.0035;", "kOneSmooth_s = -2.0, kOneJumps_s = -1.0;"
    ),
    _stepped("kMayBeOne_s", "kIsOne_s = 0.8;", "kIsOne_s = 80.0;"),
    _stepped("kLag_s", "= 0.003;", "= 0.0;"),
    _stepped("kLeastSlope", "kLeastSlope = 0.005,", "kLeastSlope = -1.0,"),
    _stepped("kHidden", "kHidden_s = 1.0;", "kHidden_s = 0.1;"),
    _stepped("Staircase::told", "heard.slope + jumping_ * (line_.slope - heard.slope)", "heard.slope"),
    _stepped("Staircase::told", "(ahead_s - lag_s) / (1 + line_.slope)", "(ahead_s + lag_s) / (1 + line_.slope)"),
    _stepped("Staircase::add", "position_s <= latest().position_s + kApart_s", "false"),
    _stepped("Staircase::add", "    forget(moved);\n", ""),
    # ---- where it begins
    _begun("kSilent", "= 24;", "= 4;"),
    _begun("kFurthest", "= 8;", "= 0;"),
    _begun("kMostDifferent", "= 10;", "= 100;"),
    _begun("beginnings_of", "sound[i].known && sound[i].loudest() < kAudible", "sound[i].loudest() < kAudible"),
    _begun("beginnings_of", "    if (!begins) continue;\n", ""),
    _begun("beginnings_of", "    silent = 0;\n", ""),
    _begun("find_beginning", "= begun.back();", "= begun.front();"),
    _begun("find_beginning", "first == 0 ? kSilent : 0;", "kSilent;"),
    _begun("find_beginning", "    if (found) return std::nullopt;\n", ""),
    _begun("find_beginning", " || base_s > latest_s", ""),
    _begun("find_beginning", " || base_s < earliest_s", ""),
)
