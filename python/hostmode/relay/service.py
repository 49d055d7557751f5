"""A motion service on this machine: the published server SDKs connect to it unmodified.

One port serves the tokens (HTTP) and the sessions (WebSocket). The motion is `hostmode.motion.LocalMotion`'s, or
that of any `hostmode.motion.MotionSource`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from hostmode.errors import HostModeError
from hostmode.motion import LocalMotion
from hostmode.relay import envelope as wire
from hostmode.relay.egress import EgressError, join_room
from hostmode.relay.envelope import INVALID_ARGUMENT
from hostmode.relay.faults import Faults
from hostmode.relay.listening import is_loopback, listening, load_aiohttp, until_one_ends
from hostmode.relay.service_session import ServiceSession
from hostmode.relay.session_configuration import SessionRefusedError, configured
from hostmode.relay.session_outbox import UPSTREAM_CLOSED, error_message
from hostmode.relay.tokens import SessionTokens

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from aiohttp import web

    from hostmode.motion import MotionSource

_log = logging.getLogger("hostmode")

_TOKEN_PATHS: Final = ("/session-tokens", "/v1/console/session-tokens", "/v1/auth/session-token")
_SOCKET_PATHS: Final = ("/websocket", "/v2/driveningress/websocket")
_MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
_HANDSHAKE_S: Final = 10.0
_HEARTBEAT_S: Final = 20.0


@dataclass(frozen=True)
class ServiceSettings:
    """How a motion service behaves.

    Parameters
    ----------
    host : str
        Where to listen. Anything but this machine needs an `api_key`.
    port : int
        0 for a free one.
    api_key : str, optional
        What clients must show. Without one, every key is good.
    faults : Faults
        What goes wrong on purpose.
    make_source : callable
        Makes the `MotionSource` of a request, given the sample rate.
    max_sessions : int
        More at once are refused with status 429.
    tls : ssl.SSLContext, optional
        Speak HTTPS and WSS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    api_key: str | None = None
    faults: Faults = field(default_factory=Faults)
    make_source: Callable[[int], MotionSource] = LocalMotion
    max_sessions: int = 100
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.api_key is None and not is_loopback(self.host):
            raise HostModeError(f"listening on {self.host} lets others in: give an API key, or listen on 127.0.0.1")


class MotionService:
    """A running service; `serve_motion` makes it.

    Attributes
    ----------
    url : str
        What the SDKs take as console and ingress endpoint.
    sessions : int
        How many are open.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._tokens = SessionTokens(settings.api_key)
        self.sessions = 0
        self.url = ""

    def application(self) -> web.Application:
        """Return what answers requests."""
        app: web.Application = load_aiohttp().web.Application(client_max_size=64 * 1024)
        for path in _TOKEN_PATHS:
            app.router.add_post(path, self._give_token)
        for path in _SOCKET_PATHS:
            app.router.add_get(path, self._open_session)
        return app

    # ---- tokens

    async def _give_token(self, request: web.Request) -> web.Response:
        if not self._tokens.is_key(request.headers.get("X-Api-Key", "")):
            return _refusal(
                401, "invalid_api_key", "invalid session token request: X-Api-Key is missing or is another key"
            )
        try:
            body = await request.json()
            token = self._tokens.issue(float(body["expireAt"]))
        except (ValueError, KeyError, TypeError) as error:
            return _refusal(400, "invalid_request", f"the body must be {{'expireAt': Unix seconds}}: {error}")
        return _answer(200, {"sessionToken": token, "session_token": token})

    # ---- sessions

    async def _open_session(self, request: web.Request) -> web.StreamResponse:
        query, headers = request.query, request.headers
        if not query.get("id"):
            return _refusal(404, "avatar_not_found", "avatar not found: the query has no ?id=<avatar>")
        if not (headers.get("X-App-ID") or query.get("appId")):
            return _refusal(400, "invalid_request", "X-App-ID, or appId in the query, is missing")
        if not self._tokens.is_token(headers.get("X-Session-Key") or query.get("sessionKey", "")):
            return _refusal(401, "invalid_session_key", "invalid session token: missing, unknown or expired")
        if self.sessions >= self._settings.max_sessions:
            return _refusal(429, "too_many_sessions", f"{self.sessions} sessions are open; close one")
        socket: web.WebSocketResponse = load_aiohttp().web.WebSocketResponse(
            heartbeat=_HEARTBEAT_S, max_msg_size=_MAX_MESSAGE_BYTES
        )
        await socket.prepare(request)
        self.sessions += 1
        try:
            await self._talk(_SocketChannel(socket), socket, query["id"])
        finally:
            self.sessions -= 1
        return socket

    async def _talk(self, channel: _SocketChannel, socket: web.WebSocketResponse, avatar_id: str) -> None:
        try:
            first = await asyncio.wait_for(socket.receive_bytes(), _HANDSHAKE_S)
            wanted = configured(first)
            egress = None if wanted.egress is None else await join_room(wanted.egress, wanted.sample_rate)
        except (TypeError, asyncio.TimeoutError):
            await channel.close(1002, "the first frame must be a binary CONFIGURE_SESSION")
            return
        except (SessionRefusedError, EgressError) as refusal:
            await channel.send(error_message(refusal.code, str(refusal)))
            await channel.close(1008, "not offered")
            return
        connection_id = f"{datetime.now(timezone.utc):%Y%m%d%H%M%S}_{secrets.token_urlsafe(9)}"
        session = ServiceSession(
            channel,
            connection_id,
            avatar_id,
            wanted,
            self._settings.make_source,
            self._settings.faults,
            egress,
        )
        confirm = wire.new_envelope(wire.CONFIRM)
        confirm.confirm.connection_id = connection_id
        confirm.confirm.capabilities.extend(["playback_control", "playback_state"])
        try:
            await channel.send(confirm.SerializeToString())
            room = () if egress is None else (egress.run(),)
            await until_one_ends(session.run(), _read(socket, session), *room)
        except (ValueError, HostModeError) as error:
            _log.warning("session %s is closed: %s", connection_id, error)
            await channel.send(error_message(INVALID_ARGUMENT, str(error), connection_id))
            await channel.close(1007, "not understood")
        except EgressError as error:
            _log.warning("session %s is closed: %s", connection_id, error)
            await channel.send(error_message(error.code, str(error), connection_id))
            await channel.close(UPSTREAM_CLOSED, "egress")
        finally:
            if egress is not None:
                await egress.close()


async def _read(socket: web.WebSocketResponse, session: ServiceSession) -> None:
    kinds = load_aiohttp().WSMsgType
    async for frame in socket:
        if frame.type == kinds.BINARY:
            await session.receive(frame.data)
        elif frame.type == kinds.TEXT:
            raise ValueError("a text frame came; sessions speak binary frames")


class _SocketChannel:
    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, data: bytes) -> None:
        # Who has gone is noticed by the reading side.
        with suppress(ConnectionError):
            await self._socket.send_bytes(data)

    async def close(self, code: int, reason: str) -> None:
        with suppress(ConnectionError):
            await self._socket.close(code=code, message=reason.encode())


@asynccontextmanager
async def serve_motion(settings: ServiceSettings | None = None) -> AsyncIterator[MotionService]:
    """Serve motion until the block ends::

        async with hostmode.relay.serve_motion() as service:
            session = new_avatar_session(console_endpoint_url=service.url, ingress_endpoint_url=service.url, ...)

    Raises
    ------
    HostModeError
        The address is in use, or needs a key.
    MissingExtraError
        aiohttp or protobuf is not installed.
    """
    wire.new_envelope(wire.CONFIRM)
    chosen = settings or ServiceSettings()
    service = MotionService(chosen)
    async with listening(service.application(), chosen.host, chosen.port, chosen.tls) as port:
        service.url = f"{'https' if chosen.tls else 'http'}://{chosen.host}:{port}"
        yield service


def _refusal(status: int, code: str, detail: str) -> web.Response:
    titles = {400: "Bad request", 401: "Not authenticated", 404: "Not found", 429: "Too many requests"}
    return _answer(status, {"errors": [{"code": code, "title": titles[status], "detail": detail, "status": status}]})


def _answer(status: int, body: object) -> web.Response:
    text, kind = json.dumps(body), "application/json"
    response: web.Response = load_aiohttp().web.Response(status=status, text=text, content_type=kind)
    return response
