"""A relay in any ASGI server: FastAPI, Starlette, Quart, uvicorn alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from hostmode.relay.items import FrameError
from hostmode.relay.relay import MAX_FRAME_BYTES
from hostmode.relay.settings import Visit

if TYPE_CHECKING:
    from hostmode.relay.relay import Relay

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]
AsgiApplication: TypeAlias = Callable[[_Message, _Receive, _Send], Awaitable[None]]


def asgi(relay: Relay) -> AsgiApplication:
    """Return an ASGI application that lets clients reach a relay::

        relay = hostmode.relay.Relay()
        app = fastapi.FastAPI()
        app.mount("/avatar", hostmode.relay.asgi(relay))

    Use the relay on the event loop of the server. Without a token in its settings it lets in clients of this machine
    only; behind a proxy all clients seem to be of this machine: give a token there.

    Parameters
    ----------
    relay : Relay
        What the clients reach.
    """

    async def application(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["type"] == "websocket":
            # Some servers leave out the headers that made it one.
            headers["upgrade"] = "websocket"
        peer = scope.get("client")
        visit = Visit(peer[0] if peer else "", headers, dict(parse_qsl(scope["query_string"].decode("latin-1"))))
        refused = relay.refusal(visit)
        if refused is not None:
            await _refuse(scope, send, *refused)
        elif (await receive())["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
            await relay.attend(_AsgiSocket(receive, send), visit.protocol)

    return application


class _AsgiSocket:
    def __init__(self, receive: _Receive, send: _Send) -> None:
        self._receive = receive
        self._send = send
        self._open = True

    async def receive(self) -> bytes | str | None:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._open = False
            return None
        binary: bytes | None = message.get("bytes")
        frame: bytes | str = binary if binary is not None else message["text"]
        if len(frame) > MAX_FRAME_BYTES:
            raise FrameError(f"a frame of {len(frame)} bytes; at most {MAX_FRAME_BYTES} are taken")
        return frame

    def write_now(self, frames: bytes) -> bool:
        return False  # ASGI knows messages only

    async def send_bytes(self, data: bytes) -> None:
        await self._pass_on({"type": "websocket.send", "bytes": data})

    async def send_str(self, data: str) -> None:
        await self._pass_on({"type": "websocket.send", "text": data})

    async def close(self, code: int, reason: str) -> None:
        if self._open:
            await self._pass_on({"type": "websocket.close", "code": code, "reason": reason})
            self._open = False

    async def _pass_on(self, message: _Message) -> None:
        try:
            await self._send(message)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Servers differ in what they raise for a client that has gone.
            raise ConnectionResetError(str(error)) from error


async def _refuse(scope: _Message, send: _Send, status: int, text: str) -> None:
    kind = "http" if scope["type"] == "http" else "websocket.http"
    if kind == "websocket.http" and "websocket.http.response" not in scope.get("extensions", {}):
        # The server then answers with 403, whatever the reason.
        await send({"type": "websocket.close", "code": 1008, "reason": text})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": text.encode()})


async def _live(receive: _Receive, send: _Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": message["type"] + ".complete"})
    await send({"type": "lifespan.shutdown.complete"})
