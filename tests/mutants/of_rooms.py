"""One-line breaks of what a subscriber of a room plays: its sound, and the motion beside that."""

from __future__ import annotations

from mutation import Mutation


def _moved(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "rooms",
        f"hostmode.rtc.round_motion.RoundMotion.{function}",
        original,
        mutated,
        files=("test_rtc_round_motion.py",),
    )


def _came(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "rooms",
        f"hostmode.rtc.incoming.IncomingSpeech.{function}",
        original,
        mutated,
        files=("test_rtc_incoming_rounds.py", "test_rtc_incoming.py"),
    )


ROOMS = (
    # ---- keyframes in time with their sound
    _moved("take", "min(self._arrival_s, now_s - position * _FRAME_S)", "now_s - position * _FRAME_S"),
    _moved("arrive", "abs(delay_s) < _MOST_DELAYED_S and ", ""),
    _moved("jitter_s", "float(np.median(self._delays_s)", "float(np.max(self._delays_s)"),
    _moved("forget_arrivals", "        self._arrival_s = math.inf\n", ""),
    _moved("forget_arrivals", "        self._delays_s = []\n", ""),
    _moved("frames_until", "            until_s = -math.inf\n", "            pass\n"),
    _moved("_is_catching_up", "if in_time or held_up:", "if in_time:"),
    _moved("_is_catching_up", "until_s - self._behind_from_s < _CATCHES_UP_S", "True"),
    _moved("_follow", "            self._base_s = self.base_s\n", "            pass\n"),
    _moved("_follow", "elif abs(error_s) > _NEAR_ENOUGH_S:", "elif abs(error_s) > 0.0:"),
    _moved("_follow", "self._base_s += min(max(error_s, -most_s), most_s)", "self._base_s += error_s"),
    _moved(
        "_at",
        "return (1 - share) * self._keyframes[first] + share * self._keyframes[last]",
        "return self._keyframes[first]",
    ),
    _moved("_at", "            return None\n", "            return self._keyframes[first]\n"),
    # ---- what comes
    _came("packet", "        self._newest.arrive(position, self._now_s)\n", ""),
    _came("packet", "if due_s is not None:", "if False:"),
    _came("sound", "        self._place.hear(samples)\n", ""),
    _came("sound", "        self._place.look(self._newest, self._now_s)\n", ""),
    _came("sound", "        if spare > 0:\n", "        if False:\n"),
    _came("_take", "            self._malformed += 1\n", ""),
    _came("_take", 'if message.kind == "server_error":', "if False:"),
    _came("_take", "        if len(message.keyframes) == 0:\n", "        if False:\n"),
    _came("_take", "        motion.avatar_id = message.avatar_id\n", ""),
    # ---- who goes and comes back
    _came("restart", "        self._motion.forget_arrivals()\n", ""),
    _came("restart", "        self._place.restart()\n", ""),
    _came("fail", "        self._counts_before = self._all_counts()\n", ""),
    _came("fail", '        self._rounds = PacketRounds("data")\n', ""),
    _came("fail", "        self._motion = RoundMotion()\n", ""),
    _came("fail", 'if turn is not None and turn.state != "ended":', "if False:"),
    # ---- turns
    _came("_give_motion", "self._given / self._rate - _BEHIND_S", "self._given / self._rate"),
    _came("_go_on", 'if self._turn.state == "ended" and self._turn.reason != "playback_end":', "if False:"),
    _came("_act", "if self._turn is None or self._motion.base_s is None:", "if True:"),
    _came("_open", " and not self._cut_off", ""),
    _came("_open", "if self._silent_s >= _SILENT_FOR_S:", "if False:"),
    _came("_open", "(_BEFORE_S if self._audible_s > 0.0 else 0.0)", "0.0"),
    _came("_open", 'if self._last is not None and self._last.state != "ended":', "if False:"),
    _came("_give_sound", "if self._next is not None and self._next.base_s is not None:", "if False:"),
    _came("_is_over", "return shown and self._silent_s >= _SILENT_FOR_S", "return shown"),
    _came("_is_over", "return shown and self._silent_s >= _SILENT_FOR_S", "return self._silent_s >= _SILENT_FOR_S"),
    _came("_end", "            turn.end()\n", ""),
    _came("_pass_over", "        self._rounds.interrupt()\n", ""),
)
