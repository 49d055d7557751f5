"""What relay nodes tell one another."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

from hostmode.relay import binary_frames
from hostmode.relay.items import Audio, FrameError, Frames

#: Of the UTF-8 of a turn's id.
LONGEST_TURN_ID: Final = 255


@dataclass(frozen=True)
class Opened:
    """A turn begins. Of two that were opened at the same time, the one with the larger number and id is the later."""

    turn: str
    number: int


@dataclass(frozen=True)
class Said:
    """The next item of a turn."""

    turn: str
    item: Audio | Frames


@dataclass(frozen=True)
class Ended:
    """All of a turn has been said."""

    turn: str


@dataclass(frozen=True)
class Interrupted:
    """A turn is over at once; a client may have wished so."""

    turn: str
    reason: str
    by_client: bool


@dataclass(frozen=True)
class Spoke:
    """A client sent sound."""

    audio: Audio


BusMessage: TypeAlias = Opened | Said | Ended | Interrupted | Spoke

_OPENED, _SAID, _ENDED, _INTERRUPTED, _SPOKE = range(5)


def encode(message: BusMessage) -> bytes:
    """Return a message as bytes."""
    if isinstance(message, Opened):
        return _head(_OPENED, message.turn) + struct.pack(">Q", message.number)
    if isinstance(message, Said):
        frame = binary_frames.encode(message.item)
        assert isinstance(frame, bytes)
        return _head(_SAID, message.turn) + frame
    if isinstance(message, Ended):
        return _head(_ENDED, message.turn)
    if isinstance(message, Interrupted):
        return (
            _head(_INTERRUPTED, message.turn) + bytes((message.by_client,)) + message.reason.encode(errors="replace")
        )
    frame = binary_frames.encode(message.audio)
    assert isinstance(frame, bytes)
    return _head(_SPOKE, "") + frame


def decode(data: bytes) -> BusMessage:
    """Return the message of some bytes.

    Raises
    ------
    FrameError
        They are none.
    """
    if len(data) < 2 or len(data) < 2 + data[1]:
        raise FrameError(f"{len(data)} bytes are no message of a relay")
    kind, rest = data[0], data[2 + data[1] :]
    try:
        turn = data[2 : 2 + data[1]].decode()
        if kind == _OPENED:
            return Opened(turn, struct.unpack(">Q", rest)[0])
        if kind == _ENDED:
            return Ended(turn)
        if kind == _INTERRUPTED and rest:
            return Interrupted(turn, rest[1:].decode(), bool(rest[0]))
    except (UnicodeDecodeError, struct.error) as error:
        raise FrameError(f"no message of a relay: {error}") from error
    item = binary_frames.decode(rest) if kind in (_SAID, _SPOKE) else None
    if kind == _SAID and isinstance(item, (Audio, Frames)):
        return Said(turn, item)
    if kind == _SPOKE and isinstance(item, Audio):
        return Spoke(item)
    raise FrameError(f"kind {kind} of a message of a relay")


def _head(kind: int, turn: str) -> bytes:
    name = turn.encode()
    return bytes((kind, len(name))) + name
