"""Where the playback of one request would be, by the clock: what a service that plays reports."""

from __future__ import annotations

from hostmode.relay.envelope import ENDED, INTERRUPTED, PAUSED, PLAYING


class Playback:
    """Times are seconds of one monotonic clock, given with every call."""

    def __init__(self) -> None:
        self.state = 0  # has not begun
        self.reason = ""
        self._media_s = 0.0
        self._played_s = 0.0
        self._since_s = 0.0
        self._complete = False

    def extend(self, media_s: float, now_s: float) -> bool:
        """Add motion that lasts `media_s`; return whether playback begins with it."""
        self.advance(now_s)
        self._media_s += media_s
        if self.state:
            return False
        self.state, self._since_s = PLAYING, now_s
        return True

    def complete(self) -> None:
        """Take note that no more motion comes."""
        self._complete = True

    def pause(self, now_s: float) -> None:
        self.advance(now_s)
        if self.state == PLAYING:
            self.state = PAUSED

    def resume(self, now_s: float) -> None:
        if self.state == PAUSED:
            self.state, self._since_s = PLAYING, now_s

    def interrupt(self, reason: str, now_s: float) -> bool:
        """End it; return whether there was anything to end."""
        self.advance(now_s)
        if self.state not in (PLAYING, PAUSED):
            return False
        self.state, self.reason = INTERRUPTED, reason
        return True

    def advance(self, now_s: float) -> bool:
        """Move on to `now_s`; return whether the natural end was reached with that."""
        if self.state != PLAYING:
            return False
        self._played_s = min(self._media_s, self._played_s + max(0.0, now_s - self._since_s))
        self._since_s = now_s
        if not (self._complete and self._played_s >= self._media_s):
            return False
        self.state = ENDED
        return True

    def ends_at(self) -> float | None:
        """Return the instant of the natural end as far as it is known."""
        if self.state != PLAYING or not self._complete:
            return None
        return self._since_s + self._media_s - self._played_s

    @property
    def played_ms(self) -> int:
        """How much has been played by the latest call, pauses left out."""
        return round(1000 * self._played_s)
