"""The items of the newest turns, for who joins late and for who comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hostmode.errors import BufferFullError
from hostmode.relay import binary_frames
from hostmode.relay.items import Audio, Frames, TurnMark
from hostmode.relay.json_frames import JsonFrames
from hostmode.relay.wire_frame import wire_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

_TURNS: Final = 4
#: Of one turn: twenty minutes of sound at 48 kHz, and its motion.
MAX_TURN_BYTES: Final = 160 * 1024 * 1024


@dataclass
class LoggedTurn:
    """One turn: its items in order, and whether it was interrupted."""

    id: str
    number: int = 0
    items: list[Audio | Frames] = field(default_factory=list)
    interrupted: bool = False
    ended: bool = False
    size: int = 0
    _encoded: dict[str, list[bytes]] = field(default_factory=dict, repr=False)

    @property
    def over(self) -> bool:
        """Whether it takes no more items."""
        return self.ended or self.interrupted

    def append(self, item: Audio | Frames) -> int:
        """Add an item and return its sequence number.

        Raises
        ------
        BufferFullError
            The turn is too long.
        """
        self.require_room(item)
        self.size += _size(item)
        self.items.append(item)
        return len(self.items) - 1

    def require_room(self, item: Audio | Frames) -> None:
        """Raise `BufferFullError` where the item would make the turn too long."""
        if self.size + _size(item) > MAX_TURN_BYTES:
            raise BufferFullError(f"a turn of more than {MAX_TURN_BYTES} bytes; end it and begin another")

    def encoded(self, protocol: str, sequence: int) -> bytes:
        """Return the WebSocket frame of an item; it is made once for all clients of a protocol."""
        frames = self._encoded.setdefault(protocol, [])
        while len(frames) <= sequence:
            frames.append(self._encode(protocol, self.items[len(frames)]))
        return frames[sequence]

    def _encode(self, protocol: str, item: Audio | Frames) -> bytes:
        if protocol != "json":
            return wire_frame(binary_frames.encode(item))
        json_frames = JsonFrames()
        json_frames.encode(TurnMark(self.id))
        return wire_frame(json_frames.encode(item))


class TurnLog:
    """The newest turns, in the order of their numbers, the running one last."""

    def __init__(self) -> None:
        self._turns: list[LoggedTurn] = []

    def open(self, turn: str, number: int) -> LoggedTurn:
        """Begin a turn. Only the newest takes items: those before it, this one perhaps, are over."""
        opened = LoggedTurn(turn, number)
        self._turns = sorted([*self._turns, opened], key=lambda one: (one.number, one.id))[-_TURNS:]
        for one in [*self._turns[:-1], opened]:
            one.ended = one.ended or one is not self._turns[-1]
        return opened

    def find(self, turn: str) -> LoggedTurn | None:
        """Return the turn of that id, where it is known."""
        return next((one for one in self._turns if one.id == turn), None)

    @property
    def next_number(self) -> int:
        """The number of a turn that is opened after all that are known."""
        return self._turns[-1].number + 1 if self._turns else 0

    @property
    def newest(self) -> LoggedTurn | None:
        """The turn that was opened last."""
        return self._turns[-1] if self._turns else None

    @property
    def running(self) -> LoggedTurn | None:
        """The turn that is neither complete nor interrupted."""
        newest = self.newest
        return None if newest is None or newest.over else newest

    def missed(self, turn: str, sequence: int) -> Iterator[tuple[LoggedTurn, int]]:
        """Yield each turn of which a client lacks something, and the first item it lacks.

        A client that was in the middle of a turn that is still known gets the rest of it and all turns after it;
        any other gets the running turn from its beginning.
        """
        known = [one.id for one in self._turns]
        if turn in known:
            at = known.index(turn)
            for number, one in enumerate(self._turns[at:]):
                first = min(sequence, len(one.items)) if number == 0 else 0
                if not one.interrupted and (first < len(one.items) or not one.ended):
                    yield one, first
        elif self.running is not None:
            yield self.running, 0


def _size(item: Audio | Frames) -> int:
    return len(item.data) if isinstance(item, Audio) else sum(map(len, item.messages))
