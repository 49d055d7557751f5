"""One-line breaks of how a sound track and the packets beside it become conversations."""

from __future__ import annotations

from mutation import Mutation

_RTC = "hostmode.rtc"


def _incoming(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "incoming", f"{_RTC}.incoming.IncomingSpeech.{function}", original, mutated, files=("test_rtc_incoming.py",)
    )


def _motion(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "incoming",
        f"{_RTC}.round_motion.RoundMotion.{function}",
        original,
        mutated,
        files=("test_rtc_round_motion.py", "test_rtc_incoming.py"),
    )


INCOMING = (
    # ---- rounds and turns
    _incoming("_act", "            self._newest.over = True\n", "            pass\n"),
    _incoming("_act", "            self._listening.restart()\n", "            pass\n"),
    _incoming("_act", "if self._turn is None or self._motion.base_s is None:", "if True:"),
    _incoming("_take", "            self._malformed += 1\n", ""),
    _incoming(
        "_compare",
        "motion.base_s, motion.heard, self._found_s = found_s,",
        "_, motion.heard, self._found_s = found_s,",
    ),
    _incoming("_note_loudness", "> _AUDIBLE\n", "> 100 * _AUDIBLE\n"),
    _incoming("_go_on", 'self._turn.state == "ended" and self._turn.reason != "playback_end"', "False"),
    _incoming("_open", " and not self._cut_off", ""),
    _incoming("_open", "            self._motion.place(at_s)\n", ""),
    _incoming("_give_sound", "        self._given = until\n", ""),
    _incoming("_give_motion", " + _AHEAD_S)", " - 0.2)"),
    _incoming("_is_over", "shown and self._silent_s", "self._silent_s"),
    _incoming("_is_over", "return shown and self._silent_s >= _SILENT_FOR_S", "return shown"),
    _incoming("_end", "            turn.end()\n", ""),
    _incoming("_pass_over", "        self._rounds.interrupt()\n", ""),
    _incoming("fail", '            self._avatar.report_failure("network_error", message)\n', "            pass\n"),
    _incoming("restart", "        self._motion.forget_arrivals()\n", ""),
    # ---- the motion of a round
    _motion("take", "min(self._arrival_s, now_s - position * _FRAME_S)", "now_s - position * _FRAME_S"),
    _motion("forget_arrivals", "        self.heard = False\n", ""),
    _motion("frames_until", "            until_s = -math.inf\n", "            pass\n"),
    _motion("frames_until", "            self._follow()\n", ""),
    _motion("_is_catching_up", "< _CATCHES_UP_S", "< 0.0"),
    _motion("_follow", "min(max(error_s, -most_s), most_s)", "error_s"),
)
