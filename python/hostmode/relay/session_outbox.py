"""What a session of the motion service sends: in order, as late as was asked for, nothing of what is over."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Protocol

from hostmode.relay import envelope as wire

if TYPE_CHECKING:
    from hostmode.relay.faults import Faults
    from hostmode.relay.service_request import ServiceRequest

#: With this code a session is closed when what makes its motion has gone.
UPSTREAM_CLOSED: Final = 4503


class Channel(Protocol):
    """The other end of a session."""

    async def send(self, data: bytes) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


class SessionOutbox:
    """A queue before a channel. `run` empties it until it is cancelled, or the upstream is gone."""

    def __init__(self, channel: Channel, connection_id: str, faults: Faults) -> None:
        self._channel = channel
        self._connection_id = connection_id
        self._faults = faults
        self._waiting: asyncio.Queue[tuple[float, ServiceRequest | None, bytes | None]] = asyncio.Queue()
        self._last_due_s = 0.0

    def post(self, data: bytes, of: ServiceRequest | None = None) -> None:
        """Send `data`; where it is `of` a request, unless that is over by then."""
        self._put(of, data)

    def hang_up(self) -> None:
        """Close the connection after what has been posted, as a service whose upstream is gone does."""
        self._put(None, None)

    async def run(self) -> None:
        """Send what is posted when it is due."""
        while True:
            due_s, request, data = await self._waiting.get()
            if (wait_s := due_s - time.monotonic()) > 0.0:
                await asyncio.sleep(wait_s)
            if data is None:
                gone = error_message(UPSTREAM_CLOSED, "the upstream is gone", self._connection_id)
                await self._channel.send(gone)
                await self._channel.close(UPSTREAM_CLOSED, "upstream")
                return
            # Played to its end, a request is over and yet to be told.
            if request is None or not request.over or request.playback.state == wire.ENDED:
                await self._channel.send(data)

    def _put(self, request: ServiceRequest | None, data: bytes | None) -> None:
        self._last_due_s = max(time.monotonic() + self._faults.delay(), self._last_due_s)
        self._waiting.put_nowait((self._last_due_s, request, data))


def error_message(code: int, text: str, connection_id: str = "", req_id: str = "") -> bytes:
    """Return an encoded SERVER_ERROR."""
    message = wire.new_envelope(wire.ERROR)
    message.error.connection_id = connection_id
    message.error.req_id = req_id
    message.error.code = code
    message.error.message = text
    data: bytes = message.SerializeToString()
    return data
