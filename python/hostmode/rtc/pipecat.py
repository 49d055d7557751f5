"""A face for a bot of Pipecat: a processor between its speech and its transport (extra ``pipecat``)."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import MissingExtraError
from hostmode.motion import LocalMotion
from hostmode.rtc.spoken_face import SpokenFace
from hostmode.rtc.stage import DrawingThread, Stage, head_on_stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode.motion import MotionSource

__all__ = ["avatar_processor"]

_BLOCK_S: Final = 0.04
# What the transport has ahead while the bot speaks.
_LEAD_S: Final = 0.12


def avatar_processor(
    sample_rate: int = 24000,
    *,
    stage: Callable[[], Stage] = head_on_stage,
    motion: Callable[[int], MotionSource] = LocalMotion,
    patience: float = 5.0,
) -> Any:
    """Return a processor that stands after the speech service and before the transport's output::

        Pipeline([transport.input(), stt, llm, tts, avatar_processor(24000), transport.output()])

    The bot's sound (`TTSAudioRawFrame`) goes in as fast as it comes and out at the pace at which it is heard, 40 ms
    at a time, each with its picture (`OutputImageRawFrame`, in step with the sound). What comes between pieces of
    sound, words and `TTSStoppedFrame`, leaves when the sound before it has. An interruption drops all that waits.
    Pictures go on while nobody speaks. No more than 0.12 s of them are ever ahead of what is heard.

    Parameters
    ----------
    sample_rate : int
        Of the bot's sound, hertz; one of `hostmode.PCM_RATES`.
    stage : callable, optional
        Makes what draws, in a thread of its own: `hostmode.view.Offscreen`, `hostmode.rtc.sketch.Sketch` or the like.
    motion : callable, optional
        Makes the `hostmode.motion.MotionSource` of an utterance from the rate.
    patience : float
        Seconds after which an utterance that gets no more sound counts as complete: a `TTSStoppedFrame` may be lost.

    Returns
    -------
    pipecat.processors.frame_processor.FrameProcessor

    Raises
    ------
    MissingExtraError
        The package `pipecat-ai` is not installed.
    ValueError
        The rate is none of those.
    """
    try:
        from pipecat.frames import frames
        from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
    except ModuleNotFoundError as error:
        raise MissingExtraError('a face for Pipecat needs pipecat-ai: pip install "hostmode[pipecat]"') from error
    processor: Any = FrameProcessor
    down = FrameDirection.DOWNSTREAM
    face = SpokenFace(sample_rate, motion=motion, patience=patience)

    class AvatarProcessor(processor):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._drawing = DrawingThread(stage)
            self._speaking: Any = None
            self._context: str | None = None
            # Frames that wait for the sound before them, and how many seconds of sound that is since the beginning.
            self._held: deque[tuple[float, Any]] = deque()
            self._given_s = 0.0
            self._over_s = 0.0
            self._silent = asyncio.Event()
            self._silent.set()

        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if direction is not down:
                await self.push_frame(frame, direction)
            elif isinstance(frame, frames.TTSAudioRawFrame):
                await self._take(frame)
            elif isinstance(frame, frames.InterruptionFrame):
                await self._interrupt()
                await self.push_frame(frame, direction)
            elif isinstance(frame, (frames.StartFrame, frames.CancelFrame)):
                if isinstance(frame, frames.CancelFrame):
                    await self._stop()
                await self.push_frame(frame, direction)
                if isinstance(frame, frames.StartFrame):
                    self._speaking = self.create_task(self._speak())
            elif isinstance(frame, frames.SystemFrame):
                await self.push_frame(frame, direction)
            else:
                if isinstance(frame, (frames.TTSStoppedFrame, frames.EndFrame)):
                    face.end(face.taken_s)
                if isinstance(frame, frames.EndFrame):
                    await self._silent.wait()
                    await self._stop()
                if face.speaking:
                    self._held.append((self._given_s, frame))
                else:
                    await self.push_frame(frame, direction)

        async def cleanup(self) -> None:
            await super().cleanup()
            await self._stop()
            self._drawing.close()

        async def _take(self, frame: Any) -> None:
            if frame.sample_rate != sample_rate:
                await self.push_error(
                    f"sound of {frame.sample_rate} Hz is left out: make the avatar_processor, or the speech service, "
                    f"with the other's rate; this one has {sample_rate} Hz"
                )
                return
            samples = np.frombuffer(frame.audio, np.int16).reshape(-1, frame.num_channels)
            self._context = frame.context_id
            self._given_s += len(samples) / sample_rate
            self._silent.clear()
            face.audio(samples.mean(axis=1).astype(np.int16), face.taken_s)

        async def _interrupt(self) -> None:
            face.interrupt(face.taken_s)
            self._over_s = self._given_s
            self._silent.set()
            waiting, self._held = self._held, deque()
            for _, frame in waiting:
                if not frame.interruptible:
                    await self.push_frame(frame, down)

        async def _stop(self) -> None:
            self._silent.set()
            speaking, self._speaking = self._speaking, None
            if speaking is not None:
                await self.cancel_task(speaking)

        async def _speak(self) -> None:
            loop = asyncio.get_running_loop()
            block = round(_BLOCK_S * sample_rate)
            due, sounded = loop.time(), False
            while True:
                now = face.taken_s
                picture = await self._drawing.draw_in_time(face.pose(now), now, _BLOCK_S)
                step = face.step(block)
                if step.sounds and not sounded:
                    due -= _LEAD_S
                sounded = step.sounds
                await self._push(step.sound if sounded else None, picture)
                self._over_s += sum(report.position for report in step.reports)
                await self._release()
                due = max(due + _BLOCK_S, loop.time() - _LEAD_S)
                if not sounded:
                    due = max(due, loop.time())
                await asyncio.sleep(due - loop.time())

        async def _push(self, samples: Any, picture: Any) -> None:
            if samples is not None:
                sound = frames.TTSAudioRawFrame(samples.tobytes(), sample_rate, 1, context_id=self._context)
                await self.push_frame(sound, down)
            if picture is not None:
                height, width, _ = picture.shape
                shown = frames.OutputImageRawFrame(picture[..., :3].tobytes(), (width, height), "RGB")
                shown.sync_with_audio = samples is not None
                await self.push_frame(shown, down)

        async def _release(self) -> None:
            spoken_s = self._over_s + face.heard_s(face.taken_s)
            # The fade comes after the last of an utterance's sound, and before its end.
            while self._held and (self._held[0][0] < spoken_s - 1e-3 or not face.speaking):
                await self.push_frame(self._held.popleft()[1], down)
            if not face.speaking:
                self._over_s = self._given_s
                self._silent.set()

    return AvatarProcessor()
