"""A relay in servers that are there already: uvicorn with FastAPI, and aiohttp."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from hostmode import HostModeError

aiohttp = pytest.importorskip("aiohttp")
fastapi = pytest.importorskip("fastapi")
uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

from relay_rig import MOTION, RATE, SPEECH, Record, avatar, until  # noqa: E402

from hostmode.relay import Relay, RelaySettings, asgi, binary_frames, connect, mount_aiohttp  # noqa: E402
from hostmode.relay.items import Start  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# uvicorn's own choice of WebSocket implementation is one that websockets itself calls old.
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.outer]


@asynccontextmanager
async def under_uvicorn(relay: Relay, **options: Any) -> AsyncIterator[str]:
    app = fastapi.FastAPI()
    app.mount("/avatar", asgi(relay))

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1, **options))
    serving = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/avatar/"
    server.should_exit = True
    await serving


@asynccontextmanager
async def under_aiohttp(relay: Relay) -> AsyncIterator[str]:
    app = aiohttp.web.Application()
    mount_aiohttp(app, relay, "/avatar/")
    runner = aiohttp.web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}/avatar/"
    await runner.cleanup()


SERVERS = {"uvicorn": under_uvicorn, "aiohttp": under_aiohttp}


@pytest.mark.parametrize("query", ["", "?protocol=json"])
@pytest.mark.parametrize("server", SERVERS)
def test_mounted_relay_carries_both_ways_interrupts_and_sees_who_goes(server: str, query: str) -> None:
    async def main() -> None:
        relay = Relay()
        async with SERVERS[server](relay) as url:
            async with connect(url + query, avatar()) as link:
                record = Record(link.avatar)
                heard: list[tuple[bytes, bool]] = []
                relay.on_audio = lambda data, last: heard.append((data, last))
                assert relay.viewers == 1
                turn = relay.open_turn()
                turn.audio(SPEECH.tobytes())
                turn.motion([MOTION])
                await until(lambda: link.avatar.state == "playing")
                assert (record.audio, record.motion) == ([SPEECH.tobytes()], [MOTION])
                await link.send_audio(b"\1\2", last=True)
                await link.interrupt()
                await until(lambda: turn.over)
                assert heard == [(b"\1\2", True)]
                link.avatar.close()
            await until(lambda: relay.viewers == 0)

    asyncio.run(main())


def test_server_goes_on_with_what_it_has_besides() -> None:
    async def main() -> None:
        async with under_uvicorn(Relay()) as url, aiohttp.ClientSession() as http:
            hello = url.replace("ws", "http", 1).replace("/avatar/", "/hello")
            assert await (await http.get(hello)).json() == "hello"

    asyncio.run(main())


@pytest.mark.parametrize("server", SERVERS)
def test_mounted_relay_refuses_whom_it_should_and_logs_it_once(server: str, caplog: pytest.LogCaptureFixture) -> None:
    cases: list[tuple[dict[str, str], str, int]] = [
        ({}, "", 401),
        ({"Authorization": "Bearer wrong"}, "", 401),
        ({"Origin": "https://elsewhere.example"}, "?token=right", 403),
        ({}, "?token=right&protocol=xml", 400),
    ]

    async def main() -> None:
        relay = Relay(RelaySettings(token="right"))
        async with SERVERS[server](relay) as url, aiohttp.ClientSession() as http:
            for headers, query, status in cases:
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await http.ws_connect(url + query, headers=headers)
                assert refused.value.status == status
            assert (await http.get(url.replace("ws", "http", 1))).status == 426
            async with connect(url, avatar(), token="right") as link:
                link.avatar.close()

    with caplog.at_level(logging.WARNING, "hostmode"):
        asyncio.run(main())
    assert sum("refused" in record.getMessage() for record in caplog.records) == len(cases) + 1


def test_asgi_client_that_breaks_the_rules_is_told_and_closed_and_no_other() -> None:
    async def main() -> None:
        relay = Relay()
        async with under_uvicorn(relay) as url, aiohttp.ClientSession() as http, connect(url, avatar()) as link:
            for hostile in (b"\x07\x00", bytes(2 * 1024 * 1024), "{"):
                bad = await http.ws_connect(url)
                await bad.send_str(binary_frames.encode(Start()))
                await bad.receive(5)
                await (bad.send_str(hostile) if isinstance(hostile, str) else bad.send_bytes(hostile))
                while (await bad.receive(5)).type != aiohttp.WSMsgType.CLOSE:
                    pass
                await bad.close()
            await until(lambda: relay.viewers == 1)
            relay.open_turn().audio(SPEECH.tobytes())
            await until(lambda: link.avatar.state == "playing")
            link.avatar.close()

    asyncio.run(main())


def test_without_a_token_clients_of_other_machines_are_not_let_in() -> None:
    async def main() -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        scope = {"type": "websocket", "headers": [], "client": ("192.0.2.7", 5), "query_string": b""}
        await asgi(Relay())(scope, receive, send)
        assert [message["type"] for message in sent] == ["websocket.close"]

    asyncio.run(main())


def test_relay_of_another_rate_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        relay = Relay(RelaySettings(sample_rate=24000))
        async with under_uvicorn(relay) as url, connect(url, avatar()) as link:
            link.avatar.close()

    with caplog.at_level(logging.WARNING, "hostmode"):
        asyncio.run(main())
    assert f"{RATE}" in caplog.text


def test_mounted_relay_that_is_gone_is_given_up() -> None:
    async def main() -> None:
        async with under_uvicorn(Relay()) as url:
            pass
        with avatar() as one, pytest.raises(HostModeError, match="cannot be reached"):
            async with connect(url, one, give_up_after=0.2):
                pass

    asyncio.run(main())
