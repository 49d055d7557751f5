"""AvatarKit's RTC player as its behaviour is described: what hostmode is measured against."""

from __future__ import annotations

_FRAME_S = 0.04
_WAIT_S = 0.08
_FILL = 2
_MOST = 4


class RtcPlayer:
    """A fixed buffer behind a timer of 40 ms: fills with 2 frames, holds 4, waits 80 ms for a missing one.

    Attributes
    ----------
    rendered : list of (float, int)
        When which frame was shown.
    """

    def __init__(self) -> None:
        self.rendered: list[tuple[float, int]] = []
        self._held: dict[int, float] = {}
        self._next: int | None = None
        self._state = "idle"
        self._tick_s = 0.0

    def play(self, arrivals: list[tuple[float, int]]) -> None:
        """Let frames arrive, (time, number), and go on for a second after the last."""
        for now, number in sorted(arrivals):
            self._run_until(now)
            self._arrive(now, number)
        self._run_until(max(now for now, _ in arrivals) + 1.0)

    def _arrive(self, now: float, number: int) -> None:
        if self.rendered and number <= self.rendered[-1][1]:
            return
        if self._next is not None and number < self._next:
            return
        if number in self._held:
            return
        self._held[number] = now
        if len(self._held) > _MOST:
            del self._held[min(self._held)]
        if self._state == "idle":
            self._next = number
            self._state = "filling"
        if (self._state == "filling" and len(self._held) >= _FILL) or self._state == "starved":
            self._state = "running"
            self._tick(now)

    def _run_until(self, now: float) -> None:
        while self._state == "running" and self._tick_s <= now + 1e-9:
            self._tick(self._tick_s)

    def _tick(self, now: float) -> None:
        if self._next is None:
            return
        self._tick_s = now + _FRAME_S
        self._held = {number: at for number, at in self._held.items() if number >= self._next}
        if self._next in self._held:
            self._render(now, self._next)
        elif self._held:
            lowest = min(self._held)
            if now - self._held[lowest] > _WAIT_S:
                self._render(now, lowest)
        else:
            self._state = "starved"

    def _render(self, now: float, number: int) -> None:
        self.rendered.append((now, number))
        self._held.pop(number)
        self._next = number + 1
