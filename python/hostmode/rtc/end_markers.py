"""Packets that tell viewers that an utterance is over: several, since any packet may be lost."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from hostmode.rtc.packet import Packet

# Half the period of the packets. LiveKit may drop one that follows another at once.
_APART_S: Final = 0.02
# What an interrupted utterance is followed by in any case, though the next one waits.
_AFTER_INTERRUPT: Final = (Packet("transition_to_idle"), Packet("idle"), Packet("idle"))
# Then idle goes out this many times more, after twice the time each: by then, 5 s, viewers have given up themselves
# (`hostmode.rtc.rounds.PacketRounds`).
_MORE: Final = 7


class EndMarkers:
    """Says which packets tell the end of what was sent, and when each is due.

    The last packet of a complete utterance goes out twice as the end. Where nothing follows, or it was interrupted,
    idle is told ever more rarely, until the next utterance begins; from then on it would be taken for the end of that
    one. Times are of any one clock. It reads none.
    """

    def __init__(self) -> None:
        self._last: Packet | None = None  # of an utterance whose end is not told yet
        self._idle = True
        self._due: deque[tuple[float, Packet]] = deque()  # each with the seconds since the packet before
        self._sent_s = 0.0
        self._owed = 0

    @property
    def owed(self) -> bool:
        """Whether some of what is due has to go out before another utterance begins."""
        return self._owed > 0

    @property
    def untold(self) -> bool:
        """Whether viewers may not know yet that nobody speaks."""
        return not self._idle or bool(self._due)

    @property
    def next_s(self) -> float | None:
        """When the next packet is due, if there is one."""
        return self._sent_s + self._due[0][0] if self._due else None

    def speak(self, packet: Packet, now: float) -> None:
        """Take note that a packet of speech goes out."""
        self._due.clear()
        self._owed = 0
        self._last, self._sent_s, self._idle = packet, now, False

    def complete(self) -> None:
        """Take note that the utterance is complete."""
        if self._last is not None:
            told = replace(self._last, end=True)
            self._owed = 1 if self._last.end else 2
            self._due += [(_APART_S, told)] * self._owed
            self._last = None

    def stop(self) -> None:
        """Take note that no more of the utterance comes, be it complete or not, and that nothing has followed it."""
        if self._idle:
            return
        if self._last is not None:
            self._owed = len(_AFTER_INTERRUPT)
            self._last = None
        self._idle = True
        self._due += [(_APART_S, packet) for packet in _AFTER_INTERRUPT]
        self._due += [(2 ** (1 + number) * _APART_S, Packet("idle")) for number in range(_MORE)]

    def take(self, now: float) -> Packet | None:
        """Return the packet that is due, if there is one."""
        if not self._due or now < self._sent_s + self._due[0][0]:
            return None
        self._sent_s = now
        self._owed = max(0, self._owed - 1)
        return self._due.popleft()[1]
