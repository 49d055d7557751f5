"""The clock of a controller, and what its player is told where it jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode._core import Player
    from hostmode.audio import AudioOutput

# What a Player takes from one call to the next (see Player.advance).
_MOST_AHEAD_S = 60.0
# A clock that goes back by more has started again; threads that read it may pass each other by less.
_BACKLASH_S = 0.1
# What one step of a caller's clock may be. More is another unit or another epoch.
_LONGEST_STEP_S = 6 * 3600.0
# Threads that nobody stops look at real time more often, however busy the process is.
_STOPPED_S = 5.0


class ControllerClock:
    """Reads a clock; where it has jumped since it was last read, the player follows first.

    A clock that has gone back has started again (a timeline that loops, a restarted level): what plays stays as it
    is. A caller's clock that goes far ahead is caught up with. Real time goes far ahead where the machine or the
    process was suspended: playback goes on where it was, after some seconds already where nobody hears it.

    Parameters
    ----------
    read : callable
        Returns the time in seconds.
    player : Player
        That takes these times.
    output : AudioOutput
        That plays it.
    real_time : bool
        Whether it passes by itself.
    """

    def __init__(self, read: Callable[[], float], player: Player, output: AudioOutput, real_time: bool) -> None:
        self._read = read
        self._player = player
        self._output = output
        self._real_time = real_time
        self._latest: float | None = None

    def __call__(self) -> float:
        now = self._read()
        latest = self._latest
        if latest is None or latest <= now <= latest + self._most_ahead():
            self._latest = now
        elif now < latest - _BACKLASH_S:
            self._player.reset_clock(now)
            self._latest = now
        elif now > latest:
            self._leap(latest, now)
            self._latest = now
        return now

    def _most_ahead(self) -> float:
        return _STOPPED_S if self._real_time and self._output.unheard else _MOST_AHEAD_S

    def _leap(self, latest: float, now: float) -> None:
        if self._real_time:
            if self._output.unheard:
                self._player.reset_clock(now)
                return
            try:
                self._player.advance(now)
            except ValueError:
                self._player.reset_clock(now)
            return
        if now - latest > _LONGEST_STEP_S:
            raise ValueError(
                f"the controller's clock went from {latest:.3f} to {now:.3f}; at most {_LONGEST_STEP_S:.0f} s at "
                "once are caught up with: it must count seconds, from one beginning"
            )
        while latest + _MOST_AHEAD_S < now:
            latest += _MOST_AHEAD_S
            self._output.advance(self._player, latest)
