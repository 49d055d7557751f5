"""The packages of LiveKit, imported when they are needed, and what is made of their frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hostmode.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt


def load_rtc() -> Any:
    """Return the module `livekit.rtc`."""
    try:
        from livekit import rtc
    except ModuleNotFoundError as error:
        raise _missing() from error
    return rtc


def load_avatar() -> Any:
    """Return the module `livekit.agents.voice.avatar`."""
    try:
        from livekit.agents.voice import avatar
    except ModuleNotFoundError as error:
        raise _missing() from error
    return avatar


def mono(frame: Any, sample_rate: int) -> npt.NDArray[np.int16]:
    """Return the samples of an audio frame, its channels averaged.

    Raises
    ------
    ValueError
        It has another rate.
    """
    if frame.sample_rate != sample_rate:
        raise ValueError(
            f"an audio frame has {frame.sample_rate} Hz and the avatar {sample_rate}: give both the same sample_rate"
        )
    channels: npt.NDArray[np.int16] = np.frombuffer(frame.data, np.int16).reshape(-1, frame.num_channels)
    return channels[:, 0] if frame.num_channels == 1 else channels.mean(axis=1).astype(np.int16)


def video_frame(picture: npt.NDArray[np.uint8]) -> Any:
    """Return a `livekit.rtc.VideoFrame` of a picture, shape (height, width, 4)."""
    rtc = load_rtc()
    height, width, _ = picture.shape
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, np.ascontiguousarray(picture).tobytes())


def audio_frame(samples: npt.NDArray[np.int16], sample_rate: int) -> Any:
    """Return a `livekit.rtc.AudioFrame` of mono samples."""
    return load_rtc().AudioFrame(samples.tobytes(), sample_rate, 1, len(samples))


def _missing() -> MissingExtraError:
    return MissingExtraError('avatars of agents need livekit-agents: pip install "hostmode[agents]"')
