"""Relay nodes on a bus, with a real NATS server: every client of every node gets every item once and in order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostmode import HostModeError

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("nats")

from relay_rig import SPEECH, Proxy, Record, avatar, free_port, nats_server, relay_node, until  # noqa: E402

from hostmode.relay import RelayTurn, binary_frames, bus_messages, connect, serve  # noqa: E402
from hostmode.relay.bus_messages import Ended, Interrupted, Opened, Said, Spoke  # noqa: E402
from hostmode.relay.items import Audio, FrameError, Frames, Interrupt, Start  # noqa: E402

pytestmark = pytest.mark.outer

MESSAGES = st.one_of(
    st.builds(Opened, st.text(max_size=9), st.integers(0, 2**64 - 1)),
    st.builds(Said, st.text(max_size=9), st.builds(Audio, st.binary(max_size=99), st.booleans())),
    st.builds(
        Said, st.text(max_size=9), st.builds(Frames, st.lists(st.binary(max_size=9)).map(tuple), st.booleans())
    ),
    st.builds(Ended, st.text(max_size=9)),
    st.builds(Interrupted, st.text(max_size=9), st.text(max_size=9), st.booleans()),
    st.builds(Spoke, st.builds(Audio, st.binary(max_size=99), st.booleans())),
)


@given(MESSAGES)
def test_message_of_the_bus_survives_its_bytes(message: Any) -> None:
    assert bus_messages.decode(bus_messages.encode(message)) == message


@given(st.binary(max_size=40))
def test_hostile_bytes_on_the_bus_end_in_a_message_or_an_error(data: bytes) -> None:
    with suppress(FrameError):
        bus_messages.decode(data)


def chunk(number: int) -> bytes:
    return b"%06d" % number * 40


async def publish(turn: RelayTurn, numbers: range, pause_s: float = 0.01) -> list[bytes]:
    said = []
    for number in numbers:
        turn.audio(chunk(number))
        turn.motion([b"\x08\x05" + b"\x10" + bytes((number % 128,))])
        said.append(chunk(number))
        await asyncio.sleep(pause_s)
    return said


def test_what_is_published_on_any_node_reaches_the_clients_of_all() -> None:
    async def main(bus: str) -> None:
        async with (
            serve(bus=bus) as one,
            serve(bus=bus) as other,
            connect(one.url, avatar()) as near,
            connect(other.url, avatar()) as far,
        ):
            records = [Record(link.avatar) for link in (near, far)]
            said = []
            for number, relay in enumerate((one, other, one)):
                turn = relay.open_turn()
                said += await publish(turn, range(100 * number, 100 * number + 30), 0.0)
                await until(lambda said=said: all(record.audio == said for record in records))
                turn.end()
            assert all(len(record.motion) == 90 for record in records)
            for link in (near, far):
                link.avatar.close()

    with nats_server() as bus:
        asyncio.run(main(bus))


def test_node_that_joins_late_gives_the_running_turn_from_its_beginning() -> None:
    async def main(bus: str) -> None:
        async with serve(bus=bus) as one:
            over = one.open_turn()
            await publish(over, range(5), 0.0)
            over.end()
            turn = one.open_turn()
            said = await publish(turn, range(10, 30), 0.0)
            late = avatar()
            record = Record(late)
            async with serve(bus=bus) as other, connect(other.url, late) as link:
                said += await publish(turn, range(30, 40), 0.0)
                await until(lambda: record.audio == said)
                link.avatar.close()

    with nats_server() as bus:
        asyncio.run(main(bus))


def test_other_room_hears_nothing() -> None:
    async def main(bus: str) -> None:
        async with (
            serve(bus=bus, room="a") as one,
            serve(bus=bus, room="b") as other,
            connect(other.url, avatar()) as link,
        ):
            record = Record(link.avatar)
            await publish(one.open_turn(), range(10))
            said = await publish(other.open_turn(), range(20, 30))
            await until(lambda: record.audio == said)
            link.avatar.close()

    with nats_server() as bus:
        asyncio.run(main(bus))


def test_interrupt_and_speech_of_a_client_reach_the_publisher_on_another_node() -> None:
    async def main(bus: str) -> None:
        async with (
            serve(bus=bus) as one,
            serve(bus=bus) as other,
            connect(one.url, avatar()) as near,
            connect(other.url, avatar()) as far,
        ):
            reasons: list[str] = []
            heard: list[tuple[bytes, bool]] = []
            one.on_interrupt = reasons.append
            one.on_audio = lambda data, last: heard.append((data, last))
            turn = one.open_turn()
            turn.audio(SPEECH.tobytes() * 5)
            await until(lambda: near.avatar.state == far.avatar.state == "playing")
            await far.send_audio(b"\1\2", last=True)
            await far._send(Interrupt("\ud800" + "x" * 500_000))
            await far.interrupt()
            await until(lambda: near.avatar.state == "idle" and turn.over)
            await until(lambda: bool(heard))
            assert [len(reason) for reason in reasons] == [200]
            assert heard == [(b"\1\2", True)]
            one.open_turn().audio(SPEECH.tobytes() * 5)
            await until(lambda: near.avatar.state == far.avatar.state == "playing")
            for link in (near, far):
                link.avatar.close()

    with nats_server() as bus:
        asyncio.run(main(bus))


def test_turn_that_is_opened_on_another_node_ends_the_one_before() -> None:
    async def main(bus: str) -> None:
        async with serve(bus=bus) as one, serve(bus=bus) as other:
            first = one.open_turn()
            first.audio(b"\0\0")
            await asyncio.sleep(0.1)
            second = other.open_turn()
            await until(lambda: first.over)
            assert not second.over

    with nats_server() as bus:
        asyncio.run(main(bus))


def test_node_killed_publisher_cut_off_and_one_client_stuck_cost_the_others_nothing() -> None:
    viewers = 20

    async def main(bus: str) -> None:
        proxy = Proxy(bus)
        async with AsyncExitStack() as stack:
            (doomed, process), (spare, _) = (stack.enter_context(relay_node(bus)) for _ in range(2))
            through = (await stack.enter_async_context(proxy.running())).replace("ws://", "nats://").rstrip("/")
            publisher = await stack.enter_async_context(serve(bus=through))
            records = []
            for number in range(viewers):
                urls = [doomed, spare] if number % 2 else [spare, doomed]
                link = await stack.enter_async_context(connect(urls, stack.enter_context(avatar())))
                records.append(Record(link.avatar))
            http = await stack.enter_async_context(aiohttp.ClientSession())
            stuck = await http.ws_connect(spare)
            await stuck.send_str(str(binary_frames.encode(Start())))
            stuck._conn.transport.pause_reading()
            turn = publisher.open_turn()
            said = await publish(turn, range(40))
            process.kill()
            said += await publish(turn, range(40, 80))
            proxy.shut()
            said += await publish(turn, range(80, 160))
            await proxy.reopen()
            turn.end()
            turn = publisher.open_turn()
            said += await publish(turn, range(160, 180))
            await until(lambda: all(len(record.audio) >= len(said) for record in records), 20)
            await asyncio.sleep(0.2)
            assert all(record.audio == said for record in records)
            assert all(len(record.motion) == len(said) for record in records)
            stuck._conn.transport.abort()

    with nats_server() as bus:
        asyncio.run(main(bus))


@pytest.mark.parametrize("cut", ["publisher", "node"])
def test_connection_to_the_bus_that_is_cut_loses_nothing_and_doubles_nothing(cut: str) -> None:
    async def main(bus: str) -> None:
        proxy = Proxy(bus)
        async with proxy.running() as url:
            through = url.replace("ws://", "nats://").rstrip("/")
            publishing, viewing = (through, bus) if cut == "publisher" else (bus, through)
            async with (
                serve(bus=publishing) as publisher,
                serve(bus=viewing) as node,
                connect(node.url, avatar()) as link,
            ):
                record = Record(link.avatar)
                turn = publisher.open_turn()
                said = await publish(turn, range(30))
                proxy.shut()
                said += await publish(turn, range(30, 130))
                await proxy.reopen()
                said += await publish(turn, range(130, 160))
                turn.end()
                await until(lambda: len(record.audio) >= len(said), 20)
                await asyncio.sleep(0.2)
                assert record.audio == said
                link.avatar.close()

    with nats_server() as bus:
        asyncio.run(main(bus))


def test_server_of_the_bus_that_is_started_anew_is_found_again() -> None:
    async def main(port: int) -> None:
        first = nats_server(port)
        bus = first.__enter__()
        async with serve(bus=bus) as one, serve(bus=bus) as other, connect(other.url, avatar()) as link:
            record = Record(link.avatar)
            turn = one.open_turn()
            said = await publish(turn, range(10))
            await until(lambda: record.audio == said)
            first.__exit__(None, None, None)
            said += await publish(turn, range(10, 40))
            with nats_server(port):
                said += await publish(turn, range(40, 60))
                await until(lambda: record.audio == said, 60)
                link.avatar.close()

    asyncio.run(main(free_port()))


@pytest.mark.parametrize("pause_s", [0.0, 0.05, 0.5, 2.5])
def test_node_whose_bus_has_died_closes_without_an_error(pause_s: float) -> None:
    async def main() -> None:
        with ExitStack() as running:
            async with serve(bus=running.enter_context(nats_server())) as node:
                turn = node.open_turn()
                await publish(turn, range(5))
                running.close()
                await publish(turn, range(5, 10))
                await asyncio.sleep(pause_s)

    asyncio.run(main())


def test_bus_that_is_not_there_says_so_without_the_password() -> None:
    async def main() -> None:
        with pytest.raises(HostModeError, match=r"127\.0\.0\.1:9 cannot be reached") as refused:
            async with serve(bus="nats://user:secret@127.0.0.1:9"):
                pass
        assert "secret" not in str(refused.value)

    asyncio.run(main())


def test_room_is_a_plain_word() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="room"):
            async with serve(bus="nats://127.0.0.1:4222", room="a.b >"):
                pass

    asyncio.run(main())
