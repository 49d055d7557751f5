"""An avatar for livekit-agents in real time: driven by a session, and remotely through a server."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("livekit.agents", reason="livekit-agents is not installed: nox -s agents")

from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.avatar import DataStreamAudioOutput, DataStreamAudioReceiver
from livekit_room import joined, running_server, token

from hostmode.measure.virtual_room import (
    TimedMotion,
    TimedStage,
    VirtualRoom,
    counted_speech,
    enter_virtual_rooms,
    pieces,
)
from hostmode.rtc.agents import AvatarWorker, Sketch, avatar_output
from hostmode.rtc.agents.package import audio_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RATE = 24000


async def voice_of(seconds: float) -> AsyncIterator[Any]:
    for piece in pieces(counted_speech(seconds, RATE), RATE // 10):
        yield audio_frame(piece, RATE)


def test_session_speaks_through_the_worker_is_interrupted_and_speaks_again() -> None:
    async def talk() -> None:
        room, voice = VirtualRoom(), avatar_output(RATE)
        worker = AvatarWorker(room, voice, RATE, stage=TimedStage, motion=TimedMotion)
        await worker.start()
        finished: list[Any] = []
        voice.on("playback_finished", finished.append)
        session: Any = AgentSession()
        session.output.audio = voice
        await session.start(agent=Agent(instructions=""))
        first = session.say("one", audio=voice_of(0.5))
        await first.wait_for_playout()
        second = session.say("one two three four", audio=voice_of(5.0))
        await asyncio.sleep(1.0)
        session.interrupt()
        await second.wait_for_playout()
        heard = [number for _, number in room.audio.heard if number]
        third = session.say("five", audio=voice_of(0.5))
        await third.wait_for_playout()
        assert [handle.interrupted for handle in (first, second, third)] == [False, True, False]
        assert [event.interrupted for event in finished] == [False, True, False]
        positions = [event.playback_position for event in finished]
        assert positions == [pytest.approx(0.5), pytest.approx(heard[-1] / 100, abs=0.03), pytest.approx(0.5)]
        await session.aclose()
        await worker.aclose()

    with ExitStack() as stack:
        enter_virtual_rooms(stack)
        asyncio.run(asyncio.wait_for(talk(), 60.0))


def tone(seconds: float) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(round(RATE * seconds)) / RATE)).astype(np.int16)


class Listener:
    """Hears and sees the avatar in the room."""

    def __init__(self, room: rtc.Room) -> None:
        self.loud: list[float] = []
        self.pictures = 0
        self._tasks: list[asyncio.Task[None]] = []
        room.on("track_subscribed", self._follow)

    def _follow(self, track: Any, *_: Any) -> None:
        follow = self._hear if track.kind == rtc.TrackKind.KIND_AUDIO else self._see
        self._tasks.append(asyncio.ensure_future(follow(track)))

    async def _hear(self, track: Any) -> None:
        async for event in rtc.AudioStream(track):
            if np.abs(np.frombuffer(event.frame.data, np.int16)).max() > 500:
                self.loud.append(time.monotonic())

    async def _see(self, track: Any) -> None:
        async for _ in rtc.VideoStream(track):
            self.pictures += 1

    def leave(self) -> None:
        for task in self._tasks:
            task.cancel()


def test_remote_worker_speaks_what_an_agent_sends_and_reports_what_was_heard() -> None:
    async def talk(url: str) -> None:
        async with joined(url, "agent") as agent, joined(url, "user") as user, joined(url, "avatar") as avatar:
            listener = Listener(user)
            receiver = DataStreamAudioReceiver(avatar, sender_identity="agent")
            worker = AvatarWorker(avatar, receiver, RATE, stage=lambda: Sketch(128))
            await worker.start()
            output = DataStreamAudioOutput(agent, destination_identity="avatar", wait_playback_start=True)
            finished: list[Any] = []
            started: list[float] = []
            output.on("playback_finished", finished.append)
            output.on("playback_started", lambda _: started.append(time.monotonic()))

            async def say(seconds: float) -> None:
                for piece in pieces(tone(seconds), RATE // 10):
                    await output.capture_frame(audio_frame(piece, RATE))
                output.flush()

            await asyncio.sleep(1.0)
            await say(1.0)
            event = await asyncio.wait_for(output.wait_for_playout(), 20.0)
            assert (event.playback_position, event.interrupted) == (pytest.approx(1.0, abs=0.001), False)
            await asyncio.sleep(1.0)
            assert len(listener.loud) == pytest.approx(100, abs=15)
            assert listener.pictures > 20
            listener.loud.clear()
            await say(10.0)
            await asyncio.sleep(1.5)
            output.clear_buffer()
            event = await asyncio.wait_for(output.wait_for_playout(), 20.0)
            told = time.monotonic()
            await asyncio.sleep(1.5)
            assert event.interrupted
            # Each of the listener's frames holds 10 ms.
            assert event.playback_position == pytest.approx(len(listener.loud) / 100, abs=0.15)
            # The network, and the listener's own buffer.
            assert listener.loud[-1] - told < 0.6
            assert len(started) == 2
            listener.leave()
            await worker.aclose()

    with running_server() as url:
        asyncio.run(asyncio.wait_for(talk(url), 90.0))


def test_end_that_an_agent_in_another_process_loses_does_not_mute_the_remote_worker() -> None:
    async def talk(url: str) -> tuple[list[dict[str, Any]], Listener]:
        async with joined(url, "user") as user, joined(url, "avatar") as avatar:
            listener = Listener(user)
            program = Path(__file__).with_name("agent_without_trailer.py")
            agent = await asyncio.create_subprocess_exec(
                *(sys.executable, str(program), url, token("agent"), "avatar"), stdout=asyncio.subprocess.PIPE
            )
            try:
                receiver = DataStreamAudioReceiver(avatar, sender_identity="agent")
                worker = AvatarWorker(avatar, receiver, RATE, stage=lambda: Sketch(128), patience=2.0)
                await worker.start()
                said, _ = await asyncio.wait_for(agent.communicate(), 60.0)
            finally:
                if agent.returncode is None:
                    agent.kill()
            await asyncio.sleep(0.5)
            listener.leave()
            await worker.aclose()
        return [json.loads(line) for line in said.decode().splitlines()], listener

    with running_server() as url:
        first, second = (told := asyncio.run(asyncio.wait_for(talk(url), 90.0)))[0]
    for one, seconds in ((first, 1.0), (second, 0.5)):
        assert (one["position"], one["interrupted"]) == (pytest.approx(seconds, abs=0.001), False)
    # Its patience, and not the 10 s after which the stream itself gives up.
    assert 3.0 <= first["after"] < 9.0
    assert len(told[1].loud) == pytest.approx(150, abs=20)
