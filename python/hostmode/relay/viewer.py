"""One client of a relay: where it is in the log, and what it is sent."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from hostmode.relay import binary_frames
from hostmode.relay.items import Item, TurnMark
from hostmode.relay.json_frames import JsonFrames
from hostmode.relay.wire_frame import payload_of, wire_frame

if TYPE_CHECKING:
    from hostmode.relay.turn_log import LoggedTurn

#: A client that takes nothing for so long is given up.
STUCK_S: Final = 10.0
# So much is sent in one piece.
_PIECE_BYTES: Final = 64 * 1024
#: And one that is so many items behind the newest one, those aside that it had missed when it came.
MAX_BEHIND: Final = 2000


class Socket(Protocol):
    """A WebSocket, whatever serves it. What sends raises `ConnectionError` once the client has gone."""

    async def receive(self) -> bytes | str | None:
        """Return the next frame, ``None`` once the client has gone; `FrameError` where it is no WebSocket frame."""

    def write_now(self, frames: bytes) -> bool:
        """Send whole frames at once, as they are on the wire; `False`, and nothing is sent, where that cannot be."""

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
        self._unsent: deque[bytes] = deque()  # frames that `wake` could not send
        self._wake = asyncio.Event()
        self._allowed_behind = MAX_BEHIND
        self._marked: LoggedTurn | None = None
        self._sending = True  # in `run`, where what is sent may have to wait

    def follow(self, turn: LoggedTurn, first: int = 0) -> None:
        """Send a turn from an item on, behind those before it."""
        self._to_send.append((turn, first))
        self._allowed_behind += len(turn.items) - first
        self.wake()

    def wake(self) -> None:
        """Send what there is, at once where the client keeps up."""
        if self._sending:
            self._wake.set()
            return
        pieces: list[bytes] = []
        size = 0
        try:
            while size < _PIECE_BYTES and (frame := self._next()) is not None:
                pieces.append(frame)
                size += len(frame)
        except TooSlowError:
            # `run` meets it again, and says so.
            self._wake.set()
        if pieces and not self._socket.write_now(pieces[0] if len(pieces) == 1 else b"".join(pieces)):
            self._unsent += pieces
            self._sending = True
        if self._unsent or size >= _PIECE_BYTES:
            self._wake.set()

    def tell(self, item: Item) -> None:
        """Send an item before all others."""
        self._control.append(item)
        self.wake()

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
            self._sending = True
            while (frame := self._unsent.popleft() if self._unsent else self._next()) is not None:
                await self._send(payload_of(frame))
            self._sending = False
            self._wake.clear()
            await self._wake.wait()

    def _next(self) -> bytes | None:
        if self._control:
            return wire_frame(self.frames.encode(self._control.popleft()))
        while self._to_send:
            turn, at = self._to_send[0]
            if turn.interrupted or at == len(turn.items):
                if not (turn.over or len(self._to_send) > 1):
                    return None
                self._to_send.popleft()
            elif len(turn.items) - at > self._allowed_behind:
                raise TooSlowError(f"{len(turn.items) - at} items behind")
            elif self._marked is not turn:
                self._marked = turn
                return wire_frame(self.frames.encode(TurnMark(turn.id, at)))
            else:
                self._to_send[0] = (turn, at + 1)
                return turn.encoded(self.protocol, at)
        return None

    async def _send(self, frame: bytes | str) -> None:
        # A task for each frame, as `asyncio.wait_for` makes one, would be most of the work.
        task, gave_up = asyncio.current_task(), False

        def give_up() -> None:
            nonlocal gave_up
            gave_up = task is not None and task.cancel()

        timer = asyncio.get_running_loop().call_later(STUCK_S, give_up)
        try:
            await (self._socket.send_bytes(frame) if isinstance(frame, bytes) else self._socket.send_str(frame))
        except asyncio.CancelledError:
            if gave_up:
                raise TooSlowError(f"nothing taken for {STUCK_S:g} s") from None
            raise
        finally:
            timer.cancel()
