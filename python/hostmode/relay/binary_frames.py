"""The binary protocol: ``[type][flags][payload]``, bit 0 of the flags says that it is the last.

Audio (1) is PCM; animation (2) a big-endian count and, for each message, a big-endian length and the message;
metadata (3) and error (4) are JSON. A client opens with a text frame, ``{"action": "start", ...}``.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ping, Ready, Start, TurnMark

_AUDIO: Final = 1
_ANIMATION: Final = 2
_METADATA: Final = 3
_ERROR: Final = 4
_LAST: Final = 1
# A message of a single keyframe has 500 bytes: more messages than this in one frame are an attack.
_MOST_MESSAGES: Final = 10_000


def encode(item: Item) -> bytes | str:
    """Return the frame of an item."""
    if isinstance(item, Audio):
        return bytes((_AUDIO, _LAST if item.last else 0)) + item.data
    if isinstance(item, Frames):
        parts = [bytes((_ANIMATION, _LAST if item.last else 0)), struct.pack(">I", len(item.messages))]
        for message in item.messages:
            parts += struct.pack(">I", len(message)), message
        return b"".join(parts)
    if isinstance(item, Failure):
        return _with_json(_ERROR, {"code": item.code, "message": item.text})
    if isinstance(item, Start):
        start: dict[str, object] = {"action": "start", "avatar_id": item.avatar_id, "sample_rate": item.sample_rate}
        if item.turn:
            start.update(turn=item.turn, sequence=item.sequence)
        return json.dumps({**item.other, **start})
    if isinstance(item, Interrupt):
        return _with_json(_METADATA, {"event": "interrupt", "reason": item.reason})
    if isinstance(item, Ready):
        return _with_json(_METADATA, {"event": "ready", "sample_rate": item.sample_rate})
    if isinstance(item, Ping):
        return _with_json(_METADATA, {"event": "pong" if item.answer else "ping"})
    return _with_json(_METADATA, {"event": "turn", "turn": item.turn, "sequence": item.sequence})


def decode(frame: bytes | str) -> Item | None:
    """Return the item of a frame, ``None`` for metadata that means nothing here.

    Raises
    ------
    FrameError
        It is none.
    """
    if isinstance(frame, str):
        return _of_text(frame)
    if len(frame) < 2:
        raise FrameError(f"a frame of {len(frame)} bytes; type and flags need two")
    kind, flags, payload = frame[0], frame[1], frame[2:]
    last = bool(flags & _LAST)
    if kind == _AUDIO:
        return Audio(payload, last)
    if kind == _ANIMATION:
        return Frames(_messages(payload), last)
    if kind in (_METADATA, _ERROR):
        fields = parse_object(payload)
        return _of_metadata(fields) if kind == _METADATA else _failure(fields)
    raise FrameError(f"type {kind}; there are 1 to 4")


def parse_object(text: bytes | str) -> dict[str, Any]:
    """Return a JSON object.

    Raises
    ------
    FrameError
        It is none.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise FrameError(f"a JSON {type(fields).__name__} where an object is expected")
    return fields


def start_of(fields: dict[str, Any]) -> Start:
    """Return what a client opened with, from the fields of its JSON."""
    rate, sequence = fields.get("sample_rate", 16000), fields.get("sequence", 0)
    if not isinstance(rate, int) or not isinstance(sequence, int) or sequence < 0:
        raise FrameError(f"sample_rate {rate!r} and sequence {sequence!r} must be whole numbers")
    known = {"action", "type", "avatar_id", "sample_rate", "turn", "sequence"}
    other = {name: value for name, value in fields.items() if name not in known}
    return Start(str(fields.get("avatar_id", "")), rate, str(fields.get("turn", "")), sequence, other)


def _with_json(kind: int, fields: dict[str, object]) -> bytes:
    return bytes((kind, 0)) + json.dumps(fields).encode()


def _messages(payload: bytes) -> tuple[bytes, ...]:
    if len(payload) < 4:
        raise FrameError(f"an animation of {len(payload)} bytes has no count")
    (count,) = struct.unpack_from(">I", payload)
    if count > _MOST_MESSAGES:
        raise FrameError(f"{count} messages in one frame; at most {_MOST_MESSAGES} are taken")
    at, messages = 4, []
    for number in range(count):
        if at + 4 > len(payload):
            raise FrameError(f"message {number} of {count} is missing at byte {at + 2}")
        (size,) = struct.unpack_from(">I", payload, at)
        at += 4
        if at + size > len(payload):
            raise FrameError(f"message {number} of {count} has {len(payload) - at} of its {size} bytes")
        messages.append(payload[at : at + size])
        at += size
    if at != len(payload):
        raise FrameError(f"{len(payload) - at} bytes follow the last message")
    return tuple(messages)


def _of_text(frame: str) -> Item | None:
    fields = parse_object(frame)
    action = fields.get("action")
    if action == "start":
        return start_of(fields)
    return Interrupt(str(fields.get("reason", "user"))) if action == "interrupt" else None


def _of_metadata(fields: dict[str, Any]) -> Item | None:
    event = fields.get("event")
    if event == "turn" and isinstance(fields.get("sequence"), int):
        return TurnMark(str(fields.get("turn", "")), fields["sequence"])
    if event == "interrupt":
        return Interrupt(str(fields.get("reason", "user")))
    if event == "ready" and isinstance(fields.get("sample_rate"), int):
        return Ready(fields["sample_rate"])
    return None


def _failure(fields: dict[str, Any]) -> Failure:
    return Failure(str(fields.get("code", "server_error")), str(fields.get("message", "")))
