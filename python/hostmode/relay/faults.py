"""What a service does wrong on purpose, so that an application can be seen to survive it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

#: Names and what they do; each from the third motion message of a request on.
FAULTS: Final = {
    "no-end": "the last message of a request does not say that it is the last",
    "twice": "every message comes twice",
    "malformed": "one message of a request is cut short",
    "error": "the request ends with an error of the service",
    "close": "the connection is closed in mid-answer, with code 4503",
}
_FROM_MESSAGE: Final = 2


@dataclass
class Faults:
    """Delays and faults of one service.

    Parameters
    ----------
    latency : float
        Every message comes so much later, seconds.
    jitter : float
        And up to so much more, by chance, seconds; the order is kept.
    names : frozenset of str
        Of `FAULTS`.
    seed : int
        Of the jitter.
    """

    latency: float = 0.0
    jitter: float = 0.0
    names: frozenset[str] = frozenset()
    seed: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0.0 <= self.latency <= 60.0 or not 0.0 <= self.jitter <= 60.0:
            raise ValueError(f"latency {self.latency} and jitter {self.jitter} must be within 0 and 60 seconds")
        if unknown := self.names - FAULTS.keys():
            raise ValueError(f"no fault is called {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
        self._random = random.Random(self.seed)

    def delay(self) -> float:
        """Return by how many seconds the next message is to be late."""
        return self.latency + self.jitter * self._random.random()

    def strikes(self, name: str, message: int) -> bool:
        """Return whether a fault happens to the `message`-th motion message of a request, from 0."""
        return name in self.names and message >= _FROM_MESSAGE
