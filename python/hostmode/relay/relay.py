"""A relay, apart from how clients reach it: what one publisher says goes to any number of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hostmode.relay import bus_messages
from hostmode.relay.bus import Bus
from hostmode.relay.bus_messages import BusMessage, Ended, Interrupted, Opened, Said, Spoke
from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ping, Ready, Start
from hostmode.relay.listening import until_one_ends
from hostmode.relay.relay_turn import RelayTurn, split_audio
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
_CATCH_UP_S: Final = 2.0
_LONGEST_REASON: Final = 200
# Frames a client may send in a second: speech in chunks of 10 ms, twice over.
_MOST_FRAMES_A_SECOND: Final = 200


class Relay:
    """A relay; `serve` makes one that listens, `mount_aiohttp` and `asgi` let clients of another server reach it.

    All methods are for the thread of its event loop. With a bus, enter it before it is used::

        async with Relay(settings, bus="nats://host:4222") as relay:

    Parameters
    ----------
    settings : RelaySettings, optional
        How it behaves; where and how to listen are for `serve`.
    bus : str, optional
        A NATS server with JetStream: this is one of several nodes, each of which carries what any of them publishes.
    room : str
        Which nodes belong together: those of one avatar.

    Attributes
    ----------
    url : str
        Where clients connect, with ``?protocol=json`` by the JSON protocol; empty unless `serve` made it.
    on_audio : callable or None
        Called with ``(data, last)`` for audio that a client, of any node, sends: its user speaks.
    on_interrupt : callable or None
        Called with ``(reason)`` when a client, of any node, interrupts; the turn has been ended already.
    """

    def __init__(
        self, settings: RelaySettings | None = None, *, bus: str | None = None, room: str = "avatar"
    ) -> None:
        self._settings = settings or RelaySettings()
        self._log = TurnLog()
        self._viewers: set[Viewer] = set()
        self._waking = False
        self._clients = 0
        self._turn: RelayTurn | None = None
        self._bus = None if bus is None else Bus(bus, room, self._on_bus)
        self.url = ""
        self.on_audio: Callable[[bytes, bool], object] | None = None
        self.on_interrupt: Callable[[str], object] | None = None

    async def __aenter__(self) -> Relay:
        if self._bus is not None:
            await self._bus.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._bus is not None:
            await self._bus.stop()

    @property
    def viewers(self) -> int:
        """How many clients are connected and have started."""
        return len(self._viewers)

    def open_turn(self, turn: str | None = None) -> RelayTurn:
        """Begin a turn; one that still runs, here or on another node, is complete with that.

        Raises
        ------
        ValueError
            `turn`, its id, is too long.
        BufferFullError
            The bus has been out of reach for long.
        """
        name = turn or secrets.token_urlsafe(9)
        if len(name.encode()) > bus_messages.LONGEST_TURN_ID:
            raise ValueError(
                f"a turn's id of {len(name)} characters; it may have {bus_messages.LONGEST_TURN_ID} bytes"
            )
        if self._turn is not None:
            self._turn.end()
        opened = Opened(name, self._log.next_number)
        self._publish(opened)
        self._turn = RelayTurn(self._opened(opened), self._say, self._end, self._interrupt)
        return self._turn

    # What a publisher says is told to the other nodes, and then taken in as theirs is.

    def _say(self, turn: LoggedTurn, item: Audio | Frames) -> None:
        turn.require_room(item)
        self._publish(Said(turn.id, item))
        self._said(turn, item)

    def _end(self, turn: LoggedTurn) -> None:
        self._publish(Ended(turn.id))
        self._ended(turn)

    def _interrupt(self, turn: LoggedTurn, reason: str, by_client: bool = False) -> None:
        message = Interrupted(turn.id, reason[:_LONGEST_REASON], by_client)
        self._publish(message)
        self._interrupted(turn, message, live=True)

    def _publish(self, message: BusMessage) -> None:
        if self._bus is not None:
            self._bus.publish(bus_messages.encode(message))

    # ---- what is taken in

    def _on_bus(self, payload: bytes, live: bool) -> None:
        try:
            message = bus_messages.decode(payload)
        except FrameError as error:
            _log.warning("another node is not understood: %s", error)
            return
        if isinstance(message, Opened):
            self._opened(message)
        elif isinstance(message, Spoke):
            if live and self.on_audio is not None:
                self.on_audio(message.audio.data, message.audio.last)
        elif (turn := self._log.find(message.turn)) is not None:
            if isinstance(message, Said):
                self._said(turn, message.item)
            elif isinstance(message, Ended):
                self._ended(turn)
            else:
                self._interrupted(turn, message, live)

    def _opened(self, message: Opened) -> LoggedTurn:
        turn = self._log.open(message.turn, message.number)
        if turn is self._log.newest:
            for viewer in self._viewers:
                viewer.follow(turn)
        return turn

    def _said(self, turn: LoggedTurn, item: Audio | Frames) -> None:
        turn.append(item)
        self._wake_all()

    def _ended(self, turn: LoggedTurn) -> None:
        turn.ended = True
        self._wake_all()

    def _interrupted(self, turn: LoggedTurn, message: Interrupted, live: bool) -> None:
        already, turn.interrupted = turn.interrupted, True
        if already or turn is not self._log.newest:
            return  # clients know, or play another one
        for viewer in self._viewers:
            viewer.tell(Interrupt(message.reason))
        if live and message.by_client and self.on_interrupt is not None:
            self.on_interrupt(message.reason)

    def _wake_all(self) -> None:
        # Sound and motion that are said together go out in one piece.
        if self._viewers and not self._waking:
            self._waking = True
            asyncio.get_running_loop().call_soon(self._wake_now)

    def _wake_now(self) -> None:
        self._waking = False
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
        if self._bus is not None and start.turn and self._log.find(start.turn) is None:
            # It comes from another node, and may know more than this one.
            with suppress(Exception):
                await asyncio.wait_for(self._bus.catch_up(), _CATCH_UP_S)
        known = self._log.find(start.turn)
        if known is not None and known.interrupted:
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
                self._take(viewer, item)

    def _take(self, viewer: Viewer, item: Item | None) -> None:
        if isinstance(item, Audio):
            for audio in split_audio(item):
                self._publish(Spoke(audio))
            if self.on_audio is not None:
                self.on_audio(item.data, item.last)
        elif isinstance(item, Interrupt):
            turn = self._log.newest
            if turn is None or turn.interrupted:
                viewer.tell(item)  # who interrupts is always answered
            else:
                self._interrupt(turn, item.reason, by_client=True)
