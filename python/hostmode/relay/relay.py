"""A relay, apart from how clients reach it: what one publisher says goes to any number of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ping, Ready, Start
from hostmode.relay.listening import until_one_ends
from hostmode.relay.relay_turn import RelayTurn
from hostmode.relay.settings import RelaySettings, Visit
from hostmode.relay.turn_log import LoggedTurn, TurnLog
from hostmode.relay.viewer import Socket, TooSlowError, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("hostmode")

#: The longest frame that a client may send, bytes.
MAX_FRAME_BYTES: Final = 1024 * 1024
HEARTBEAT_S: Final = 20.0
_HANDSHAKE_S: Final = 10.0
# Frames a client may send in a second: speech in chunks of 10 ms, twice over.
_MOST_FRAMES_A_SECOND: Final = 200


class Relay:
    """A relay; `serve` makes one that listens, `mount_aiohttp` and `asgi` let clients of another server reach it.

    All methods are for the thread of its event loop.

    Parameters
    ----------
    settings : RelaySettings, optional
        How it behaves; where and how to listen are for `serve`.

    Attributes
    ----------
    url : str
        Where clients connect, with ``?protocol=json`` by the JSON protocol; empty unless `serve` made it.
    on_audio : callable or None
        Called with ``(data, last)`` for audio that a client sends: its user speaks.
    on_interrupt : callable or None
        Called with ``(reason)`` when a client interrupts; the turn has been ended already.
    """

    def __init__(self, settings: RelaySettings | None = None) -> None:
        self._settings = settings or RelaySettings()
        self._log = TurnLog()
        self._viewers: set[Viewer] = set()
        self._clients = 0
        self._turn: RelayTurn | None = None
        self.url = ""
        self.on_audio: Callable[[bytes, bool], object] | None = None
        self.on_interrupt: Callable[[str], object] | None = None

    @property
    def viewers(self) -> int:
        """How many clients are connected and have started."""
        return len(self._viewers)

    def open_turn(self, turn: str | None = None) -> RelayTurn:
        """Begin a turn; one that still runs is complete with that."""
        if self._turn is not None:
            self._turn.end()
        logged = self._log.open(turn or secrets.token_urlsafe(9))
        for viewer in self._viewers:
            viewer.follow(logged)
        self._turn = RelayTurn(logged, self._say, self._end, self._interrupt)
        return self._turn

    def _say(self, turn: LoggedTurn, item: Audio | Frames) -> None:
        turn.append(item)
        self._wake_all()

    def _end(self, turn: LoggedTurn) -> None:
        turn.ended = True
        self._wake_all()

    def _interrupt(self, turn: LoggedTurn, reason: str) -> None:
        turn.interrupted = True
        if turn is not self._log.newest:
            return  # what clients play now is another one
        for viewer in self._viewers:
            viewer.tell(Interrupt(reason))

    def _wake_all(self) -> None:
        for viewer in self._viewers:
            viewer.wake()

    # ---- clients

    def refusal(self, visit: Visit) -> tuple[int, str] | None:
        """Return the status and the reason for which a client is not let in, and log it."""
        refused = visit.refusal(self._settings)
        if refused is None and self._clients >= self._settings.max_viewers:
            refused = 429, f"{self._clients} clients are connected; no more are taken"
        if refused is not None:
            _log.warning("a client at %s is refused: %s", visit.peer or "this machine", refused[1])
        return refused

    async def attend(self, socket: Socket, protocol: str) -> None:
        """Serve a client that has been let in, until it goes or breaks the rules."""
        viewer = Viewer(socket, protocol)
        self._clients += 1
        try:
            await self._serve(viewer, socket)
        except FrameError as error:
            _log.warning("a client is disconnected: %s", error)
            with suppress(ConnectionError):
                await viewer.say(Failure("protocol_error", str(error)))
                await socket.close(1007, "not understood")
        except TooSlowError as error:
            _log.warning("a client is disconnected: it is too slow, %s", error)
            with suppress(ConnectionError, asyncio.TimeoutError):
                await asyncio.wait_for(socket.close(1013, "too slow"), 1.0)
        except ConnectionError:
            pass  # it has gone
        finally:
            self._clients -= 1

    async def _serve(self, viewer: Viewer, socket: Socket) -> None:
        try:
            first = await asyncio.wait_for(socket.receive(), _HANDSHAKE_S)
        except asyncio.TimeoutError:
            raise FrameError(f"no start within {_HANDSHAKE_S:g} s") from None
        if first is None:
            return
        start = viewer.frames.decode(first)
        if not isinstance(start, Start):
            raise FrameError("the first frame must start the session")
        viewer.tell(Ready(self._settings.sample_rate))
        if self._log.is_interrupted(start.turn):
            # It happened while the client was away.
            viewer.tell(Interrupt())
        for logged, sequence in self._log.missed(start.turn, start.sequence):
            viewer.follow(logged, sequence)
        self._viewers.add(viewer)
        try:
            await until_one_ends(viewer.run(), self._read(viewer, socket))
        finally:
            self._viewers.discard(viewer)

    async def _read(self, viewer: Viewer, socket: Socket) -> None:
        second, frames = 0, 0
        loop = asyncio.get_running_loop()
        while (frame := await socket.receive()) is not None:
            if int(loop.time()) != second:
                second, frames = int(loop.time()), 0
            frames += 1
            if frames > _MOST_FRAMES_A_SECOND:
                raise FrameError(f"more than {_MOST_FRAMES_A_SECOND} frames a second")
            item = viewer.frames.decode(frame)
            if isinstance(item, Ping):
                if not item.answer:
                    viewer.tell(Ping(answer=True))
            else:
                self._take(item)

    def _take(self, item: Item | None) -> None:
        if isinstance(item, Audio) and self.on_audio is not None:
            self.on_audio(item.data, item.last)
        elif isinstance(item, Interrupt):
            if self._turn is not None:
                self._turn.interrupt(item.reason)
            if self.on_interrupt is not None:
                self.on_interrupt(item.reason)
