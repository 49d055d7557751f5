"""One-line breaks of the start policy and of the sound's last steps, which their C++ tests must notice."""

from __future__ import annotations

from mutation import Mutation


def _start(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "start", function, original, mutated, cases="a model*,a replay*,a policy*,a gap*,after an underrun*,motion*"
    )


def _volume(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("volume", function, original, mutated, cases="fader*,conversion*")


def _drift(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("drift", function, original, mutated, cases="drift:*,varying_ratio*,long_stream*,renderer*")


def _filtered(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("e30", function, original, mutated, cases="filter bank:*")


def _textured(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("not_pcm", function, original, mutated, cases="pcm texture:*")


SOUND = (
    # ---- the model
    _start("kTrustedRate", "kTrustedRate = 0.9;", "kTrustedRate = 9.0;"),
    _start("kLengthGain", "kLengthGain = 0.1;", "kLengthGain = 0.0;"),
    _start("ArrivalModel::add_chunk", "  gaps_.add(gap_s);\n", ""),
    _start("ArrivalModel::add_chunk", "  media_s_ = kept * media_s_ + media_s;\n", ""),
    _start("ArrivalModel::add_chunk", "kept = std::exp2(-gap_s / GapHistogram::kHalfLife_s);", "kept = 1.0;"),
    _start("ArrivalModel::add_length", "  length_s_ += kLengthGain * (media_s - length_s_);\n", ""),
    _start(
        "ArrivalModel::expected_stalls",
        "std::max(length_s_ - waiting_s, length_s_ / 2) / rate;",
        "length_s_;",
    ),
    _start(
        "ArrivalModel::expected_stalls",
        "exposed_s = streams_s + std::min(0.0, missing_s / -grows);",
        "exposed_s = 0;",
    ),
    _start(
        "ArrivalModel::expected_stalls",
        "grows > 0 ? std::min(streams_s, missing_s / grows) : streams_s;",
        "streams_s;",
    ),
    _start("ArrivalModel::required_s", "std::log1p(-risk);", "std::log1p(-risk / 9);"),
    _start("GapHistogram::kHalfLife_s", "kHalfLife_s = 40.0;", "kHalfLife_s = 4000.0;"),
    _start("GapHistogram::kPriorWeight_s", "kPriorWeight_s = 0.5;", "kPriorWeight_s = 50.0;"),
    _start("GapHistogram::add", "    streamed_s_ += weight_ * gap_s;\n", ""),
    _start("GapHistogram::add", "weight_ *= std::exp2(gap_s / kHalfLife_s);", "weight_ *= 1.0;"),
    _start("GapHistogram::bucket", "return beyond < static_cast", "return beyond > static_cast"),
    _start("GapHistogram::rescale", "    streamed_s_ /= weight_;\n", ""),
    # ---- the replay
    _start("kKept", "kKept = 0.97;", "kKept = 0.2;"),
    _start("kBeginningWeight", "kBeginningWeight = 1.0 / 3;", "kBeginningWeight = 0;"),
    _start("kBetweenStarts_s", "kBetweenStarts_s = 0.5;", "kBetweenStarts_s = 50.0;"),
    _start("StartReplay::StartReplay", "0.25 * std::exp(", "0.0 * std::exp("),
    _start("StartReplay::play_from", "if (chunks_[at].arrival_s >= latest_s - kSame_s) return;", ""),
    _start("StartReplay::play_from", "chunks_[at].media_s - before_s < waiting", "chunks_[at].media_s < waiting"),
    _start("StartReplay::learn", "  for (double& dry : dry_) dry *= kKept;\n", ""),
    _start("StartReplay::learn", "  utterances_ = kKept * utterances_ + 1;\n", ""),
    _start("StartReplay::learn", "    if (j + 1 < count) least[j] = std::max(least[j], least[j + 1]);\n", ""),
    _start("StartReplay::learn", "  chunks_.clear();\n", ""),
    _start("StartReplay::required_s", "dry_[i] > share * utterances_", "dry_[i] > share"),
    # ---- the policy
    _start("StartPolicy::required_s", "replay_.required_s(kReplayShare * risk_));", "0.0);"),
    _start("StartPolicy::required_s", "std::max(model_.required_s(risk_, max_prebuffer_s_),", "std::max(0.0,"),
    _start("StartPolicy::on_utterance", "  replay_.learn();  // also of one that was cut off\n", ""),
    _start("StartPolicy::on_utterance", "  required_s_ = required_s();\n", ""),
    _start("StartPolicy::on_utterance", "moves_ ? missed_motion_ : missed_motion_ + 1;", "0;"),
    _start("StartPolicy::on_chunk", "    model_.add_chunk(", "    if (false) model_.add_chunk("),
    _start("StartPolicy::on_chunk", "  replay_.add_chunk(now_s - first_s_, media_s);\n", ""),
    _start("StartPolicy::on_chunk", "  if (dry) ready_s_ = kNever_s;\n", ""),
    _start(
        "StartPolicy::on_chunk",
        "if (waits && (dry || waiting_s < prebuffer_s())) required_s_",
        "if (false) required_s_",
    ),
    _start("StartPolicy::on_motion", "? 0 : missed_motion_ + 1;", "? missed_motion_ : missed_motion_ + 1;"),
    _start("StartPolicy::on_end", "  if (media_s_ > 0) model_.add_length(media_s_);\n", ""),
    _start("kLeastAgain_s", "kLeastAgain_s = 0.1;", "kLeastAgain_s = 0.0;"),
    _start("kGivesUpAfter", "kGivesUpAfter = 2;", "kGivesUpAfter = 200;"),
    _start("StartPolicy::gate", "moving_s >= in_hand_s - 1e-6", "moving_s > 0"),
    _start(
        "StartPolicy::gate",
        "state.closed ? std::min(wanted_s, state.pushed_s - state.played_s) : wanted_s;",
        "wanted_s;",
    ),
    # ---- volume and fades
    _volume("Fader::apply", "        --gain_frames_;\n", "        gain_frames_ = 0;\n"),
    _volume(
        "Fader::apply",
        "        gain_frames_ = std::min(gain_frames_ + 1, ramp_frames_);",
        "        gain_frames_ = ramp_frames_;",
    ),
    _volume("Fader::apply", "volume : volume_ + std::copysign(gain_step, towards);", "volume : volume_;"),
    _volume("Fader::apply", "out[i] *= gain * volume_;", "out[i] *= gain;"),
    _volume("Fader::apply", "if (volume != 1.0F) {", "if (volume == 1.0F) {"),
    _volume("Fader::stop", "    decay_left_ = std::max(decay_left_, gain_frames_);\n", ""),
    _volume("Fader::stop", "(last_sample_ + before) /", "last_sample_ /"),
    _volume("Fader::add_decay", "static_cast<float>(--decay_left_);", "static_cast<float>(decay_left_);"),
    # ---- a sender's clock
    _drift("Drift::end_window", "    if (steady_ > -kLive) return;\n", "    return;\n"),
    _drift("Drift::end_window", "std::abs(delay_s - held_s_) < kBegins_s) return;", "steady_ < 0) return;"),
    _drift(
        "Drift::end_window",
        "kProportional * error_s) / kGrain) * kGrain, -kMost, kMost);",
        "kProportional * error_s) / kGrain) * kGrain, -1.0, 1.0);",
    ),
    _drift("Drift::on_arrival", "    largest_s_ = std::max(largest_s_, delay_s);\n", "    largest_s_ = delay_s;\n"),
    _drift("SampleQueue::pace", "!runs_out_ && room > frames + frames / 512 + 1;", "true;"),
    _drift("SampleQueue::begin_varying", "if (remembered_ < known || !plenty) return;", "if (!plenty) return;"),
    _drift("SampleQueue::begin_varying", "  converter_->vary(varying_);\n", ""),
    _drift(
        "SampleQueue::read",
        "      passed += converter_->fixed_frames(run);\n",
        "      passed += static_cast<std::int64_t>(run);\n",
    ),
    _drift("RateConverter::vary", "  phase_ *= bank->up() / bank_->up();\n", ""),
    _drift("RateConverter::convert", "kPhaseUnit * (next - output[i]);", "0.0F * (next - output[i]);"),
    _drift(
        "RateConverter::fixed_frames",
        "(beyond < 0 ? (beyond - frame + 1) / frame : beyond / frame);",
        "beyond / frame;",
    ),
    _drift("Segment::media_at", "since * (1.0 + drift);", "since;"),
    _drift("PlayCursor::next", "closed || falling ? 0 : std::min", "std::min"),
    _drift("Renderer::mark", "segment.drift = stream->drift();", "segment.drift = 0.0;"),
    _drift("Playout::is_live", "return is_silent() || renderer_.is_live();", "return true;"),
    _drift("FilterBank::FilterBank", "up == down ? 1.0 : kCutoff", "kCutoff"),
    # ---- the filters between two rates
    _filtered("kStopbandDb", "= 96.0;", "= 60.0;"),
    _filtered("kCutoff", "= 0.95;", "= 0.9;"),
    _filtered("kVaryingPhases", "= 256;", "= 128;"),
    _filtered("kTapsAtEqualRates", "= 124.0;", "= 100.0;"),
    _filtered("bessel_i0", "term > 1e-12 * sum", "term > 1e-1 * sum"),
    _filtered(
        "narrowing", "std::min(1.0, static_cast<double>(up) / static_cast<double>(down))", "up > 0 ? 1.0 : down"
    ),
    _filtered("tap_count", "/ 8.0)) * 8;", "));"),
    _filtered("FilterBank::between", "  if (input_rate_hz == output_rate_hz) return nullptr;\n", ""),
    _filtered("FilterBank::between", "std::gcd(input_rate_hz, output_rate_hz);", "1;"),
    _filtered("FilterBank::varying", "(kVaryingPhases + up - 1) / up;", "kVaryingPhases / up;"),
    _filtered("FilterBank::varying", "down * finer);", "down);"),
    _filtered("FilterBank::shared", "    known = bank;\n", ""),
    _filtered("FilterBank::FilterBank", "kCutoff * narrowing(up, down);", "kCutoff;"),
    _filtered("FilterBank::FilterBank", "phase <= up_;", "phase < up_;"),
    _filtered(
        "FilterBank::FilterBank", "static_cast<double>(tap) - (half - 1.0) -", "static_cast<double>(tap) - half -"
    ),
    _filtered("FilterBank::FilterBank", "cutoff * sinc * window", "cutoff * sinc"),
    _filtered("FilterBank::FilterBank", "static_cast<float>(row[tap] / sum);", "static_cast<float>(row[tap]);"),
    _filtered("FilterBank::output_frames", " + down - 1) / down;", ") / down;"),
    # ---- what bytes would sound like
    _textured("texture_of", "  if (count < 2) return texture;\n", "  if (count < 1) return texture;\n"),
    _textured("texture_of", "++upper[bytes[2 * i + 1]];", "++upper[bytes[2 * i]];"),
    _textured("texture_of", "bytes[2 * i] | bytes[2 * i + 1] << 8", "bytes[2 * i] << 8 | bytes[2 * i + 1]"),
    _textured("texture_of", " - sum / n * (sum / n)", ""),
    _textured("texture_of", "    before = sample;\n", ""),
    _textured("texture_of", "if (i > 0) step_squares", "step_squares"),
    _textured("texture_of", "step_squares / (n - 1);", "step_squares / n;"),
    _textured("texture_of", "return times > 0;", "return times > 1;"),
    _textured("texture_of", "*std::max_element(upper.begin(), upper.end())", "upper[0]"),
    _textured("PcmTexture::is_calm", "power > 1e-7 &&", "power > 1e-8 &&"),
    _textured("PcmTexture::is_calm", "step_power < 0.6 * power;", "step_power < 0.7 * power;"),
    _textured("PcmTexture::is_white", "step_power > 1.2 * power", "step_power > 1.1 * power"),
    _textured("PcmTexture::is_white", "step_power < 2.8 * power;", "step_power < 2.9 * power;"),
    # ---- what there was no room to report
    Mutation("clock", "Renderer::begin_block", "  if (segment_pending_) push_segment();\n", "", cases="renderer*"),
    Mutation(
        "clock",
        "Renderer::push_segment",
        "  segment_pending_ = !segments_.try_push(last_segment_);",
        "  segment_pending_ = !segments_.try_push(last_segment_) && frame_ < 0;",
        cases="renderer*",
    ),
    # ---- a sender's clock
    _drift("kLive", "kLive = 3;", "kLive = 1;"),
    _drift("Drift::kMost", "kMost = 1e-3;", "kMost = 1e-4;"),
    _drift("Drift::kStep_s", "kStep_s = 0.025;", "kStep_s = 2.5;"),
    _drift("Drift::kBegins_s", "kBegins_s = 0.008;", "kBegins_s = 0.0;"),
    _drift("Drift::on_arrival", "    largest_s_ = std::max(largest_s_, delay_s);\n", ""),
    _drift("Drift::on_arrival", "    *this = Drift{};  // the first, or one after a long silence\n", ""),
    _drift("Drift::end_window", "    held_s_ += change_s;\n", ""),
    _drift("Drift::end_window", "    if (steady_ > -kLive) return;\n", ""),
    _drift("Drift::end_window", "if (steady_ < kLive) held_s_ = delay_s;", "held_s_ = delay_s;"),
    _drift("Drift::end_window", "lasting_ + kIntegral * error_s * kSpan_s", "lasting_"),
    _drift("Drift::end_window", "lasting_ + kProportional * error_s", "lasting_"),
)
