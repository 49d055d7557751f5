"""One-line breaks of what deals with output devices: absent, refusing, frozen, lost and returning ones."""

from __future__ import annotations

from mutation import Mutation

_OUTPUT = "hostmode.audio.sounddevice_output.SounddeviceOutput"
_LOOKOUT = "hostmode.audio.lookout"


def _broken(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("e20", function, original, mutated)


DEVICES = (
    _broken(f"{_LOOKOUT}.Lookout.ask", "return sighting if began > since else None", "return sighting"),
    _broken(f"{_LOOKOUT}.Lookout._run", "min(2.0 * pause_s, _LAST_PAUSE_S)", "_FIRST_PAUSE_S"),
    _broken(f"{_LOOKOUT}.Lookout._wait", "if _traces() != traces:", "if _traces() is None:"),
    _broken(f"{_LOOKOUT}._look", "timeout=_LOOK_TIMEOUT_S,", "timeout=100.0,"),
    _broken("hostmode.audio.liveness.Liveness.look", "if callbacks == self._callbacks else 0", "if stats else 0"),
    _broken(
        "hostmode.audio.liveness.Liveness.look",
        "return self._silent_looks < self.patience(stats) * _LOOKS_PER_S",
        "return self._looks > 0",
    ),
    _broken(
        "hostmode.audio.liveness.Liveness.patience",
        "return max(patience_s, _PATIENCE_AT_START_S)",
        "return patience_s",
    ),
    _broken("hostmode.audio.liveness.Liveness.patience", ' + _PAUSES * stats["longest_callback_gap"]', ""),
    _broken(f"{_OUTPUT}.start", "        player.start_silent_clock(now=now)\n", ""),
    _broken(f"{_OUTPUT}.supervise", "elif not self._alive(self._stream):", "elif not self._usable:"),
    _broken(
        f"{_OUTPUT}._look_at_operation",
        "elif self._trouble not in (None, was_told):",
        "elif self._trouble is not None:",
    ),
    _broken(
        f"{_OUTPUT}._look_at_operation", "elif self._trouble not in (None, was_told):", "elif self._trouble is None:"
    ),
    _broken(f"{_OUTPUT}._start", "        self._player.stop_silent_clock(now=_core.now())\n", ""),
    _broken(f"{_OUTPUT}._finish_starting", "            self._let_go()\n", ""),
    _broken(
        f"{_OUTPUT}._let_go",
        '        self._silent_from = min(stream.native.stats()["handed_until"], _core.now() + _MAX_TAIL_S)\n',
        "        self._silent_from = _core.now()\n",
    ),
    _broken(
        f"{_OUTPUT}._wait_for_tail",
        "if not stream.active or _core.now() > min(callback_until, began + _MAX_TAIL_S):",
        "if not stream.active:",
    ),
)
