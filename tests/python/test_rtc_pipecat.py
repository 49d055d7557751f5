"""A face for bots of Pipecat, in a real pipeline."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pipecat", reason="pipecat-ai is not installed: nox -s pipecat")

from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    EndFrame,
    InterruptionFrame,
    OutputImageRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from hostmode.measure.virtual_room import TimedMotion, TimedStage, counted_speech, pieces
from hostmode.rtc.pipecat import avatar_processor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RATE = 24000


class Output(FrameProcessor):
    """Stands where the transport's output would, and notes when what came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[tuple[float, Any]] = []

    async def process_frame(self, frame: Any, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            self.came.append((asyncio.get_running_loop().time(), frame))
        await self.push_frame(frame, direction)

    def of(self, kind: type) -> list[tuple[float, Any]]:
        return [(time, frame) for time, frame in self.came if isinstance(frame, kind)]

    def numbers(self) -> list[int]:
        """The numbers of the 10 ms that came, silence left out."""
        sound = b"".join(frame.audio for _, frame in self.of(TTSAudioRawFrame))
        return [int(number) for number in np.frombuffer(sound, np.int16)[RATE // 100 - 1 :: RATE // 100] if number]


def in_pipeline(act: Callable[[PipelineWorker, Output], Awaitable[None]], stage: type = TimedStage) -> Output:
    async def run() -> Output:
        output = Output()
        face = avatar_processor(RATE, stage=stage, motion=TimedMotion, patience=1.0)
        worker = PipelineWorker(Pipeline([face, output]), cancel_on_idle_timeout=False, enable_rtvi=False)
        started = asyncio.Event()

        @worker.event_handler("on_pipeline_started")
        async def _(*_: Any) -> None:
            started.set()

        async def acting() -> None:
            await started.wait()
            try:
                await act(worker, output)
            except BaseException:
                await worker.cancel()
                raise
            await worker.queue_frame(EndFrame())

        runner = WorkerRunner()
        await runner.add_workers(worker)
        await asyncio.gather(runner.run(), acting())
        return output

    return asyncio.run(asyncio.wait_for(run(), 30.0))


async def say(worker: PipelineWorker, seconds: float, *, end: bool = True) -> None:
    await worker.queue_frame(TTSStartedFrame())
    for piece in pieces(counted_speech(seconds, RATE), RATE // 10):
        await worker.queue_frame(TTSAudioRawFrame(piece.tobytes(), RATE, 1))
    if end:
        await worker.queue_frame(TTSStoppedFrame())


def test_speech_comes_whole_at_the_pace_it_is_heard_and_its_end_after_it() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await say(worker, 1.0)

    output = in_pipeline(act)
    assert output.numbers() == list(range(1, 101))
    sound, (stopped,) = output.of(TTSAudioRawFrame), output.of(TTSStoppedFrame)
    assert 0.7 < sound[-1][0] - sound[0][0] < 1.5
    assert all(len(frame.audio) == 2 * RATE // 25 for _, frame in sound)
    assert stopped[0] >= sound[-1][0]
    assert output.of(EndFrame)[0][0] >= stopped[0]


def test_piece_of_sound_comes_with_its_picture() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await say(worker, 2.0)

    output = in_pipeline(act)
    pairs = list(zip(output.came, output.came[1:], strict=False))
    with_picture = [later for (_, sound), (_, later) in pairs if isinstance(sound, TTSAudioRawFrame)]
    pictures = [frame for frame in with_picture if isinstance(frame, OutputImageRawFrame)]
    assert len(pictures) > len(with_picture) / 2
    assert all(picture.sync_with_audio and picture.size == (16, 16) for picture in pictures)
    assert all(len(picture.image) == 16 * 16 * 3 for picture in pictures)


def test_words_leave_with_the_sound_they_belong_to() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await say(worker, 0.5, end=False)
        await worker.queue_frame(TTSTextFrame("half", "word"))
        await say(worker, 0.5)

    output = in_pipeline(act)
    (half,) = output.of(TTSTextFrame)
    sound = output.of(TTSAudioRawFrame)
    before = sum(len(frame.audio) for time, frame in sound if time <= half[0])
    assert before / 2 / RATE == pytest.approx(0.5, abs=0.081)


def test_interruption_drops_what_waits_and_the_next_utterance_is_whole() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await say(worker, 5.0)
        await asyncio.sleep(0.6)
        await worker.queue_frame(InterruptionFrame())
        while not output.of(InterruptionFrame):
            await asyncio.sleep(0.005)
        count = len(output.of(TTSAudioRawFrame))
        await asyncio.sleep(0.3)
        assert len(output.of(TTSAudioRawFrame)) == count
        assert not output.of(TTSStoppedFrame)
        output.came.clear()
        await say(worker, 0.4)

    output = in_pipeline(act)
    assert output.numbers() == list(range(1, 41))
    assert len(output.of(TTSStoppedFrame)) == 1


def test_lost_end_is_made_up_for() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await say(worker, 0.3, end=False)
        await worker.queue_frame(TTSTextFrame("after", "word"))
        async with asyncio.timeout(20.0):
            while not output.of(TTSTextFrame):
                await asyncio.sleep(0.02)

    assert in_pipeline(act).numbers() == list(range(1, 31))


def test_pictures_go_on_while_idle_and_never_pile_up() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await asyncio.sleep(1.0)
        idle = len(output.of(OutputImageRawFrame))
        assert 15 <= idle <= 29
        await say(worker, 20.0)
        await asyncio.sleep(1.0)
        assert len(output.of(OutputImageRawFrame)) - idle <= 32
        await worker.queue_frame(InterruptionFrame())

    output = in_pipeline(act)
    assert not output.of(BotStoppedSpeakingFrame)


def test_slow_drawing_leaves_out_pictures_and_no_sound() -> None:
    class Slow(TimedStage):
        def render(self, pose: np.ndarray, now: float = 0.0) -> np.ndarray:
            time.sleep(0.09)
            return super().render(pose, now)

    async def act(worker: PipelineWorker, output: Output) -> None:
        await asyncio.sleep(1.0)
        await say(worker, 2.0)

    output = in_pipeline(act, Slow)
    assert output.numbers() == list(range(1, 201))
    sound = output.of(TTSAudioRawFrame)
    assert sound[-1][0] - sound[0][0] < 2.6
    assert 5 < len(output.of(OutputImageRawFrame)) < 40


def test_sound_of_another_rate_is_told_and_left_out() -> None:
    async def act(worker: PipelineWorker, output: Output) -> None:
        await worker.queue_frame(TTSAudioRawFrame(bytes(640), 16000, 1))
        await asyncio.sleep(0.2)

    assert not in_pipeline(act).of(TTSAudioRawFrame)
