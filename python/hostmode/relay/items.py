"""What a relay carries, apart from how it looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class TurnMark:
    """The items that follow belong to this turn, from its item `sequence` on."""

    turn: str
    sequence: int = 0


@dataclass(frozen=True)
class Audio:
    """A chunk of PCM, mono 16-bit little-endian."""

    data: bytes
    last: bool = False


@dataclass(frozen=True)
class Frames:
    """Motion messages. None of them and `last` says that all are in, and never that a turn is audio-only."""

    messages: tuple[bytes, ...]
    last: bool = False


@dataclass(frozen=True)
class Interrupt:
    """The turn is over."""

    reason: str = "user"


@dataclass(frozen=True)
class Failure:
    """Something went wrong at the other end."""

    code: str
    text: str


@dataclass(frozen=True)
class Start:
    """What a client opens with. `turn` and `sequence` resume where a connection broke."""

    avatar_id: str = ""
    sample_rate: int = 16000
    turn: str = ""
    sequence: int = 0
    other: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Ready:
    """What a server answers with."""

    sample_rate: int = 16000


@dataclass(frozen=True)
class Ping:
    """Asks whether the other end is there; `answer` is the answer."""

    answer: bool = False


Item: TypeAlias = TurnMark | Audio | Frames | Interrupt | Failure | Start | Ready | Ping


class FrameError(ValueError):
    """A frame that is none of the protocol's; the message says what and where."""
