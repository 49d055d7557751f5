"""One-line breaks of where sound that was sent is found in sound that came."""

from __future__ import annotations

from mutation import Mutation


def _broken(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("listening", function, original, mutated, cases="listening:*,likeness:*,sound shape:*,loudness *")


LISTENING = (
    # ---- how loud
    _broken("steps", "level_dB - kSilence_dB", "level_dB"),
    _broken("LoudnessMeter::add", "state2_ = b0_ * sample - a2_ * high;", "state2_ = 0;"),
    _broken("LoudnessMeter::add", "end_ - begin_);", "end_);"),
    _broken("LoudnessMeter::add", "    whole_power_ = high_power_ = 0;\n", ""),
    _broken("LoudnessMeter::add", "    begin_ = end_;\n", ""),
    _broken("LoudnessMeter::end_of", "rate + kLoudnessRateHz / 2)", "rate)"),
    _broken("kHighHz", "2000.0;", "1000.0;"),
    _broken("append_loudness", "push_back(one.high);", "push_back(one.whole);"),
    _broken("read_loudness", " || field.bytes.size != kSize", ""),
    _broken("read_loudness", "!field.is(kField, WireType::kBytes) || ", ""),
    _broken("read_loudness", "  if (!reader.ok()) return std::nullopt;\n", ""),
    # ---- what is compared
    _broken("kFloor", "2 * (96 - 60);", "2 * (96 - 90);"),
    _broken("kHighFloor", "2 * (96 - 70);", "2 * (96 - 60);"),
    _broken("kJustBefore", "= 40;", "= 80;"),
    _broken("RunningMean::add", "      sum_ -= oldest.value;\n", ""),
    _broken("RunningMean::add", "      --count_;\n", ""),
    _broken("RunningMean::add", "oldest = {value, known};", "oldest = {value, true};"),
    _broken("kLeastDeviation", "= 4.0;", "= 3.0;"),
    _broken("correlation", "xx < least || yy < least", "xx < least"),
    _broken("correlation", "xx < least || yy < least", "yy < least"),
    _broken("kLeastKnown", "= 0.75;", "= 0.5;"),
    _broken("likeness", "overlay.heard_end - reach < 1.0", "overlay.heard_end - reach < 0.5"),
    _broken("likeness", "overlay.end > sent.size() ||", "false ||"),
    _broken("likeness", "    if (!x.known) continue;\n", ""),
    _broken("likeness", "(static_cast<double>(back) - 0.5) - 0.5;", "static_cast<double>(back);"),
    _broken("likeness", "before.values[i] + share * (after.values[i] - before.values[i]);", "before.values[i];"),
    # ---- what is sure, what is doubtful, and what is not like it
    _broken("kLike", "kLike = 0.92, kLikeLong = 0.90;", "kLike = 0.3, kLikeLong = 0.3;"),
    _broken("kAhead", "= 0.05;", "= -1.0;"),
    _broken("Listening::anywhere", "best.likeness - peak.likeness < kAhead) return {};", "false) return {};"),
    _broken("Listening::anywhere", "  for (Match& peak : peaks) peak = refined(peak, even);\n", ""),
    _broken("kMostStretch", "= 6;", "= 2;"),
    _broken("kLeast", "= 0.5 * kRate;", "= 0.1 * kRate;"),
    _broken("kLost_s", "= 1.0;", "= 10.0;"),
    _broken("kLost_s", "= 1.0;", "= 0.0;"),
    _broken("kLikeThere", "= 0.95;", "= 0.2;"),
    _broken("kAudible", "= 20;", "= 200;"),
    _broken("Listening::is_sure", "match.likeness >= kSure && ", ""),
    _broken("kSureAudible", "0.3 * kRate", "0.02 * kRate"),
    _broken(
        "Listening::search",
        "    if ((place.position_s - candidate_->position_s) * kRate < kApart) return std::nullopt;\n",
        "",
    ),
    _broken("kAgree", "0.008 * kRate;", "8.0 * kRate;"),
    _broken("kStretchAgree", "= 0.015;", "= 15.0;"),
    _broken("Listening::search", "if (std::abs(apart) <= kAgree &&", "if (std::abs(apart) >= kAgree &&"),
    _broken(
        "Listening::search",
        "found_->stretch = before + kSmoothed * (there.stretch - before);",
        "found_->stretch = 1;",
    ),
    _broken("kClicksApart", "0.1 * kRate", "0.0 * kRate"),
    _broken("Listening::is_clicks", "return clicks >= 2;", "return false;"),
    _broken("Listening::is_clicks", "return clicks >= 2;", "return clicks >= 1;"),
    _broken("kLikeClicks", "= 0.75;", "= 0.1;"),
    # ---- where it lies
    _broken("Listening::find", "  place->position_s += (now_s - place->heard_s) / place->stretch;\n", ""),
    _broken("Listening::find", "(now_s - place->heard_s) / place->stretch;", "(now_s - place->heard_s);"),
    _broken("Listening::hear", "  first_heard_ += spare;\n", ""),
    _broken("Listening::restart", "  sent_.clear();\n", ""),
    _broken("Listening::restart", "  found_.reset();\n", ""),
    _broken(
        "Listening::prepare",
        "    std::fill_n(&known[at], kLoudnessPerFrame, true);\n",
        "    std::fill_n(&known[0], count, true);\n",
    ),
    _broken("Listening::end_of_sent", "static_cast<double>(audible_end_[end]);", "static_cast<double>(end);"),
    _broken("Listening::anywhere", "even{0, 0, 1, kEvenDoubt};", "even{0, 0, 1, 100 * kEvenDoubt};"),
    _broken("kStretchDoubt", "kStretchDoubt = 0.7, kEvenDoubt = 0.02;", "kStretchDoubt = 70.0, kEvenDoubt = 0.02;"),
    _broken(
        "Listening::expected_base", " + (place.stretch - 1) * (end_of_sent(base) - place.position_s * kRate)", ""
    ),
    _broken("kFollowed", "= 0.04 * kRate;", "= 0.0;"),
)
