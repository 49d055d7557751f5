"""What the servers here share: aiohttp, where to listen, and who is too slow to say what he wants."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from hostmode.errors import HostModeError, MissingExtraError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Coroutine

    from aiohttp import web

_log = logging.getLogger("hostmode")

_REQUEST_S: Final = 10.0
_SHUTDOWN_S: Final = 1.0


def load_aiohttp() -> Any:
    """Return the module `aiohttp` with ``aiohttp.web``."""
    try:
        import aiohttp
        import aiohttp.web
    except ModuleNotFoundError as error:
        raise MissingExtraError('the relay needs aiohttp: pip install "hostmode[relay]"') from error
    return aiohttp


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Serve `app` until the block ends, and yield the port. Who has sent no request after 10 s is disconnected.

    Raises
    ------
    HostModeError
        The address is in use, or is none of this machine.
    """
    aiohttp_web = load_aiohttp().web
    patience = _Patience()

    async def note(request: web.Request, handler: Any) -> Any:
        patience.end_for(request.protocol)
        return await handler(request)

    app.middlewares.append(aiohttp_web.middleware(note))
    runner: web.AppRunner = aiohttp_web.AppRunner(
        app, access_log=None, shutdown_timeout=_SHUTDOWN_S, keepalive_timeout=_REQUEST_S
    )
    await runner.setup()
    try:
        try:
            make = patience.watched(runner.server)
            server = await asyncio.get_running_loop().create_server(make, host, port, ssl=tls)
        except OSError as error:
            raise HostModeError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            patience.end()
    finally:
        await runner.cleanup()


async def until_one_ends(*work: Coroutine[Any, Any, None]) -> None:
    """Run them together until one ends, end the others, and raise what the first raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Patience:
    """Disconnects whoever takes long to send the head of a request: aiohttp itself waits for ever."""

    def __init__(self) -> None:
        self._timers: dict[Any, asyncio.TimerHandle] = {}

    def watched(self, make: Callable[[], Any] | None) -> Callable[[], Any]:
        assert make is not None  # the runner has been set up

        def connection() -> Any:
            protocol = make()
            timer = asyncio.get_running_loop().call_later(_REQUEST_S, self._give_up, protocol)
            self._timers[protocol] = timer
            return protocol

        return connection

    def end_for(self, protocol: Any) -> None:
        timer = self._timers.pop(protocol, None)
        if timer is not None:
            timer.cancel()

    def end(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _give_up(self, protocol: Any) -> None:
        del self._timers[protocol]
        if protocol.transport is not None:
            _log.warning("a client is disconnected: no request within %g s", _REQUEST_S)
            protocol.transport.abort()
