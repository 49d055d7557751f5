"""An avatar for livekit-agents: driven by that package's own types, beside its own runner."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("livekit.agents", reason="livekit-agents is not installed: nox -s agents")

from livekit.agents.voice.avatar import AudioSegmentEnd, AvatarOptions, AvatarRunner

from hostmode.measure.virtual_room import (
    TimedMotion,
    TimedStage,
    VirtualRoom,
    counted_speech,
    enter_virtual_rooms,
    pieces,
)
from hostmode.measure.virtual_time import VirtualTimeLoop
from hostmode.rtc.agents import AvatarVideo, AvatarWorker, Sketch, avatar_output
from hostmode.rtc.agents.package import audio_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

RATE = 24000


def virtually(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with ExitStack() as stack:
        enter_virtual_rooms(stack)
        runner = stack.enter_context(asyncio.Runner(loop_factory=VirtualTimeLoop))
        runner.run(asyncio.wait_for(test(), 120.0))


class Talk:
    """An agent's voice, the room it is heard in, and what the agent is told."""

    def __init__(self) -> None:
        self.room = VirtualRoom()
        self.voice = avatar_output(RATE)
        self.started: list[float] = []
        self.finished: list[Any] = []
        self.voice.on("playback_started", lambda _: self.started.append(self.time()))
        self.voice.on("playback_finished", self.finished.append)

    def time(self) -> float:
        return asyncio.get_running_loop().time()

    async def say(self, seconds: float, *, end: bool = True) -> None:
        for piece in pieces(counted_speech(seconds, RATE), RATE // 10):
            await self.voice.capture_frame(audio_frame(piece, RATE))
        if end:
            self.voice.flush()

    def heard(self) -> list[tuple[float, int]]:
        """What was heard, silence left out."""
        return [(time, number) for time, number in self.room.audio.heard if number]


@asynccontextmanager
async def working(**more: Any) -> AsyncIterator[Talk]:
    talk = Talk()
    worker = AvatarWorker(talk.room, talk.voice, RATE, stage=TimedStage, motion=TimedMotion, **more)
    await worker.start()
    await asyncio.sleep(0.5)
    try:
        yield talk
    finally:
        await worker.aclose()


def test_worker_speaks_an_utterance_whole_and_reports_its_length() -> None:
    async def test() -> None:
        async with working() as talk:
            await talk.say(2.0)
            event = await talk.voice.wait_for_playout()
            assert [number for _, number in talk.heard()] == list(range(1, 201))
            assert (event.playback_position, event.interrupted) == (pytest.approx(2.0), False)
            assert talk.started == [pytest.approx(talk.heard()[0][0], abs=0.03)]

    virtually(test)


@pytest.mark.parametrize("after", [0.1, 0.903, 1.5, 1.517])
def test_interrupted_worker_is_silent_at_once_and_reports_what_was_heard(after: float) -> None:
    async def test() -> None:
        async with working() as talk:
            await talk.say(5.0)
            await asyncio.sleep(after)
            cleared = talk.time()
            talk.voice.clear_buffer()
            await asyncio.sleep(3.0)
            last, number = talk.heard()[-1]
            assert last + 0.01 - cleared <= 0.02
            assert [event.interrupted for event in talk.finished] == [True]
            assert talk.finished[0].playback_position == pytest.approx(number / 100, abs=0.02)
            assert len(talk.started) == 1

    virtually(test)


def test_positions_and_pictures_are_as_exact_after_interrupts_as_before() -> None:
    async def test() -> None:
        async with working() as talk:
            for after in (0.513, 0.8071, 1.3333, 0.9999):
                await talk.say(3.0)
                await asyncio.sleep(after)
                heard_at, number = talk.heard()[-1]
                media = (number - 1) / 100 + talk.time() - heard_at
                talk.voice.clear_buffer()
                assert talk.finished[-1].playback_position == pytest.approx(media, abs=0.001)
                await asyncio.sleep(0.4)
            await talk.say(3.0)
            await talk.voice.wait_for_playout()
            start = talk.heard()[-1][0] + 0.01 - 3.0
            shown = [(time - start, media) for time, media in talk.room.video.seen if 1.0 < time - start < 2.8]
            assert len(shown) > 40
            assert max(abs(media - heard) for heard, media in shown) <= 0.005

    virtually(test)


def test_interrupt_of_two_queued_utterances_finishes_both_and_the_next_one_is_whole() -> None:
    async def test() -> None:
        async with working() as talk:
            await talk.say(1.0)
            await talk.say(1.0)
            # The worker has not seen these two before the agent takes them back.
            talk.voice.clear_buffer()
            assert [event.playback_position for event in talk.finished] == [0.0, 0.0]
            await talk.say(0.5)
            event = await talk.voice.wait_for_playout()
            assert not event.interrupted
            assert [number for _, number in talk.heard()] == list(range(1, 51))

    virtually(test)


def test_paused_worker_loses_nothing() -> None:
    async def test() -> None:
        async with working() as talk:
            await talk.say(2.0)
            await asyncio.sleep(1.0)
            assert talk.voice.can_pause
            talk.voice.pause()
            await asyncio.sleep(5.0)
            paused_at = talk.heard()[-1][0]
            assert talk.time() - paused_at > 4.8
            talk.voice.resume()
            event = await talk.voice.wait_for_playout()
            assert event.playback_position == pytest.approx(2.0)
            # The fades around the pause change samples, and leave none out.
            assert len(talk.heard()) == pytest.approx(200, abs=2)
            assert talk.heard()[-1][1] == 200

    virtually(test)


def test_lost_end_of_an_utterance_does_not_mute_the_worker() -> None:
    async def test() -> None:
        async with working(patience=2.0) as talk:
            await talk.say(1.0, end=False)
            await asyncio.sleep(4.0)
            assert [event.playback_position for event in talk.finished] == [pytest.approx(1.0)]
            await talk.say(0.5)
            await asyncio.sleep(2.0)
            assert talk.heard()[-1][1] == 50

    virtually(test)


def test_pictures_go_on_while_idle_and_show_what_is_heard() -> None:
    async def test() -> None:
        async with working() as talk:
            await asyncio.sleep(2.0)
            assert len(talk.room.video.seen) == pytest.approx(62, abs=2)
            await talk.say(4.0)
            await talk.voice.wait_for_playout()
            start = talk.heard()[0][0]
            shown = [(time - start, media) for time, media in talk.room.video.seen if 1.0 < time - start < 3.8]
            assert len(shown) == pytest.approx(70, abs=2)
            assert max(abs(media - heard) for heard, media in shown) <= 0.005

    virtually(test)


def test_frame_of_another_rate_ends_the_worker_with_what_to_do() -> None:
    async def test() -> None:
        talk = Talk()
        worker = AvatarWorker(talk.room, talk.voice, RATE, stage=TimedStage)
        await worker.start()
        await talk.voice.capture_frame(audio_frame(np.zeros(160, np.int16), 16000))
        with pytest.raises(ValueError, match="16000 Hz and the avatar 24000"):
            await worker.finished()
        await worker.aclose()

    virtually(test)


@pytest.mark.parametrize("more", [{"fps": 0}, {"fps": 51}, {"sample_rate": 22050}, {"sample_rate": 12345}])
def test_worker_refuses_what_it_cannot_do(more: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must be|whole in 10 ms"):
        AvatarWorker(VirtualRoom(), None, stage=TimedStage, **more)


def test_generator_drives_the_runner_of_livekit_agents() -> None:
    async def test() -> None:
        talk = Talk()
        video = AvatarVideo(RATE, stage=TimedStage, motion=TimedMotion)
        options = AvatarOptions(16, 16, 25, RATE, 1)
        runner = AvatarRunner(talk.room, audio_recv=talk.voice, video_gen=video, options=options)
        await runner.start()
        await asyncio.sleep(0.5)
        await talk.say(1.0)
        event = await talk.voice.wait_for_playout()
        assert event.playback_position == pytest.approx(1.0, abs=0.08)
        assert not event.interrupted
        await asyncio.sleep(0.5)
        assert [number for _, number in talk.heard()] == list(range(1, 101))
        assert len(talk.room.video.seen) > 25
        await talk.say(3.0)
        await asyncio.sleep(1.0)
        talk.voice.clear_buffer()
        await asyncio.sleep(0.5)
        assert talk.finished[-1].interrupted
        heard = talk.heard()[-1][1]
        await talk.say(0.2)
        await talk.voice.wait_for_playout()
        assert heard < 150
        await runner.aclose()
        await video.aclose()

    virtually(test)


def test_worker_draws_the_sketch() -> None:
    picture = Sketch((64, 48)).render(np.zeros(120, np.float32))
    opened = np.zeros(120, np.float32)
    opened[9] = 0.17
    assert picture.shape == (48, 64, 4)
    assert (Sketch((64, 48)).render(opened) != picture).any()
    assert AudioSegmentEnd is not None
