"""A relay that listens by itself, or in an aiohttp server that is there already."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hostmode.relay.items import FrameError
from hostmode.relay.listening import listening, load_aiohttp
from hostmode.relay.relay import HEARTBEAT_S, MAX_FRAME_BYTES, Relay
from hostmode.relay.settings import RelaySettings, Visit

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from aiohttp import web

_log = logging.getLogger("hostmode")


@asynccontextmanager
async def serve(
    settings: RelaySettings | None = None, *, bus: str | None = None, room: str = "avatar"
) -> AsyncIterator[Relay]:
    """Relay until the block ends::

        async with hostmode.relay.serve() as relay:
            turn = relay.open_turn()
            turn.audio(pcm)
            turn.motion(messages)
            turn.end()

    A client that joins in the middle of a turn gets it from its beginning; one that comes back gets what it
    missed, each item once. A client that takes nothing for 10 s is told and disconnected; the others notice nothing.

    Parameters
    ----------
    settings : RelaySettings, optional
        How it behaves.
    bus : str, optional
        ``nats://host:4222``, a NATS server with JetStream: this relay is one of several nodes. What is published on
        any of them goes to the clients of all. Where the server cannot be reached, it waits and nothing is lost.
    room : str
        Which nodes belong together: those of one avatar.

    Raises
    ------
    HostModeError
        The address is in use, or needs a token; the bus cannot be reached.
    MissingExtraError
        aiohttp is not installed, or for a bus nats-py.
    """
    chosen = settings or RelaySettings()
    app = load_aiohttp().web.Application()
    relay = Relay(chosen, bus=bus, room=room)
    mount_aiohttp(app, relay)
    async with relay, listening(app, chosen.host, chosen.port, chosen.tls) as port:
        relay.url = f"{'wss' if chosen.tls else 'ws'}://{chosen.host}:{port}/"
        yield relay


def mount_aiohttp(app: web.Application, relay: Relay, path: str = "/") -> None:
    """Let clients of an aiohttp application reach a relay.

    Parameters
    ----------
    app : aiohttp.web.Application
        One that has not been started.
    relay : Relay
        Without a token in its settings it lets in clients of this machine only.
    path : str
        Where.
    """

    async def accept(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        visit = Visit(request.remote or "", headers, request.query)
        refused = relay.refusal(visit)
        if refused is not None:
            status, text = refused
            response: web.Response = load_aiohttp().web.Response(status=status, text=text)
            return response
        # Sound and motion do not get smaller by compression, and a frame that is compressed cannot be a bomb.
        socket: web.WebSocketResponse = load_aiohttp().web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME_BYTES, compress=False
        )
        try:
            await socket.prepare(request)
        except load_aiohttp().web.HTTPException as error:
            _log.warning("a client at %s is refused: %s", visit.peer, error.text)
            raise
        await relay.attend(_AiohttpSocket(socket, request.transport), visit.protocol)
        return socket

    app.router.add_get(path, accept)


class _AiohttpSocket:
    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self._kinds = load_aiohttp().WSMsgType
        self.send_bytes = socket.send_bytes
        self.send_str = socket.send_str

    def write_now(self, frames: bytes) -> bool:
        # Behind what aiohttp has written, which it does a whole frame at a time.
        transport = self._transport
        if self._socket.closed or transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return False
        transport.write(frames)
        return True

    async def receive(self) -> bytes | str | None:
        frame = await self._socket.receive()
        if frame.type == self._kinds.ERROR:
            raise FrameError(str(frame.data))
        return frame.data if frame.type in (self._kinds.BINARY, self._kinds.TEXT) else None

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())
