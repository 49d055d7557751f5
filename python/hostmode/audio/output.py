"""What a controller asks of the place where its sound goes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostmode._core import Player

# Tells the controller, from any thread, of a change of the output: a stable code and what to tell a person.
Report = Callable[[str, str], None]


class AudioOutputWarning(UserWarning):
    """There is no sound; the message says why and what to do about it."""


class AudioOutput(ABC):
    """The place where one controller's sound goes.

    A controller calls `prepare`, makes its player, calls `start`, then `advance` again and again, and in the
    end `close`; one output serves one controller. A subclass for another sink renders the player's sound with
    ``player.render_audio(...)``, on one thread at a time.
    """

    live: bool = False
    """Whether it plays in real time, on the clock of `hostmode.now`, and so cannot follow a clock of the
    caller's."""

    @property
    def unheard(self) -> bool:
        """Whether what plays now is heard by nobody and recorded nowhere."""
        return False

    @abstractmethod
    def prepare(self, source_rate: int) -> int:
        """Return the sample rate, Hz, at which the player is to render, given that of the application's
        audio."""

    @abstractmethod
    def start(self, player: Player, now: float, report: Report) -> None:
        """Begin to play `player`."""

    @abstractmethod
    def advance(self, player: Player, now: float) -> None:
        """Do what is due until `now`. Called often, by one thread at a time; must not block."""

    def supervise(self, now: float) -> float:
        """Look after a device and return after how many seconds to do so again; called for a live output
        only.

        It may block, and runs on a thread that does nothing else.
        """
        del now
        return float("inf")

    @abstractmethod
    def close(self) -> None:
        """Stop, once what was played has been heard. The player renders no more afterwards."""

    def stats(self) -> dict[str, float | str]:
        """Return counters and gauges of this output by name."""
        return {}
