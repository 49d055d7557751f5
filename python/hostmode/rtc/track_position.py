"""Where on a sound track the next sample will be, also through silence, interrupts and pauses."""

from __future__ import annotations

from typing import Final

#: Positions are samples at this rate, whatever the source's: it is that of RTP for Opus (RFC 7587).
POSITION_HZ: Final = 48000


class TrackPosition:
    """Counts what a source plays in real time, from the first sample it is given.

    A source that holds nothing goes on with silence, so what is given to it then is as much later. Times are seconds
    of the clock that paces it. It reads no clock.
    """

    def __init__(self) -> None:
        self._begun_s: float | None = None
        self._empty_s = 0.0  # when the source will have played all it holds

    def give(self, seconds: float, now: float) -> int:
        """Take note that so much sound is given at `now`, and return the position of its first sample."""
        if self._begun_s is None:
            self._begun_s = now
        begin_s = max(now, self._empty_s)
        self._empty_s = begin_s + seconds
        return round((begin_s - self._begun_s) * POSITION_HZ)

    def clear(self, now: float) -> None:
        """Take note that what the source holds at `now` is dropped."""
        self._empty_s = min(now, self._empty_s)
