"""The JSON protocol: ``ready``, ``avatar_audio``, ``avatar_frames``, ``interrupt``, ``error``, ``ping`` and ``pong``.

Binary values are base64. Newer servers send no ``turnId``: whatever follows a last item then begins a new turn.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from hostmode.relay.binary_frames import parse_object, start_of
from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ping, Ready, Start, TurnMark


class JsonFrames:
    """Encodes and decodes for one connection: it knows which turn is spoken of."""

    def __init__(self) -> None:
        self._turn = ""

    def encode(self, item: Item) -> bytes | str:
        """Return the frame of an item."""
        turn = {"turnId": self._turn} if self._turn else {}
        if isinstance(item, Audio):
            return json.dumps(
                {"type": "avatar_audio", **turn, "audio": base64.b64encode(item.data).decode(), "isLast": item.last}
            )
        if isinstance(item, Frames):
            frames = [base64.b64encode(message).decode() for message in item.messages]
            return json.dumps({"type": "avatar_frames", **turn, "frames": frames, "isLast": item.last})
        if isinstance(item, Interrupt):
            return json.dumps({"type": "interrupt", "reason": item.reason})
        if isinstance(item, Failure):
            return json.dumps({"type": "error", "code": item.code, "message": item.text})
        if isinstance(item, Ping):
            return json.dumps({"type": "pong" if item.answer else "ping"})
        if isinstance(item, Ready):
            return json.dumps({"type": "ready", "sampleRate": item.sample_rate})
        if isinstance(item, Start):
            start = {"avatar_id": item.avatar_id, "sample_rate": item.sample_rate, "turn": item.turn}
            return json.dumps({"type": "set_avatar", **item.other, **start, "sequence": item.sequence})
        self._turn = item.turn
        return json.dumps({"type": "agent_event", "event": "turn", "turn": item.turn, "sequence": item.sequence})

    def decode(self, frame: bytes | str) -> Item | None:
        """Return the item of a frame, ``None`` for what means nothing here.

        Raises
        ------
        FrameError
            It is none.
        """
        if not isinstance(frame, str):
            raise FrameError("a binary frame; this protocol speaks JSON")
        fields = parse_object(frame)
        kind = fields.get("type")
        if kind in ("avatar_audio", "mic_audio"):
            return Audio(_bytes(fields, "audio"), fields.get("isLast") is True)
        if kind == "mic_end":
            return Audio(b"", last=True)
        if kind == "avatar_frames":
            return Frames(_frames(fields), fields.get("isLast") is True)
        if kind == "ping":
            return Ping()
        if kind == "interrupt":
            return Interrupt(str(fields.get("reason", "user")))
        if kind == "error":
            return Failure(str(fields.get("code", "server_error")), str(fields.get("message", "")))
        if kind == "ready":
            rate = fields.get("sampleRate")
            return Ready(rate) if isinstance(rate, int) else Ready()
        if kind == "set_avatar":
            return start_of(fields)
        if kind == "agent_event" and fields.get("event") == "turn" and isinstance(fields.get("sequence"), int):
            return TurnMark(str(fields.get("turn", "")), fields["sequence"])
        return None


def _frames(fields: dict[str, Any]) -> tuple[bytes, ...]:
    frames = fields.get("frames")
    if not isinstance(frames, list):
        raise FrameError(f"frames is {type(frames).__name__}; it must be a list of base64 strings")
    return tuple(_decoded(one, "frames") for one in frames)


def _bytes(fields: dict[str, Any], name: str) -> bytes:
    return _decoded(fields.get(name), name)


def _decoded(text: object, name: str) -> bytes:
    if not isinstance(text, str):
        raise FrameError(f"{name} holds {type(text).__name__}; it must be base64")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise FrameError(f"{name} is no base64: {error}") from error
