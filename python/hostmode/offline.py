"""A recording played in no time: what would be heard and seen, without a device and without waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, Player, PlayerConfig, encode_message
from hostmode.errors import RecordingError
from hostmode.recording.rates import require_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from hostmode.recording import Recording

# Asked of the player at a time, as a device does; long enough for few calls, short against any rate of poses.
_BLOCK_S: Final = 0.1


@dataclass(frozen=True, eq=False)
class Rendering:
    """What `render_offline` returns.

    Attributes
    ----------
    audio : ndarray of int16, shape (n,)
        What is heard, mono, at `sample_rate`.
    sample_rate : int
        Hertz.
    times : ndarray of float64, shape (m,)
        Seconds of the conversation's audio, from 0 on.
    poses : ndarray of float32, shape (m, 120)
        What is seen at each of the times.
    """

    audio: npt.NDArray[np.int16]
    sample_rate: int
    times: npt.NDArray[np.float64]
    poses: npt.NDArray[np.float32]


def render_offline(
    recording: Recording,
    rate: float = 60.0,
    *,
    exact: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Rendering:
    """Play `recording` from its first sample to the end of its sound and motion.

    Parameters
    ----------
    recording : Recording
        Must have sound: the audio clock is what the poses follow.
    rate : float
        Poses a second, above 0 and at most 1000.
    exact : bool
        Only the recording's own motion: no transition from idle, no blinks, no gaze.
    progress : callable, optional
        Called with the seconds rendered so far.

    Returns
    -------
    Rendering
        What is heard, at the recording's rate, and what is seen meanwhile.

    Raises
    ------
    RecordingError
        If the recording has no sound, or its rate is a guess that sound and motion speak against.
    ValueError
        If `rate` is out of range.
    """
    if not 0 < rate <= 1000:
        raise ValueError(f"rate is {rate}; it must be above 0 and at most 1000 poses a second")
    if not recording.audio.size:
        raise RecordingError("the recording has no sound, and motion is played along its sound")

    require_rate(recording)

    player = Player(recording.sample_rate, _config(recording, exact))
    conversation_id = player.push_audio(recording.audio.data, True, now=0.0)
    player.push_motion(_complete(recording), conversation_id, now=0.0)

    audio = np.zeros(round(recording.duration * recording.sample_rate), np.int16)
    times = np.arange(int(np.ceil(recording.duration * rate))) / rate
    poses = np.empty((len(times), KEYFRAME_FLOATS), np.float32)
    block = round(_BLOCK_S * recording.sample_rate)
    sampled = 0
    for start in range(0, len(audio), block):
        samples = audio[start : start + block]
        player.render_audio(samples, start / recording.sample_rate)
        # Sampled block by block: a player remembers only the latest past.
        rendered_s = (start + len(samples)) / recording.sample_rate
        upto = int(np.searchsorted(times, rendered_s)) if start + block < len(audio) else len(times)
        player.sample_into(times[sampled:upto], poses[sampled:upto])
        player.advance(rendered_s)
        sampled = upto
        if progress is not None:
            progress(rendered_s)
    return Rendering(audio, recording.sample_rate, times, poses)


def _config(recording: Recording, exact: bool) -> PlayerConfig:
    defaults = PlayerConfig()
    return PlayerConfig(
        # Everything is there before the first sample, so nothing has to be waited for.
        motion_wait=0.0,
        prebuffer=0.0,
        max_audio=max(defaults.max_audio, recording.duration + 1.0),
        max_motion=max(defaults.max_motion, recording.duration + 1.0),
        layers=not exact,
        speech_transition=0.0 if exact else defaults.speech_transition,
        idle_transition=0.0 if exact else defaults.idle_transition,
    )


def _complete(recording: Recording) -> list[bytes]:
    """Return the messages, with an `end` of their own where they have none, as bare ones do."""
    messages = list(recording.messages)
    if any(motion.end for motion in recording.motions):
        return messages
    nothing = np.empty((0, KEYFRAME_FLOATS), np.float32)
    return [*messages, encode_message(nothing, req_id=next(iter(recording.req_ids), ""), end=True)]
