"""The motion service in a room that a stub stands in for: what it sends there, where no server is to be had."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

rtc = pytest.importorskip("livekit.rtc")
pytest.importorskip("aiohttp")

from livekit_room import token  # noqa: E402
from stub_room import StubRoom, use_stub_rooms  # noqa: E402
from test_motion_service import RATE, SPEECH, Client, confirmed, connected  # noqa: E402

from hostmode.relay import egress, serve_motion  # noqa: E402
from hostmode.relay import envelope as wire  # noqa: E402
from hostmode.rtc.livekit import AUDIO_TRACK, TOPIC  # noqa: E402
from hostmode.rtc.packet import decode_packet  # noqa: E402
from hostmode.rtc.rounds import PacketRounds  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

pytestmark = pytest.mark.outer

UNSUPPORTED = rtc.RpcError(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD, "no such method")
LOST = rtc.RpcError(rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT, "lost")


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> type[StubRoom]:
    return use_stub_rooms(monkeypatch)


def in_a_room(talk: Callable[[Client], Coroutine[Any, Any, None]], **more: Any) -> Client:
    """Let a client talk in a session that speaks in a stub, and return it."""
    room = wire.new_envelope(wire.CONFIGURE).configure.livekit
    chosen = {
        "url": "wss://there",
        "api_token": token("avatar"),
        "room_name": "test",
        "publisher_id": "avatar",
        **more,
    }
    for name, value in chosen.items():
        setattr(room, name, value)
    room.extra_attributes.add(key="lk.publish_on_behalf", value="agent")

    async def main() -> Client:
        async with (
            serve_motion() as service,
            connected(service, egress_type=wire.LIVEKIT_EGRESS, livekit=room) as client,
        ):
            await confirmed(client)
            await talk(client)
        return client

    return asyncio.run(main())


def test_three_requests_the_second_interrupted_are_told_to_the_agent_in_order(rooms: type[StubRoom]) -> None:
    async def talk(client: Client) -> None:
        await client.speak("first")
        await client.listen(2.6, until_end=False)
        await client.speak("second")
        await client.listen(1.0, until_end=False)
        await client.send(wire.INTERRUPT, "interrupt", req_id="second")
        await client.speak("third")
        await client.listen(2.6, until_end=False)

    client = in_a_room(talk)
    (room,) = rooms.made
    assert not room.joined
    assert room.tracks == ["", "egress-animation"]
    methods = [(to, method.removeprefix("lk.playback_")) for to, method, _ in room.calls]
    assert methods == [("agent", name) for name in ("started", "finished") * 3]
    first, second, third = [json.loads(payload) for _, method, payload in room.calls if "finished" in method]
    assert first == third == {"playback_position": 2.0, "interrupted": False}
    assert second["interrupted"]
    assert second["playback_position"] == pytest.approx(0.95, abs=0.15)
    assert [state[:2] for state in client.states] == [
        ("first", wire.PLAYING),
        ("first", wire.ENDED),
        ("second", wire.PLAYING),
        ("second", wire.INTERRUPTED),
        ("third", wire.PLAYING),
        ("third", wire.ENDED),
    ]
    assert [(one.req_id, one.end, len(one.keyframes)) for one in client.motions] == [
        ("first", False, 0),
        ("first", True, 0),
        ("second", False, 0),
        ("third", False, 0),
        ("third", True, 0),
    ]
    packets = [decode_packet(data, "data") for topic, data in room.packets if topic == TOPIC]
    assert sum(one.start for one in packets) == 3
    rounds = PacketRounds("data")
    steps = [step for at, (_, data) in enumerate(room.packets) for step in rounds.push(data, 0.04 * at)]
    assert [step.reason for step in steps if step.step == "end"] == ["end", "idle", "end"]
    positions = [step.position for step in steps if step.step == "frame"]
    assert positions[:50] == positions[-50:] == list(range(50))


def test_a_request_that_is_interrupted_before_any_sound_of_it_is_told_as_not_heard(rooms: type[StubRoom]) -> None:
    async def talk(client: Client) -> None:
        await client.speak("r", SPEECH[: RATE // 20], end=False)  # too little for a keyframe that is certain
        await client.listen(0.2, until_end=False)
        await client.send(wire.INTERRUPT, "interrupt", req_id="r")
        await client.send(wire.INTERRUPT, "interrupt", req_id="another")
        await client.speak("another")
        await client.listen(0.5, until_end=False)

    client = in_a_room(talk)
    unheard = ("agent", "lk.playback_finished", '{"playback_position": 0.0, "interrupted": true}')
    assert rooms.made[0].calls == [unheard, unheard]
    assert not rooms.made[0].packets
    assert client.motions == []


@pytest.mark.parametrize(
    ("answers", "calls"),
    [([LOST, LOST], 4), ([LOST] * 3, 4), ([UNSUPPORTED], 1), (["reject"], 2)],
)
def test_calls_are_repeated_where_they_were_lost_and_left_where_nobody_takes_them(
    rooms: type[StubRoom], answers: list[Any], calls: int
) -> None:
    rooms.answers = list(answers)

    async def talk(client: Client) -> None:
        await client.speak("r", SPEECH[: RATE // 2])
        await client.listen(1.5, until_end=False)

    in_a_room(talk)
    assert len(rooms.made[0].calls) == calls


def test_a_room_that_puts_the_avatar_out_ends_the_session(rooms: type[StubRoom]) -> None:
    async def talk(client: Client) -> None:
        rooms.made[0].listeners["disconnected"](rtc.DisconnectReason.ROOM_DELETED)
        await client.listen(3)

    client = in_a_room(talk)
    assert client.errors == [(14, "the LiveKit room 'test' is gone: room deleted")]
    assert client.socket.close_code == 4503


def test_more_sound_than_may_wait_to_be_heard_ends_the_session(
    rooms: type[StubRoom], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "MAX_WAITING_S", 3.0)

    async def talk(client: Client) -> None:
        await client.speak("r", SPEECH, end=False)
        await client.speak("r", SPEECH)
        await client.listen(3)

    client = in_a_room(talk)
    ((code, text),) = client.errors
    assert code == 3
    assert "more than 3 s of sound" in text
    assert not rooms.made[0].joined


def test_a_room_that_does_not_answer_is_given_up(rooms: type[StubRoom], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_JOIN_S", 0.3)

    async def never(*_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(StubRoom, "connect", never)
    began = time.monotonic()
    room = wire.new_envelope(wire.CONFIGURE).configure.livekit
    room.url, room.api_token, room.room_name = "wss://there", token("avatar"), "test"

    async def main() -> None:
        configure = {"egress_type": wire.LIVEKIT_EGRESS, "livekit": room}
        async with serve_motion() as service, connected(service, **configure) as client:
            await client.listen(5)
            ((code, text),) = client.errors
            assert code == 14
            assert "did not answer within 0.3 s" in text

    asyncio.run(main())
    assert time.monotonic() - began < 4.0
    assert AUDIO_TRACK not in rooms.made[0].tracks
