"""One-line breaks of where sound that was sent is found in sound that came."""

from __future__ import annotations

from mutation import Mutation


def _measured(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="loudness *")


def _compared(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="likeness:*,sound shape:*")


def _found(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="listening:*")


LISTENING = (
    # ---- how loud
    _measured("steps", "level_dB - kSilence_dB", "level_dB"),
    _measured("LoudnessMeter::add", "state2_ = b0_ * sample - a2_ * high;", "state2_ = 0;"),
    _measured("LoudnessMeter::add", "end_ - begin_);", "end_);"),
    _measured("LoudnessMeter::add", "    whole_power_ = high_power_ = 0;\n", ""),
    _measured("LoudnessMeter::add", "    begin_ = end_;\n", ""),
    _measured("LoudnessMeter::end_of", "rate + kLoudnessRateHz / 2)", "rate)"),
    _measured("kHighHz", "2000.0;", "1000.0;"),
    _measured("append_loudness", "push_back(one.high);", "push_back(one.whole);"),
    _measured("read_loudness", " || field.bytes.size != kSize", ""),
    _measured("read_loudness", "!field.is(kField, WireType::kBytes) || ", ""),
    _measured("read_loudness", "  if (!reader.ok()) return std::nullopt;\n", ""),
    # ---- what is compared
    _compared("kFloor", "2 * (96 - 60);", "2 * (96 - 90);"),
    _compared("kHighFloor", "2 * (96 - 70);", "2 * (96 - 60);"),
    _compared("kJustBefore", "= 40;", "= 80;"),
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
    # ---- what is sure, what is doubtful, and what is not like it
    _found("kLike", "kLike = 0.92, kLikeLong = 0.90;", "kLike = 0.3, kLikeLong = 0.3;"),
    _found("kAhead", "= 0.05;", "= -1.0;"),
    _found("Listening::anywhere", "best.likeness - peak.likeness < kAhead) return {};", "false) return {};"),
    _found("Listening::anywhere", "  for (Match& peak : peaks) peak = refined(peak, even);\n", ""),
    _found("kMostStretch", "= 6;", "= 2;"),
    _found("kLeast", "= 0.5 * kRate;", "= 0.1 * kRate;"),
    _found("kLost_s", "= 1.0;", "= 10.0;"),
    _found("kLikeThere", "= 0.95;", "= 0.2;"),
    _found("kAudible", "= 20;", "= 200;"),
    _found("Listening::is_sure", "match.likeness >= kSure && ", ""),
    _found("kSureAudible", "0.3 * kRate", "0.02 * kRate"),
    _found(
        "Listening::search",
        "    if ((place.position_s - candidate_->position_s) * kRate < kApart) return std::nullopt;\n",
        "",
    ),
    _found("kAgree", "0.008 * kRate;", "8.0 * kRate;"),
    _found("kStretchAgree", "= 0.015;", "= 15.0;"),
    _found("Listening::search", "if (std::abs(apart) <= kAgree &&", "if (std::abs(apart) >= kAgree &&"),
    _found(
        "Listening::search",
        "found_->stretch = before + kSmoothed * (there.stretch - before);",
        "found_->stretch = 1;",
    ),
    _found("kClicksApart", "0.1 * kRate", "0.0 * kRate"),
    _found("Listening::is_clicks", "return clicks >= 2;", "return false;"),
    _found("Listening::is_clicks", "return clicks >= 2;", "return clicks >= 1;"),
    _found("kLikeClicks", "= 0.75;", "= 0.1;"),
    # ---- where it lies
    _found("Listening::find", "  place->position_s += (now_s - place->heard_s) / place->stretch;\n", ""),
    _found("Listening::find", "(now_s - place->heard_s) / place->stretch;", "(now_s - place->heard_s);"),
    _found("Listening::hear", "  first_heard_ += spare;\n", ""),
    _found("Listening::restart", "  sent_.clear();\n", ""),
    _found("Listening::restart", "  found_.reset();\n", ""),
    _found(
        "Listening::prepare",
        "    std::fill_n(&known[at], kLoudnessPerFrame, true);\n",
        "    std::fill_n(&known[0], count, true);\n",
    ),
    _found("Listening::end_of_sent", "static_cast<double>(audible_end_[end]);", "static_cast<double>(end);"),
    _found("Listening::anywhere", "even{0, 0, 1, kEvenDoubt};", "even{0, 0, 1, 100 * kEvenDoubt};"),
    _found("kFollowed", "= 0.04 * kRate;", "= 0.0;"),
)
