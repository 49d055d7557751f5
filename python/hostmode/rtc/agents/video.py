"""An avatar for the `AvatarRunner` that comes with livekit-agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hostmode.motion import LocalMotion
from hostmode.rtc.agents.package import audio_frame, load_avatar, mono, video_frame
from hostmode.rtc.spoken_face import SpokenFace
from hostmode.rtc.stage import DrawingThread, Stage, head_on_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from hostmode.motion import MotionSource

_FPS: Final = 25


class AvatarVideo:
    """A `VideoGenerator`: takes an agent's voice and gives out frames of sound and, with each of them, a picture::

        runner = AvatarRunner(room, audio_recv=receiver, video_gen=AvatarVideo(24000),
                              options=AvatarOptions(512, 512, 25, 24000, 1))

    While nobody speaks, pictures go on alone. An utterance whose end gets lost ends after 5 s without sound.
    `AvatarWorker` does more, and needs no runner.

    Parameters
    ----------
    sample_rate : int
        Of the voice, hertz; one of `hostmode.PCM_RATES`.
    stage : callable, optional
        Makes what draws, in a thread of its own: `hostmode.view.Offscreen`, `Sketch` or the like.
    motion : callable, optional
        Makes the `hostmode.motion.MotionSource` of an utterance from the rate.

    Raises
    ------
    MissingExtraError
        The package `livekit-agents` is not installed.
    ValueError
        The rate is none of those.
    """

    def __init__(
        self,
        sample_rate: int = 24000,
        *,
        stage: Callable[[], Stage] = head_on_stage,
        motion: Callable[[int], MotionSource] = LocalMotion,
    ) -> None:
        self._segment_end = load_avatar().AudioSegmentEnd
        load_avatar().VideoGenerator.register(AvatarVideo)
        self._face = SpokenFace(sample_rate, motion=motion)
        self._drawing = DrawingThread(stage)
        # At 22050 and 44100 Hz, too, 40 ms are whole samples.
        self._block = sample_rate // _FPS

    async def push_audio(self, frame: Any) -> None:
        """Take a frame of the voice, or its end."""
        if isinstance(frame, self._segment_end):
            self._face.end(self._face.taken_s)
        else:
            self._face.audio(mono(frame, self._face.sample_rate), self._face.taken_s)

    def clear_buffer(self) -> None:
        """Fall silent at once."""
        self._face.interrupt(self._face.taken_s)

    def __aiter__(self) -> AsyncIterator[Any]:
        """Give out frames for as long as they are asked for."""
        return self._frames()

    async def aclose(self) -> None:
        """Give back what draws."""
        self._drawing.close()

    async def _frames(self) -> AsyncIterator[Any]:
        face = self._face
        latest: Any = None
        while True:
            now = face.taken_s
            picture = await self._drawing.draw_in_time(face.pose(now), now, 1.0 / _FPS)
            step = face.step(self._block)
            # Silence is not given out: the runner counts every sample as part of an utterance.
            if step.sounds:
                yield audio_frame(step.sound, face.sample_rate)
            # The runner takes its time from the pictures: there is one for each piece of sound.
            latest = latest if picture is None else video_frame(picture)
            yield latest
            for report in step.reports:
                if report.kind == "finished":
                    yield self._segment_end()
