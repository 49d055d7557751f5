"""The voice of an agent, in its own process, with pause and resume."""

from __future__ import annotations

from typing import Any

from hostmode.rtc.agents.package import load_avatar


def avatar_output(sample_rate: int = 24000) -> Any:
    """Return an audio output for an `AgentSession` and for an `AvatarWorker` in the same process.

    It is livekit-agents' `QueueAudioOutput`, which can pause too, so that a false interruption is taken back, and
    says that playback has started when it has.

    Parameters
    ----------
    sample_rate : int
        Hertz; the session converts what it plays.

    Raises
    ------
    MissingExtraError
        The package `livekit-agents` is not installed.
    """
    from livekit.agents.voice.io import AudioOutputCapabilities

    queue: Any = load_avatar().QueueAudioOutput

    class AvatarOutput(queue):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(sample_rate=sample_rate, wait_playback_start=True)
            self._capabilities = AudioOutputCapabilities(pause=True)

        def pause(self) -> None:
            super().pause()
            self.emit("pause")

        def resume(self) -> None:
            super().resume()
            self.emit("resume")

    return AvatarOutput()
