"""One client of a relay: where it is in the log, and what it is sent."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from hostmode.relay import binary_frames
from hostmode.relay.items import Item, TurnMark
from hostmode.relay.json_frames import JsonFrames

if TYPE_CHECKING:
    from hostmode.relay.turn_log import LoggedTurn

#: A client that takes nothing for so long is given up.
STUCK_S: Final = 10.0
#: And one that is so many items behind the newest one, those aside that it had missed when it came.
MAX_BEHIND: Final = 2000


class Socket(Protocol):
    """A WebSocket, whatever serves it. What sends raises `ConnectionError` once the client has gone."""

    async def receive(self) -> bytes | str | None:
        """Return the next frame, ``None`` once the client has gone; `FrameError` where it is no WebSocket frame."""

    async def send_bytes(self, data: bytes) -> None: ...

    async def send_str(self, data: str) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


class TooSlowError(Exception):
    """The client does not take what it is sent."""


class Viewer:
    """Sends a client the log from where it stands; holds no copy of it."""

    def __init__(self, socket: Socket, protocol: str) -> None:
        self._socket = socket
        self.protocol = protocol
        self.frames = JsonFrames() if protocol == "json" else binary_frames
        self._to_send: deque[tuple[LoggedTurn, int]] = deque()  # turns, and the next item of each
        self._control: deque[Item] = deque()
        self._wake = asyncio.Event()
        self._allowed_behind = MAX_BEHIND
        self._marked: LoggedTurn | None = None

    def follow(self, turn: LoggedTurn, first: int = 0) -> None:
        """Send a turn from an item on, behind those before it."""
        self._to_send.append((turn, first))
        self._allowed_behind += len(turn.items) - first
        self._wake.set()

    def wake(self) -> None:
        """Take note that a turn has grown, or is over."""
        self._wake.set()

    def tell(self, item: Item) -> None:
        """Send an item before all others."""
        self._control.append(item)
        self._wake.set()

    async def say(self, item: Item) -> None:
        """Send an item at once."""
        await self._send(self.frames.encode(item))

    async def run(self) -> None:
        """Send until it is cancelled.

        Raises
        ------
        TooSlowError
            The client is given up.
        """
        while True:
            while await self._send_next():
                pass
            self._wake.clear()
            await self._wake.wait()

    async def _send_next(self) -> bool:
        if self._control:
            await self._send(self.frames.encode(self._control.popleft()))
            return True
        if not self._to_send:
            return False
        turn, at = self._to_send[0]
        if turn.interrupted or at == len(turn.items):
            if turn.interrupted or turn.ended or len(self._to_send) > 1:
                self._to_send.popleft()
                return True
            return False
        if len(turn.items) - at > self._allowed_behind:
            raise TooSlowError(f"{len(turn.items) - at} items behind")
        if self._marked is not turn:
            self._marked = turn
            await self._send(self.frames.encode(TurnMark(turn.id, at)))
            return True
        self._to_send[0] = (turn, at + 1)
        await self._send(turn.encoded(self.protocol, at))
        return True

    async def _send(self, frame: bytes | str) -> None:
        sending = self._socket.send_bytes(frame) if isinstance(frame, bytes) else self._socket.send_str(frame)
        try:
            await asyncio.wait_for(sending, STUCK_S)
        except asyncio.TimeoutError as error:
            raise TooSlowError(f"nothing taken for {STUCK_S:g} s") from error
