"""A recording played in no time: what would be heard and seen, without a device and without waiting."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, Player, PlayerConfig, encode_message
from hostmode.errors import RecordingError
from hostmode.pose import KEYFRAME_DTYPE
from hostmode.recording.rates import require_rate
from hostmode.whole_file import whole_files

if TYPE_CHECKING:
    import os
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rendering):
            return NotImplemented
        return self.sample_rate == other.sample_rate and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in ("audio", "times", "poses")
        )

    def __hash__(self) -> int:
        return hash((self.sample_rate, self.audio.shape, self.poses.shape))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the sound or the poses, by the ending of `path`.

        Parameters
        ----------
        path : path-like
            ``.wav``: `audio`, mono, 16 bit. ``.npz``: arrays `times` and `poses` for NumPy. ``.csv``: a header and
            one line a pose. An existing file is replaced.

        Raises
        ------
        ValueError
            The ending is another one.
        OSError
            The file cannot be written; what was there before stays.
        """
        path = Path(path)
        writers = {".wav": _write_wav, ".npz": _write_npz, ".csv": _write_csv}
        if path.suffix.lower() not in writers:
            raise ValueError(f"path is {str(path)!r}; it must end in {', '.join(writers)}")
        with whole_files(path) as (written,):
            writers[path.suffix.lower()](self, written)


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
        Only the recording's own motion, as long as it lasts: no transition from or to idle, no blinks, no gaze;
        at 25 poses a second they are the keyframes, but for seams that are smoothed.
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

    player = Player(recording.sample_rate, offline_config(recording, exact))
    conversation_id = player.push_audio(recording.audio.data, True, now=0.0)
    player.push_motion(complete_messages(recording), conversation_id, now=0.0)

    audio = np.zeros(round(recording.duration * recording.sample_rate), np.int16)
    shown_s = recording.motion_duration if exact else recording.duration
    # Rounded, or 507 keyframes of 1/25 s would be a little more than 507 poses.
    times = np.arange(int(np.ceil(round(shown_s * rate, 6)))) / rate
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


def offline_config(recording: Recording, exact: bool = False) -> PlayerConfig:
    """Return settings for a recording that is all there before its first sample is played."""
    defaults = PlayerConfig()
    return PlayerConfig(
        # Everything is there before the first sample, so nothing has to be waited for.
        motion_wait=0.0,
        prebuffer=0.0,
        max_audio=max(defaults.max_audio, recording.duration + 1.0),
        max_motion=max(defaults.max_motion, recording.duration + 1.0),
        layers=not exact,
        seed=0,  # the same recording gives the same film
        speech_transition=0.0 if exact else defaults.speech_transition,
        # The longest: within the last keyframe's own interval nothing of it is seen.
        idle_transition=10.0 if exact else defaults.idle_transition,
    )


def complete_messages(recording: Recording) -> list[bytes]:
    """Return the messages, with an `end` of their own where they have none, as bare ones do."""
    messages = list(recording.messages)
    if any(motion.end for motion in recording.motions):
        return messages
    nothing = np.empty((0, KEYFRAME_FLOATS), np.float32)
    return [*messages, encode_message(nothing, req_id=next(iter(recording.req_ids), ""), end=True)]


def _write_wav(rendering: Rendering, path: Path) -> None:
    with path.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rendering.sample_rate)
        sound.writeframes(rendering.audio.astype("<i2").tobytes())


def _write_npz(rendering: Rendering, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, times=rendering.times, poses=rendering.poses)


def _write_csv(rendering: Rendering, path: Path) -> None:
    names = [
        f"{name}_{index}" for name in KEYFRAME_DTYPE.names or () for index in range(KEYFRAME_DTYPE[name].shape[0])
    ]
    table = np.column_stack((rendering.times, rendering.poses))
    np.savetxt(path, table, fmt="%.9g", delimiter=",", header=",".join(["time", *names]), comments="")
