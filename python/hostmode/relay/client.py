"""A relay's client: what it is sent drives a controller."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import sys
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from hostmode.errors import HostModeError
from hostmode.relay import binary_frames
from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ready, Start, TurnMark
from hostmode.relay.json_frames import JsonFrames
from hostmode.relay.listening import load_aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from hostmode.controller import Controller
    from hostmode.turn import Turn

_log = logging.getLogger("hostmode")

_HEARTBEAT_S: Final = 20.0
_MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
_RETRIES_S: Final = (0.1, 0.3, 1.0, 2.0, 5.0)
# Too many clients, or a server that is being started: another time, or another node.
_TEMPORARY: Final = frozenset({429, 500, 502, 503, 504})
_TURNS_REMEMBERED: Final = 16


class RelayClient:
    """A connection that is made anew when it breaks; `connect` makes it.

    Attributes
    ----------
    avatar : Controller
        What is driven.
    connected : bool
        Whether there is a connection now.
    """

    def __init__(
        self, urls: Sequence[str], avatar: Controller, token: str | None, start: Start, give_up_after: float
    ) -> None:
        self.avatar = avatar
        self.connected = False
        self._urls = urls
        self._token = token
        self._start = start
        self._give_up_after = give_up_after
        self._frames: Any = binary_frames
        self._socket: Any = None
        self._turn: Turn | None = None
        self._turn_id = ""
        self._sequence = 0  # items of the turn that have been taken in
        self._past: deque[str] = deque(maxlen=_TURNS_REMEMBERED)
        self._skip = 0  # items to come that have been taken in already
        self._complete = True  # the turn's audio is: what follows without a mark is another turn
        self._echoes = 0

    async def interrupt(self) -> float | None:
        """Interrupt here, at once, and at the server; return the seconds heard of the turn, `None` while idle."""
        turn, self._turn = self._turn, None
        heard_s = turn.interrupt() if turn is not None and turn.state != "ended" else None
        if await self._send(Interrupt("user")):
            self._echoes += 1
        return heard_s

    async def send_audio(self, data: bytes, last: bool = False) -> bool:
        """Send audio to the server: the client owns the speech, or its user speaks. Return whether it went out."""
        return await self._send(Audio(bytes(data), last))

    async def _send(self, item: Item) -> bool:
        socket = self._socket
        if socket is None:
            return False
        frame = self._frames.encode(item)
        try:
            await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
        except ConnectionError:
            return False
        return True

    async def run(self, connected: asyncio.Event) -> None:
        """Stay connected until cancelled; set `connected` once the server is ready."""
        aiohttp = load_aiohttp()
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        loop = asyncio.get_running_loop()
        broken_since, attempt = loop.time(), 0
        async with aiohttp.ClientSession() as http:
            for url in itertools.cycle(self._urls):
                reason = "the server closed the connection"
                try:
                    async with http.ws_connect(
                        url, headers=headers, heartbeat=_HEARTBEAT_S, max_msg_size=_MAX_FRAME_BYTES
                    ) as socket:
                        self._frames = JsonFrames() if "protocol=json" in url else binary_frames
                        await self._talk(socket, connected)
                except aiohttp.WSServerHandshakeError as error:
                    reason = f"{error.status} {error.message}"
                    if error.status not in _TEMPORARY:
                        raise HostModeError(f"{url} refuses: {reason}") from error
                except (aiohttp.ClientError, OSError, FrameError) as error:
                    reason = str(error)
                if self.connected:
                    broken_since, attempt = loop.time(), 0
                self.connected, self._socket = False, None
                if loop.time() - broken_since >= self._give_up_after:
                    raise HostModeError(f"{url} cannot be reached: {reason}")
                _log.info("the connection to %s broke (%s); trying again", url, reason)
                attempt += 1
                # All of them are tried before there is a pause; not all clients of a lost node come at once.
                if attempt % len(self._urls) == 0:
                    rounds = attempt // len(self._urls) - 1
                    await asyncio.sleep(_RETRIES_S[min(rounds, len(_RETRIES_S) - 1)] * random.uniform(0.5, 1.0))

    async def _talk(self, socket: Any, connected: asyncio.Event) -> None:
        self._socket, self._echoes = socket, 0
        resumed = Start(
            self._start.avatar_id, self._start.sample_rate, self._turn_id, self._sequence, self._start.other
        )
        await self._send(resumed)
        async for frame in socket:
            if not isinstance(frame.data, (bytes, str)):
                continue
            # Whoever answers is there; not every server says that it is ready.
            self.connected = True
            connected.set()
            item = self._frames.decode(frame.data)
            if item is not None:
                self._take(item)

    def _take(self, item: Item) -> None:
        if isinstance(item, TurnMark):
            self._follow(item)
        elif isinstance(item, (Audio, Frames)):
            self._take_in(item)
        elif isinstance(item, Interrupt):
            if self._echoes:
                self._echoes -= 1
            elif self._turn is not None:
                self._turn.interrupt()
                self._turn = None
        elif isinstance(item, Failure):
            self.avatar.report_failure("server_error", item.text or item.code)
        elif isinstance(item, Ready) and item.sample_rate != self.avatar.sample_rate:
            _log.warning(
                "the relay's audio has %d Hz, the controller takes %d", item.sample_rate, self.avatar.sample_rate
            )

    def _follow(self, mark: TurnMark) -> None:
        if mark.turn == self._turn_id:
            self._skip = max(0, self._sequence - mark.sequence)
            return
        if mark.turn in self._past:
            # A node that has not heard of the newest turn yet.
            self._skip = sys.maxsize
            return
        self._past.append(self._turn_id)
        self._turn, self._turn_id = self.avatar.open_turn(), mark.turn
        self._sequence, self._skip, self._complete = mark.sequence, 0, False

    def _take_in(self, item: Audio | Frames) -> None:
        if self._skip:
            self._skip -= 1
            return
        if self._complete and not self._turn_id and isinstance(item, Audio) and item.data:
            # A server that does not tell turns apart.
            self._turn, self._complete = self.avatar.open_turn(), False
        self._sequence += 1
        if self._turn is None:
            return
        if isinstance(item, Frames):
            # No messages at all would make the turn audio-only, which is not what an empty frame says.
            if item.messages:
                self._turn.motion(list(item.messages))
            return
        if item.data:
            self._turn.audio(item.data)
        if item.last:
            self._turn.end()
            self._complete = True


@asynccontextmanager
async def connect(
    url: str | Sequence[str],
    avatar: Controller,
    *,
    token: str | None = None,
    avatar_id: str = "",
    give_up_after: float = 30.0,
) -> AsyncIterator[RelayClient]:
    """Drive a controller by what a relay sends, until the block ends::

        async with hostmode.Controller(16000) as avatar, hostmode.relay.connect(url, avatar) as link:
            await asyncio.sleep(60)     # draw avatar.sample() meanwhile
            await link.interrupt()

    A connection that breaks is made anew, and goes on where it broke: nothing is lost and nothing comes twice. What
    cannot be reached for `give_up_after` seconds ends the turn with the reason ``network_error``.

    Parameters
    ----------
    url : str or sequence of str
        ``ws://`` or ``wss://``; with ``?protocol=json`` by the JSON protocol, otherwise by the binary one.
        Several are nodes of one bus: where one cannot be reached, the next goes on.
    avatar : Controller
        Takes PCM at the relay's sample rate.
    token : str, optional
        Shown to the server.
    avatar_id : str
        Sent to the server.
    give_up_after : float
        Seconds without a connection.

    Raises
    ------
    HostModeError
        The server refuses, or cannot be reached.
    """
    urls = (url,) if isinstance(url, str) else tuple(url)
    if not urls:
        raise ValueError("no url is given; one at least is needed")
    client = RelayClient(urls, avatar, token, Start(avatar_id, avatar.sample_rate), give_up_after)
    connected = asyncio.Event()
    running = asyncio.ensure_future(client.run(connected))
    running.add_done_callback(lambda task: _report(task, avatar))
    running.add_done_callback(lambda _: connected.set())
    try:
        await connected.wait()
        if running.done():
            running.result()
        yield client
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, HostModeError):
            await running


def _report(task: asyncio.Task[None], avatar: Controller) -> None:
    if task.cancelled() or task.exception() is None:
        return
    with suppress(HostModeError):
        avatar.report_failure("network_error", str(task.exception()))
