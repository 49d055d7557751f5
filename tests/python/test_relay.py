"""The relay over real sockets: every client gets every item once and in order, whatever the others do."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from hostmode import HostModeError

aiohttp = pytest.importorskip("aiohttp")

from relay_rig import MOTION, RATE, SPEECH, Proxy, avatar, collect, contents, until  # noqa: E402

from hostmode.relay import RelaySettings, binary_frames, connect, serve  # noqa: E402
from hostmode.relay.items import Audio, Failure, Frames, Interrupt, Ready, Start, TurnMark  # noqa: E402
from hostmode.relay.json_frames import JsonFrames  # noqa: E402

pytestmark = pytest.mark.outer


@pytest.mark.parametrize("query", ["", "?protocol=json"])
def test_relay_brings_sound_and_motion_to_a_controller(query: str) -> None:
    async def main() -> None:
        async with serve() as relay, connect(relay.url + query, avatar()) as link:
            ends: list[str | None] = []
            link.avatar.on_event = lambda e: ends.append(e.reason) if e.kind == "conversation_end" else None
            turn = relay.open_turn()
            for start in range(0, len(SPEECH), RATE // 10):
                turn.audio(SPEECH[start : start + RATE // 10].tobytes())
            turn.motion([MOTION], last=True)
            turn.motion([], last=True)  # says that all are in, and not that there is none
            turn.end()
            await until(lambda: link.avatar.state == "playing")
            jaw = 0.0
            while link.avatar.state == "playing":
                jaw = max(jaw, float(link.avatar.sample().jaw_pose[0]))
                await asyncio.sleep(0.01)
            await until(lambda: bool(ends))
            assert ends == ["playback_end"]
            assert jaw > 0.02
            assert link.avatar.stats()["keyframes"] == 25
            link.avatar.close()

    asyncio.run(main())


@pytest.mark.parametrize("viewers", [1, 40])
def test_relay_sends_every_item_once_and_in_order_to_every_viewer(viewers: int) -> None:
    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            received: list[list[Any]] = [[] for _ in range(viewers)]
            readers = []
            for items in received:
                socket = await http.ws_connect(relay.url)
                await socket.send_str(binary_frames.encode(Start()))
                readers.append(asyncio.ensure_future(collect(socket, items)))
            await until(lambda: relay.viewers == viewers)
            published: list[Any] = []
            for number in range(3):
                turn = relay.open_turn()
                for k in range(20):
                    turn.audio(bytes([number, k]) * 50)
                    turn.motion([bytes([number, k])])
                    published += [Audio(bytes([number, k]) * 50), Frames((bytes([number, k]),))]
                    await asyncio.sleep(0)
                turn.end()
                published.append(Audio(b"", last=True))
            await until(lambda: all(len(contents(items)) == len(published) for items in received))
            assert all(contents(items) == published for items in received)
            for reader in readers:
                reader.cancel()

    asyncio.run(main())


def test_relay_gives_who_joins_late_the_running_turn_from_its_beginning_and_none_that_is_over() -> None:
    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            relay.open_turn("over").audio(b"old")
            turn = relay.open_turn("running")
            turn.audio(b"first")
            socket = await http.ws_connect(relay.url)
            await socket.send_str(binary_frames.encode(Start()))
            items: list[Any] = []
            reader = asyncio.ensure_future(collect(socket, items))
            await until(lambda: len(items) == 3)
            turn.audio(b"second")
            await until(lambda: len(items) == 4)
            reader.cancel()
            assert items == [Ready(RATE), TurnMark("running", 0), Audio(b"first"), Audio(b"second")]

    asyncio.run(main())


def test_client_whose_connection_breaks_loses_nothing_and_gets_nothing_twice() -> None:
    async def main() -> None:
        async with serve() as relay:
            proxy = Proxy(relay.url)
            taken: list[bytes] = []
            async with proxy.running() as url, connect(url, avatar()) as link:
                opened = link.avatar.open_turn

                def open_turn() -> Any:
                    turn = opened()
                    take = turn.audio
                    turn.audio = lambda data: (taken.append(bytes(data)), take(data))[1]  # type: ignore[method-assign]
                    return turn

                link.avatar.open_turn = open_turn  # type: ignore[method-assign]
                expected = []
                for number in range(2):
                    turn = relay.open_turn()
                    for k in range(60):
                        chunk = bytes([number, k]) * 80
                        expected.append(chunk)
                        turn.audio(chunk)
                        if k % 17 == 5:
                            proxy.cut()
                        await asyncio.sleep(0.01)
                    turn.end()
                await until(lambda: len(taken) >= len(expected))
                await asyncio.sleep(0.2)
                assert taken == expected
                assert proxy.connections > 3
                link.avatar.close()

    asyncio.run(main())


def test_client_that_cannot_reach_the_relay_any_more_ends_the_turn_with_network_error() -> None:
    async def main() -> None:
        async with serve() as relay:
            proxy = Proxy(relay.url)
            ends: list[Any] = []
            async with proxy.running() as url, connect(url, avatar(), give_up_after=0.3) as link:
                link.avatar.on_event = lambda e: ends.append(e.reason) if e.kind == "conversation_end" else None
                relay.open_turn().audio(SPEECH.tobytes() * 10)
                await until(lambda: link.avatar.state == "playing")
                proxy.shut()
                await until(lambda: bool(ends))
                assert ends == ["network_error"]
                link.avatar.close()

    asyncio.run(main())


def test_interrupt_of_a_client_ends_the_turn_everywhere_and_its_echo_ends_no_other() -> None:
    async def main() -> None:
        async with serve() as relay, connect(relay.url, avatar()) as one, connect(relay.url, avatar()) as other:
            reasons: list[str] = []
            relay.on_interrupt = reasons.append
            turn = relay.open_turn()
            turn.audio(SPEECH.tobytes() * 5)
            await until(lambda: one.avatar.state == other.avatar.state == "playing")
            heard_s = await one.interrupt()
            assert heard_s is not None
            assert heard_s > 0.0
            assert one.avatar.state == "idle"
            await until(lambda: other.avatar.state == "idle")
            assert reasons == ["user"]
            turn.audio(SPEECH.tobytes())  # in flight at the publisher
            following = relay.open_turn()
            following.audio(SPEECH.tobytes() * 3)
            await until(lambda: one.avatar.state == other.avatar.state == "playing")
            await asyncio.sleep(0.3)
            assert one.avatar.state == other.avatar.state == "playing"
            for link in (one, other):
                link.avatar.close()

    asyncio.run(main())


def test_audio_goes_the_other_way_too() -> None:
    async def main() -> None:
        for query in ("", "?protocol=json"):
            async with serve() as relay, connect(relay.url + query, avatar()) as link:
                heard: list[tuple[bytes, bool]] = []
                relay.on_audio = lambda data, last, heard=heard: heard.append((data, last))
                assert await link.send_audio(b"\1\2")
                assert await link.send_audio(b"", last=True)
                await until(lambda heard=heard: len(heard) == 2)
                assert heard == [(b"\1\2", False), (b"", True)]
                link.avatar.close()

    asyncio.run(main())


def test_viewer_that_takes_nothing_is_told_and_dropped_and_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hostmode.relay.viewer.STUCK_S", 0.5)

    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            stuck = await http.ws_connect(relay.url)
            await stuck.send_str(binary_frames.encode(Start()))
            good = await http.ws_connect(relay.url)
            await good.send_str(binary_frames.encode(Start()))
            items: list[Any] = []
            reader = asyncio.ensure_future(collect(good, items))
            await until(lambda: relay.viewers == 2)
            stuck._conn.transport.pause_reading()
            turn = relay.open_turn()
            for _ in range(400):
                turn.audio(bytes(60_000))
                await asyncio.sleep(0)
            await until(lambda: len(contents(items)) == 400)
            await until(lambda: relay.viewers == 1)
            reader.cancel()
            stuck._conn.transport.abort()

    with caplog.at_level(logging.WARNING, "hostmode"):
        asyncio.run(main())
    assert sum("too slow" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"Authorization": "Bearer wrong"}, "", 401),
        ({}, "?token=wrong", 401),
        ({"Origin": "https://elsewhere.example"}, "?token=right", 403),
        ({"Authorization": "Bearer right"}, "", 101),
        ({"Origin": "https://ours.example"}, "?token=right", 101),
    ],
)
def test_relay_lets_in_whom_it_should(headers: dict[str, str], query: str, status: int) -> None:
    async def main() -> None:
        settings = RelaySettings(token="right", origins=frozenset({"https://ours.example"}))
        async with serve(settings) as relay, aiohttp.ClientSession() as http:
            http_url = relay.url.replace("ws", "http", 1) + query
            key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
            upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", **key}
            assert (await http.get(http_url, headers={**upgrade, **headers})).status == status

    asyncio.run(main())


def test_plain_http_and_a_wrong_version_are_refused() -> None:
    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            url = relay.url.replace("ws", "http", 1)
            assert (await http.get(url)).status == 426
            upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "5"}
            assert (await http.get(url, headers={**upgrade, "Sec-WebSocket-Key": "x" * 22 + "=="})).status == 400

    asyncio.run(main())


@pytest.mark.parametrize(
    "hostile", [b"\x07\x00", "{", b"\x02\x00\xff\xff\xff\xff", bytes(2 * 1024 * 1024), [b"\x01\x00"] * 400]
)
def test_client_that_breaks_the_rules_is_closed_and_no_other(hostile: Any) -> None:
    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http, connect(relay.url, avatar()) as link:
            bad = await http.ws_connect(relay.url)
            await bad.send_str(binary_frames.encode(Start()))
            await until(lambda: relay.viewers == 2)
            try:
                for frame in hostile if isinstance(hostile, list) else [hostile]:
                    await (bad.send_str(frame) if isinstance(frame, str) else bad.send_bytes(frame))
            except ConnectionError:
                pass
            await until(lambda: relay.viewers == 1)
            relay.open_turn().audio(SPEECH.tobytes())
            await until(lambda: link.avatar.state == "playing")
            link.avatar.close()

    asyncio.run(main())


def test_client_that_never_starts_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostmode.relay.relay._HANDSHAKE_S", 0.2)

    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            slow = await http.ws_connect(relay.url)
            first = await slow.receive(5)
            assert isinstance(binary_frames.decode(first.data), Failure)
            assert (await slow.receive(5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

    asyncio.run(main())


def test_server_error_of_a_relay_reaches_the_application() -> None:
    async def main() -> None:
        async def answer(request: Any) -> Any:
            socket = aiohttp.web.WebSocketResponse()
            await socket.prepare(request)
            await socket.receive()
            # A server of the published protocol: no marks of turns, no readiness.
            await socket.send_bytes(binary_frames.encode(Audio(SPEECH.tobytes() * 3)))
            await asyncio.sleep(0.5)
            await socket.send_bytes(b"\x04\x00" + json.dumps({"code": "busy", "message": "later"}).encode())
            await socket.receive()
            return socket

        app = aiohttp.web.Application()
        app.router.add_get("/", answer)
        runner = aiohttp.web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        errors: list[Any] = []
        async with connect(f"ws://127.0.0.1:{runner.addresses[0][1]}/", avatar()) as link:
            link.avatar.on_error = errors.append
            await until(lambda: link.avatar.state == "playing")
            await until(lambda: bool(errors))
            assert errors[0].code == "server_error"
            assert "later" in str(errors[0])
            link.avatar.close()
        await runner.cleanup()

    asyncio.run(main())


def test_relay_that_is_not_there_or_refuses_says_so() -> None:
    async def main() -> None:
        with avatar() as one:
            with pytest.raises(HostModeError, match="cannot be reached"):
                async with connect("ws://127.0.0.1:9/", one, give_up_after=0.2):
                    pass
            async with serve(RelaySettings(token="t")) as relay:
                with pytest.raises(HostModeError, match="401"):
                    async with connect(relay.url, one):
                        pass

    asyncio.run(main())


def test_relay_open_to_others_needs_a_token() -> None:
    with pytest.raises(HostModeError, match="token"):
        RelaySettings(host="0.0.0.0")
    with pytest.raises(ValueError, match="12345"):
        RelaySettings(sample_rate=12345)


def test_json_ping_gets_its_pong() -> None:
    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            socket = await http.ws_connect(relay.url + "?protocol=json")
            await socket.send_str(JsonFrames().encode(Start()))
            await socket.send_str('{"type":   "ping"}')
            kinds = [json.loads((await socket.receive(5)).data)["type"] for _ in range(2)]
            assert kinds == ["ready", "pong"]

    asyncio.run(main())


def test_interrupted_turn_sends_nothing_more() -> None:
    async def main() -> None:
        async with serve() as relay, aiohttp.ClientSession() as http:
            socket = await http.ws_connect(relay.url)
            await socket.send_str(binary_frames.encode(Start()))
            items: list[Any] = []
            reader = asyncio.ensure_future(collect(socket, items))
            await until(lambda: relay.viewers == 1)
            turn = relay.open_turn()
            turn.audio(b"ab")
            await until(lambda: Audio(b"ab") in items)
            turn.interrupt("barge-in")
            turn.audio(b"cd")
            turn.end()
            await until(lambda: Interrupt("barge-in") in items)
            await asyncio.sleep(0.1)
            assert contents(items) == [Audio(b"ab")]
            reader.cancel()

    asyncio.run(main())
