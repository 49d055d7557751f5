"""Whether a device that asks for nothing is late, or dead."""

from __future__ import annotations

# Counted in looks and not in seconds: when the whole machine stands still, so does the counting.
_LOOKS_PER_S = 10

# Sinks that wake up (Bluetooth, AirPlay, HDMI) take their first blocks and the next ones seconds later.
_STARTING_S = 3.0
_PATIENCE_AT_START_S = 6.0
# One that runs is given so long, and so many times the longest pause that it made before.
_PATIENCE_S = 1.0
_PAUSES = 3.0

LOOK_INTERVAL_S = 1.0 / _LOOKS_PER_S
"""How often to look."""


class Liveness:
    """Judges one stream by when it has called, patient by what it has done so far."""

    def __init__(self) -> None:
        self._looks = 0
        self._silent_looks = 0
        self._callbacks = 0

    def look(self, stats: dict[str, float]) -> bool:
        """Return whether the stream lives, given its counters; to be called every `LOOK_INTERVAL_S`."""
        self._looks += 1
        callbacks = int(stats["callbacks"])
        self._silent_looks = self._silent_looks + 1 if callbacks == self._callbacks else 0
        self._callbacks = callbacks
        return self._silent_looks < self.patience(stats) * _LOOKS_PER_S

    def patience(self, stats: dict[str, float]) -> float:
        """Return for how long nothing need be asked for, seconds."""
        patience_s = _PATIENCE_S + _PAUSES * stats["longest_callback_gap"]
        if self._looks < _STARTING_S * _LOOKS_PER_S:
            return max(patience_s, _PATIENCE_AT_START_S)
        return patience_s
