"""The motion service in a room of a real LiveKit server, told so by LiveKit's own plugins and by a bare client."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

rtc = pytest.importorskip("livekit.rtc")
pytest.importorskip("aiohttp")

from livekit_agent import rising_tone, run_agent  # noqa: E402
from livekit_room import KEY, SECRET, joined, running_server, token  # noqa: E402
from test_motion_service import Client, confirmed, connected  # noqa: E402
from test_rtc_livekit import RATE, Listener  # noqa: E402

from hostmode.relay import envelope as wire  # noqa: E402
from hostmode.relay import serve_motion  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

pytestmark = pytest.mark.outer

GRANT = {"roomJoin": True, "room": "test"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as url:
        yield url


def last_heard_s(sound: npt.NDArray[np.int16]) -> float:
    """Return up to which instant of the rising tone `sound` has it, by the place that its last 0.2 s come from."""
    blocks = sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(float)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.sqrt(np.mean(blocks**2, axis=1)) > 200, [False]])))
    tone = rising_tone(RATE).astype(float)
    found_s = []
    # On a busy machine the tone may come in pieces, and there is speech before and after it.
    for start, stop in edges.reshape(-1, 2):
        loud = sound[160 * start : 160 * stop]
        strong = np.flatnonzero(np.abs(loud) > 2000)
        if len(strong) == 0 or strong[-1] + 1 < RATE // 5:
            continue
        tail = loud[strong[-1] + 1 - RATE // 5 : strong[-1] + 1].astype(float)
        size = 1 << (len(tone) + len(tail)).bit_length()
        match = np.fft.irfft(np.fft.rfft(tone, size) * np.conj(np.fft.rfft(tail, size)), size)[: len(tone)]
        if match.max() > 0.8 * np.linalg.norm(tail) * np.linalg.norm(tone[: len(tail)]):
            found_s.append((int(np.argmax(match)) + len(tail)) / RATE)
    return found_s[-1]


@pytest.mark.parametrize(
    ("plugin", "identity", "tolerance_s"),
    # The second takes no calls: it reckons from the frames that tell it of the beginning.
    [("spatius", "spatius-avatar-agent", 0.02), ("spatialreal", "spatialreal-avatar", 0.2)],
)
def test_livekits_plugin_speaks_through_the_service_and_learns_what_was_heard(
    server: str, tmp_path: Path, plugin: str, identity: str, tolerance_s: float
) -> None:
    async def main() -> tuple[list[dict[str, Any]], Listener]:
        async with serve_motion() as service, joined(server, "viewer") as viewer:
            listener = Listener(viewer)
            happened = await run_agent(server, service.url, plugin, tmp_path)
            await asyncio.sleep(0.3)
            for task in listener.tasks:
                task.cancel()
            # The process of the agent may be over before the service has left the room.
            for _ in range(150):
                if service.sessions == 0 and identity not in viewer.remote_participants:
                    break
                await asyncio.sleep(0.02)
            assert service.sessions == 0
            assert identity not in {one.identity for one in viewer.remote_participants.values()}
        return happened, listener

    happened, listener = asyncio.run(main())
    finished = [one for one in happened if one["event"] == "finished"]
    assert sum(one["event"] == "started" for one in happened) == 3
    assert [one["interrupted"] for one in finished] == [False, True, False]
    for one in (finished[0], finished[2]):
        assert one["position"] == pytest.approx(2.0, abs=0.001)
    (interrupted,) = [one["at"] for one in happened if one["event"] == "interrupts"]
    assert finished[1]["at"] - interrupted < 0.5

    assert [one.reason for one in listener.steps if one.step == "end"] == ["end", "idle", "end"]
    first, second, third = rounds_of(listener)
    assert first == third == list(range(50))
    assert second == list(range(len(second)))
    assert len(second) / 25 == pytest.approx(finished[1]["position"], abs=0.2)
    assert last_heard_s(np.concatenate(listener.sound)) == pytest.approx(finished[1]["position"], abs=tolerance_s)


def rounds_of(listener: Listener) -> list[list[int]]:
    """Return the positions of the frames of each round."""
    rounds: list[list[int]] = []
    for step in listener.steps:
        if step.step == "open":
            rounds.append([])
        elif step.step == "frame":
            rounds[-1].append(step.position)
    return rounds


def room_of(server: str, **more: Any) -> dict[str, Any]:
    """Return the configuration of a session that speaks in the room of the tests."""
    room = wire.new_envelope(wire.CONFIGURE).configure.livekit
    chosen = {"url": server, "api_token": token("avatar"), "room_name": "test", "publisher_id": "avatar", **more}
    for name, value in chosen.items():
        setattr(room, name, value)
    return {"egress_type": wire.LIVEKIT_EGRESS, "livekit": room}


@pytest.mark.parametrize(
    ("room", "code", "words"),
    [
        ({"api_token": token("avatar")[:-9] + "AAAAAAAAA"}, 16, "refuses the token"),
        ({"api_token": token("avatar", exp=int(time.time()) - 60)}, 3, "api_token expired"),
        ({"api_token": token("avatar", room="another")}, 3, "'another'.*'test'"),
        ({"api_token": token("avatar", video={**GRANT, "canPublish": False})}, 3, "must allow to publish"),
        ({"api_token": token("avatar", video={**GRANT, "canPublishSources": ["camera"]})}, 3, "must allow"),
        ({"api_token": token("avatar", video={**GRANT, "canPublishData": False})}, 3, "must allow"),
        ({"api_token": token("avatar", video={**GRANT, "roomJoin": False})}, 16, "401 not let in"),
        ({"api_token": "nonsense"}, 3, "no token of LiveKit"),
        ({"api_token": ""}, 3, "both api_key and api_secret"),
        ({"api_token": "", "api_key": KEY, "api_secret": "another"}, 16, "refuses the token"),
        ({"url": "ws://127.0.0.1:9"}, 14, "failed to create egress connection"),
        ({"url": "file:///etc/passwd"}, 3, "wss://host"),
        ({"room_name": ""}, 3, "room_name"),
        ({"idle_timeout": -1}, 3, "idle_timeout"),
    ],
)
def test_a_room_that_cannot_be_joined_is_told_to_the_client(
    server: str, room: dict[str, Any], code: int, words: str
) -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service, **room_of(server, **room)) as client:
            await client.listen(12)
            ((told, text),) = client.errors
            assert told == code
            assert re.search(words, text)
            assert "unauthorized" not in text.lower()
            assert client.socket.closed

    asyncio.run(main())


def test_a_key_and_its_secret_let_the_service_in_under_the_publishers_name(server: str) -> None:
    async def main() -> None:
        room = room_of(server, api_token="", api_key=KEY, api_secret=SECRET, publisher_id="by-key")
        room["livekit"].extra_attributes.add(key="lk.publish_on_behalf", value="agent")
        async with (
            serve_motion() as service,
            joined(server, "viewer") as viewer,
            connected(service, **room) as client,
        ):
            await confirmed(client)
            while not (avatars := [one for one in viewer.remote_participants.values() if one.identity == "by-key"]):
                await asyncio.sleep(0.02)
            (avatar,) = avatars
            assert avatar.attributes["lk.publish_on_behalf"] == "agent"
            assert avatar.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    asyncio.run(main())


def test_a_token_for_the_microphone_alone_is_enough(server: str) -> None:
    async def main() -> None:
        only = token("avatar", video={**GRANT, "canPublishSources": ["microphone"]})
        async with (
            serve_motion() as service,
            connected(service, **room_of(server, api_token=only)) as client,
        ):
            assert (await confirmed(client)).type == wire.CONFIRM

    asyncio.run(main())


def test_a_room_that_is_gone_ends_the_session_with_an_error(server: str) -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service, **room_of(server)) as client:
            await confirmed(client)
            async with joined(server, "avatar"):  # the server puts the first of that name out
                await client.listen(10)
            ((code, text),) = client.errors
            assert code == 14
            assert "duplicate identity" in text
            assert client.socket.close_code == 4503

    asyncio.run(main())


def test_a_server_that_is_gone_ends_the_session_with_an_error() -> None:
    async def main() -> None:
        with ExitStack() as stack:
            own = stack.enter_context(running_server())
            async with serve_motion() as service, connected(service, **room_of(own)) as client:
                await confirmed(client)
                ending = asyncio.ensure_future(asyncio.to_thread(stack.close))
                await client.listen(60)
                await ending
                ((code, text),) = client.errors
                assert code == 14
                assert "is gone" in text

    asyncio.run(main())


def test_a_session_without_sound_leaves_the_room_after_its_idle_timeout(server: str) -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service, **room_of(server, idle_timeout=1)) as client:
            await confirmed(client)
            await client.listen(5)
            assert client.errors == [(4, "no audio input for 1 s")]

    asyncio.run(main())


def test_a_pause_holds_the_room_and_its_position_and_an_interrupt_says_what_was_heard(server: str) -> None:
    async def main() -> tuple[Client, list[dict[str, Any]], Listener]:
        calls: list[dict[str, Any]] = []
        room = room_of(server)
        room["livekit"].extra_attributes.add(key="livekit_agent_identity", value="viewer")
        async with (
            serve_motion() as service,
            joined(server, "viewer") as viewer,
            connected(service, **room) as client,
        ):
            listener = Listener(viewer)
            viewer.local_participant.register_rpc_method("lk.playback_started", lambda _: "ok")
            viewer.local_participant.register_rpc_method(
                "lk.playback_finished", lambda call: calls.append(json.loads(call.payload)) or "ok"
            )
            await confirmed(client)
            await asyncio.sleep(1.0)  # until the viewer is subscribed
            await client.speak("r", rising_tone(RATE))
            await client.listen(1.0, until_end=False)
            await client.send(wire.PAUSE, "pause", req_id="r")
            await client.listen(1.0, until_end=False)
            await client.send(wire.PAUSE, "pause", req_id="r")
            await client.send(wire.RESUME, "resume", req_id="r")
            await client.listen(0.7, until_end=False)
            await client.send(wire.INTERRUPT, "interrupt", req_id="r")
            await client.listen(0.5, until_end=False)
            for task in listener.tasks:
                task.cancel()
        return client, calls, listener

    client, calls, listener = asyncio.run(main())
    begun, paused, still, resumed, interrupted = client.states
    assert begun[:2] == ("r", wire.PLAYING)
    assert 600 <= paused[2] <= 1200
    assert [one[1] for one in (paused, still, resumed)] == [wire.PAUSED, wire.PAUSED, wire.PLAYING]
    assert paused[2] == still[2] == resumed[2]
    assert interrupted[1::2] == (wire.INTERRUPTED, "explicit")
    assert interrupted[2] - paused[2] == pytest.approx(700, abs=200)
    (call,) = calls
    assert call["interrupted"]
    assert call["playback_position"] == pytest.approx(interrupted[2] / 1000, abs=0.001)
    # Nothing is missing and nothing twice where it was paused.
    assert rounds_of(listener) == [list(range(len(rounds_of(listener)[0])))]
    assert listener.loud_s() == pytest.approx(call["playback_position"], abs=0.1)
    # Motion does not come to a client whose motion goes to the room; empty frames tell it of playback.
    assert {(len(one.keyframes), one.end) for one in client.motions} == {(0, False)}
