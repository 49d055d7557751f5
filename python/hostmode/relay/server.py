"""A relay: what one publisher says reaches any number of clients, by either of AvatarKit's two protocols."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hostmode._core import PCM_RATES
from hostmode.errors import HostModeError
from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ping, Ready, Start
from hostmode.relay.service import is_loopback, load_aiohttp
from hostmode.relay.turn_log import LoggedTurn, TurnLog
from hostmode.relay.viewer import TooSlowError, Viewer

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterable

    from aiohttp import web

_log = logging.getLogger("hostmode")

_MAX_FRAME_BYTES: Final = 1024 * 1024
_HANDSHAKE_S: Final = 10.0
_HEARTBEAT_S: Final = 20.0
_SHUTDOWN_S: Final = 1.0
# Frames a client may send in a second: speech in chunks of 10 ms, twice over.
_MOST_FRAMES_A_SECOND: Final = 200


@dataclass(frozen=True)
class RelaySettings:
    """How a relay behaves.

    Parameters
    ----------
    host : str
        Where to listen. Anything but this machine needs a `token`.
    port : int
        0 for a free one.
    sample_rate : int
        Of the audio that is published, hertz.
    token : str, optional
        What clients must show, as ``Authorization: Bearer`` or ``?token=``.
    origins : frozenset of str
        Web pages that may connect, as ``https://host``. A browser's connection from any other is refused.
    max_viewers : int
        More at once are refused with status 429.
    tls : ssl.SSLContext, optional
        Speak WSS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    sample_rate: int = 16000
    token: str | None = None
    origins: frozenset[str] = field(default_factory=frozenset)
    max_viewers: int = 1000
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.sample_rate not in PCM_RATES:
            raise ValueError(f"sample_rate is {self.sample_rate}; it must be one of {PCM_RATES}")
        if self.token is None and not is_loopback(self.host):
            raise HostModeError(f"listening on {self.host} lets others in: give a token, or listen on 127.0.0.1")


class RelayTurn:
    """One turn that is published; `Relay.open_turn` makes it."""

    def __init__(self, relay: Relay, logged: LoggedTurn) -> None:
        self._relay = relay
        self._logged = logged

    @property
    def id(self) -> str:
        """What tells it from other turns."""
        return self._logged.id

    def audio(self, data: bytes, last: bool = False) -> None:
        """Publish a chunk of PCM. Does nothing where the turn is over."""
        self._append(Audio(bytes(data), last))

    def motion(self, messages: Iterable[bytes], last: bool = False) -> None:
        """Publish motion messages. Does nothing where the turn is over."""
        self._append(Frames(tuple(bytes(message) for message in messages), last))

    def end(self) -> None:
        """Say that all of it has been published."""
        if not self._logged.ended:
            self.audio(b"", last=True)
            self._logged.ended = True

    def interrupt(self, reason: str = "user") -> None:
        """End it at once, for all clients."""
        if not self._logged.interrupted:
            self._logged.interrupted = True
            self._relay._tell_all(Interrupt(reason))

    def _append(self, item: Audio | Frames) -> None:
        if self._logged.interrupted or self._logged.ended:
            return
        self._logged.append(item)
        self._relay._wake_all()


class Relay:
    """A running relay; `serve` makes it. All methods are for the thread of its event loop.

    Attributes
    ----------
    url : str
        Where clients connect; with ``?protocol=json`` by the JSON protocol.
    on_audio : callable or None
        Called with ``(data, last)`` for audio that a client sends: its user speaks.
    on_interrupt : callable or None
        Called with ``(reason)`` when a client interrupts; the turn has been ended already.
    """

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._log = TurnLog()
        self._viewers: set[Viewer] = set()
        self._turn: RelayTurn | None = None
        self.url = ""
        self.on_audio: Callable[[bytes, bool], object] | None = None
        self.on_interrupt: Callable[[str], object] | None = None

    @property
    def viewers(self) -> int:
        """How many clients are connected."""
        return len(self._viewers)

    def open_turn(self, turn: str | None = None) -> RelayTurn:
        """Begin a turn; one that still runs is complete with that."""
        if self._turn is not None:
            self._turn.end()
        logged = self._log.open(turn or secrets.token_urlsafe(9))
        self._turn = RelayTurn(self, logged)
        for viewer in self._viewers:
            viewer.follow(logged)
        return self._turn

    async def start(self) -> web.AppRunner:
        aiohttp_web = load_aiohttp().web
        app = aiohttp_web.Application()
        app.router.add_get("/", self._accept)
        runner: web.AppRunner = aiohttp_web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        settings = self._settings
        await aiohttp_web.TCPSite(runner, settings.host, settings.port, ssl_context=settings.tls).start()
        port = runner.addresses[0][1]
        self.url = f"{'wss' if settings.tls else 'ws'}://{settings.host}:{port}/"
        return runner

    # ---- clients

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        refused = self._refusal(request)
        if refused is not None:
            status, text = refused
            response: web.Response = load_aiohttp().web.Response(status=status, text=text)
            return response
        socket: web.WebSocketResponse = load_aiohttp().web.WebSocketResponse(
            heartbeat=_HEARTBEAT_S, max_msg_size=_MAX_FRAME_BYTES
        )
        await socket.prepare(request)
        viewer = Viewer(socket, "json" if request.query.get("protocol") == "json" else "binary")
        try:
            await self._serve(viewer, socket)
        except FrameError as error:
            _log.warning("a client is disconnected: %s", error)
            with suppress(ConnectionError):
                await _send(socket, viewer.frames.encode(Failure("protocol_error", str(error))))
                await socket.close(code=1007, message=b"not understood")
        except TooSlowError as error:
            _log.warning("a client is disconnected: it is too slow, %s", error)
            with suppress(ConnectionError, asyncio.TimeoutError):
                await asyncio.wait_for(socket.close(code=1013, message=b"too slow"), 1.0)
        return socket

    def _refusal(self, request: web.Request) -> tuple[int, str] | None:
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._settings.origins:
            return 403, f"pages of {origin} may not connect; see RelaySettings.origins"
        token = self._settings.token
        if token is not None:
            shown = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("token", "")
            if not hmac.compare_digest(shown.encode(), token.encode()):
                return 401, "the token is missing or is another one"
        if len(self._viewers) >= self._settings.max_viewers:
            return 429, f"{len(self._viewers)} clients are connected; no more are taken"
        return None

    async def _serve(self, viewer: Viewer, socket: web.WebSocketResponse) -> None:
        try:
            first = await asyncio.wait_for(socket.receive(), _HANDSHAKE_S)
        except asyncio.TimeoutError:
            raise FrameError(f"no start within {_HANDSHAKE_S:g} s") from None
        start = viewer.frames.decode(first.data) if isinstance(first.data, (str, bytes)) else None
        if not isinstance(start, Start):
            raise FrameError("the first frame must start the session")
        viewer.tell(Ready(self._settings.sample_rate))
        for logged, sequence in self._log.missed(start.turn, start.sequence):
            viewer.follow(logged, sequence)
        self._viewers.add(viewer)
        sending = asyncio.ensure_future(viewer.run())
        reading = asyncio.ensure_future(self._read(viewer, socket))
        try:
            done, _ = await asyncio.wait((sending, reading), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with suppress(ConnectionError):
                    task.result()
        finally:
            self._viewers.discard(viewer)
            for task in (sending, reading):
                task.cancel()
            await asyncio.gather(sending, reading, return_exceptions=True)

    async def _read(self, viewer: Viewer, socket: web.WebSocketResponse) -> None:
        second, frames = 0, 0
        loop = asyncio.get_running_loop()
        async for frame in socket:
            if int(loop.time()) != second:
                second, frames = int(loop.time()), 0
            frames += 1
            if frames > _MOST_FRAMES_A_SECOND:
                raise FrameError(f"more than {_MOST_FRAMES_A_SECOND} frames a second")
            if isinstance(frame.data, (str, bytes)):
                item = viewer.frames.decode(frame.data)
                if isinstance(item, Ping):
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

    def _wake_all(self) -> None:
        for viewer in self._viewers:
            viewer.wake()

    def _tell_all(self, item: Item) -> None:
        for viewer in self._viewers:
            viewer.tell(item)


async def _send(socket: web.WebSocketResponse, frame: bytes | str) -> None:
    await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))


@asynccontextmanager
async def serve(settings: RelaySettings | None = None) -> AsyncIterator[Relay]:
    """Relay until the block ends::

        async with hostmode.relay.serve() as relay:
            turn = relay.open_turn()
            turn.audio(pcm)
            turn.motion(messages)
            turn.end()

    A client that joins in the middle of a turn gets it from its beginning; one that comes back gets what it
    missed, each item once. A client that takes nothing for 10 s is told and disconnected; the others notice nothing.

    Raises
    ------
    HostModeError
        The address is in use, or needs a token.
    MissingExtraError
        aiohttp is not installed.
    """
    chosen = settings or RelaySettings()
    relay = Relay(chosen)
    try:
        runner = await relay.start()
    except OSError as error:
        raise HostModeError(f"cannot listen on {chosen.host}:{chosen.port}: {error.strerror or error}") from error
    try:
        yield relay
    finally:
        await runner.cleanup()
