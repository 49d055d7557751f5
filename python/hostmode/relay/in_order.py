"""Messages of several senders, each sender's once and in order, however they come."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_SENDERS: Final = 1000
_MOST_HELD: Final = 10_000


@dataclass
class _Sender:
    next: int = 0
    held: dict[int, bytes] = field(default_factory=dict)

    def release(self) -> Iterator[bytes]:
        while self.next in self.held:
            yield self.held.pop(self.next)
            self.next += 1


class InOrder:
    """Takes numbered messages and gives out those whose turn it is. Each sender counts from 0."""

    def __init__(self) -> None:
        self._senders: OrderedDict[bytes, _Sender] = OrderedDict()

    def take(self, sender: bytes, number: int, payload: bytes, oldest: bool = False) -> Iterator[bytes]:
        """Take in a message; yield those that can be given out now.

        Parameters
        ----------
        oldest : bool
            Nothing older can be had: of a sender that is not known yet, it is the first.
        """
        known = self._senders.get(sender)
        if known is None:
            known = self._senders[sender] = _Sender(number if oldest else 0)
            if len(self._senders) > _SENDERS:
                self._senders.popitem(last=False)
        self._senders.move_to_end(sender)
        if number >= known.next and len(known.held) < _MOST_HELD:
            known.held[number] = payload
        yield from known.release()

    @property
    def incomplete(self) -> bool:
        """Whether a message waits for one before it."""
        return any(sender.held for sender in self._senders.values())

    def skip(self) -> tuple[int, list[bytes]]:
        """Do without what is missing; return how many messages that were, and those that waited for them."""
        lost = 0
        released: list[bytes] = []
        for sender in self._senders.values():
            while sender.held:
                first = min(sender.held)
                lost += first - sender.next
                sender.next = first
                released += sender.release()
        return lost, released
