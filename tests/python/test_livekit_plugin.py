"""LiveKit's official plugin, unmodified, with ``hostmode emulate`` in a room that a stub serves to both."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("livekit.rtc")
pytest.importorskip("aiohttp")
pytest.importorskip("av")

from livekit_agent import plugin_python, run_agent
from livekit_room import KEY, SECRET
from room_on_socket import Rooms, serve_rooms

from hostmode.rtc.livekit import TOPIC
from hostmode.rtc.rounds import PacketRounds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.outer

PROGRAM = Path(__file__).with_name("emulate_in_socket_room.py")
AVATAR = "spatius-avatar-agent"


@asynccontextmanager
async def emulating() -> AsyncIterator[str]:
    """Run ``hostmode emulate`` in a process of its own, and yield its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROGRAM), "emulate", "--port", "0"),
        env={**os.environ, "HOSTMODE_API_KEY": KEY},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 40)
        assert line, "it ended at once"
        yield line.decode().rpartition(" ")[2].strip()
    finally:
        process.terminate()
        await process.communicate()


def speak_in_a_room(folder: Path, key: str = KEY, **more: Any) -> tuple[list[dict[str, Any]], Rooms]:
    """Return what happened to the agent, and in the room."""
    plugin_python("spatius")

    async def main() -> tuple[list[dict[str, Any]], Rooms]:
        async with serve_rooms(SECRET) as rooms, emulating() as service:
            happened = await run_agent(rooms.url, service, "spatius", folder, stub=True, service_key=key, **more)
            return happened, rooms

    return asyncio.run(main())


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Rooms]:
    return speak_in_a_room(tmp_path_factory.mktemp("talk"))


def test_plugin_learns_what_was_heard_of_each_utterance(talk: Any) -> None:
    happened, _ = talk
    assert [one["event"] for one in happened if one["event"] in ("joined", "started", "interrupts", "finished")] == [
        "joined",
        *("started", "finished"),
        *("started", "interrupts", "finished"),
        *("started", "finished"),
    ]
    finished = [one for one in happened if one["event"] == "finished"]
    assert [one["interrupted"] for one in finished] == [False, True, False]
    assert [finished[0]["position"], finished[2]["position"]] == pytest.approx([2.0, 2.0], abs=0.001)
    # Told by the service, and not by the plugin, which gives up after 2 s and says that nothing was heard.
    (interrupted,) = [one["at"] for one in happened if one["event"] == "interrupts"]
    assert finished[1]["at"] - interrupted < 1.5
    begun = [one["at"] for one in happened if one["event"] == "started"][1]
    assert finished[1]["position"] == pytest.approx(interrupted - begun, abs=0.5)
    assert finished[1]["position"] > 1.0


def test_service_joins_as_the_plugins_avatar_and_calls_the_agent_alone(talk: Any) -> None:
    _, rooms = talk
    tracks = [(one["from"], one["track"]["name"]) for one in rooms.sent("track")]
    assert tracks == [(AVATAR, "egress-audio"), (AVATAR, "egress-animation")]
    calls = rooms.sent("call")
    assert {(one["from"], one["to"]) for one in calls} == {(AVATAR, "agent")}
    assert [one["call"] for one in calls] == ["lk.playback_started", "lk.playback_finished"] * 3
    assert [one["answer"] for one in rooms.sent("answer")] == ["ok"] * 6
    assert rooms.present == {}


def test_motion_in_the_room_ends_with_what_was_heard(talk: Any) -> None:
    happened, rooms = talk
    packets = [
        base64.b64decode(one["packet"])
        for one in rooms.sent("packet")
        if (one["from"], one["topic"]) == (AVATAR, TOPIC)
    ]
    line = PacketRounds("data")
    steps = [step for number, packet in enumerate(packets) for step in line.push(packet, 0.04 * number)]
    assert [step.reason for step in steps if step.step == "end"] == ["end", "idle", "end"]
    rounds: list[list[int]] = []
    for step in steps:
        if step.step == "open":
            rounds.append([])
        elif step.step == "frame":
            rounds[-1].append(step.position)
    assert rounds[0] == rounds[2] == list(range(50))
    assert rounds[1] == list(range(len(rounds[1])))
    heard_s = next(one["position"] for one in happened if one["event"] == "finished" and one["interrupted"])
    # What the sound source held when it was interrupted had left with its motion, at most 120 ms.
    assert -0.04 <= len(rounds[1]) / 25 - heard_s <= 0.17


def test_interrupted_utterance_is_kept_in_the_transcript_up_to_what_was_heard(talk: Any) -> None:
    happened, _ = talk
    kept = [one for one in happened if one["event"] == "kept"]
    assert [one["cut"] for one in kept] == [False, True, False]
    assert [kept[0]["text"], kept[2]["text"]] == ["first", "third"]
    # 16 words in 8 s.
    heard_s = next(one["position"] for one in happened if one["event"] == "finished" and one["interrupted"])
    assert len(kept[1]["text"].split()) == pytest.approx(2 * heard_s, abs=3)


def test_plugin_with_a_wrong_key_refuses_to_start_and_says_why(tmp_path: Path) -> None:
    happened, rooms = speak_in_a_room(tmp_path, key="another key")
    refused = happened[0]
    assert refused["event"] == "refused"
    assert "Check Spatius credentials" in refused["error"]
    assert "sessionTokenInvalid" in refused["code"]
    assert json.dumps(rooms.events).count(AVATAR) == 0
