"""A WebSocket frame as a server sends it (RFC 6455, 5.2): the same bytes for every client."""

from __future__ import annotations

import struct
from typing import Final

_TEXT: Final = 0x81
_BINARY: Final = 0x82
_SHORT: Final = 126
_MEDIUM: Final = 65536


def wire_frame(payload: bytes | str) -> bytes:
    """Return the whole frame of a payload."""
    kind, data = (_TEXT, payload.encode()) if isinstance(payload, str) else (_BINARY, payload)
    if len(data) < _SHORT:
        return struct.pack(">BB", kind, len(data)) + data
    if len(data) < _MEDIUM:
        return struct.pack(">BBH", kind, 126, len(data)) + data
    return struct.pack(">BBQ", kind, 127, len(data)) + data


def payload_of(frame: bytes) -> bytes | str:
    """Return what `wire_frame` was given."""
    data = frame[{126: 4, 127: 10}.get(frame[1], 2) :]
    return data.decode() if frame[0] == _TEXT else data
