"""A recording as a sequence of expressions, and the sound that goes with it, in no time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import ARKIT_NAMES, KEYFRAME_FLOATS, Player
from hostmode.errors import RecordingError
from hostmode.offline import complete_messages, offline_config
from hostmode.rig import Face
from hostmode.rig.face import JOINT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hostmode.recording import Recording
    from hostmode.rig import FaceMap

_BLOCK_S: Final = 0.1


@dataclass(frozen=True, eq=False)
class Performance:
    """What `perform` returns.

    Attributes
    ----------
    audio : ndarray of int16, shape (n,)
        What is heard, the silence before and after included.
    sample_rate : int
        Hertz.
    weights : ndarray of float32, shape (m, 52)
        ARKit's expressions at picture *i*, at ``i / rate`` seconds, in the order of `hostmode.ARKIT_NAMES`.
    joints : ndarray of float32, shape (m, 4, 3)
        Rotation vectors of neck, head, left and right eye, radians.
    poses : ndarray of float32, shape (m, 120)
        What the player shows, for heads that are driven by poses.
    """

    audio: npt.NDArray[np.int16]
    sample_rate: int
    weights: npt.NDArray[np.float32]
    joints: npt.NDArray[np.float32]
    poses: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.weights)

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        return zip(self.weights, self.joints, self.poses, strict=True)


def perform(
    recording: Recording,
    rate: float = 25.0,
    *,
    lead_in: float = 0.0,
    lead_out: float = 0.0,
    face_map: FaceMap | None = None,
) -> Performance:
    """Play `recording` and work out the expression for each picture.

    Parameters
    ----------
    recording : Recording
        Must have sound; motion is not needed.
    rate : float
        Pictures a second, above 0 and at most 1000.
    lead_in, lead_out : float
        Seconds of silence and idling before and after; 0 to 60.
    face_map : FaceMap, optional
        Takes the place of the built-in way from keyframes to expressions.

    Raises
    ------
    RecordingError
        The recording has no sound.
    ValueError
        A number is out of range.
    """
    if not recording.audio.size:
        raise RecordingError("the recording has no sound, and motion is played along its sound")
    if not 0 < rate <= 1000:
        raise ValueError(f"rate is {rate}; it must be above 0 and at most 1000 pictures a second")
    for name, seconds in (("lead_in", lead_in), ("lead_out", lead_out)):
        if not 0 <= seconds <= 60:
            raise ValueError(f"{name} is {seconds}; it must be 0 to 60 seconds")
    sample_rate = recording.sample_rate
    start = round(lead_in * sample_rate)
    length = start + round((recording.duration + lead_out) * sample_rate)
    times = np.arange(int(np.ceil(length / sample_rate * rate))) / rate
    audio, poses = _play(recording, start, length, times)
    face = Face(sample_rate, face_map=face_map)
    face.push_audio(recording.audio, "recording", end=True)
    for motion in recording.motions:
        face.push_motion(motion.keyframes, "recording")
    weights = np.empty((len(times), len(ARKIT_NAMES)), np.float32)
    joints = np.empty((len(times), len(JOINT_NAMES), 3), np.float32)
    # Live it has to be learned; here the whole recording is known from its first picture on.
    lag = face.lag(recording.duration, "recording") * rate
    for index, now in enumerate(times):
        face.drive(poses[index], now, now - start / sample_rate, "recording", _between(poses, max(0.0, index - lag)))
        weights[index] = face.weights
        joints[index] = face.joints
    return Performance(audio, sample_rate, weights, joints, poses)


def _play(
    recording: Recording, start: int, length: int, times: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
    """Return what is heard and the poses at `times`; the conversation begins at sample `start`."""
    rate = recording.sample_rate
    player = Player(rate, offline_config(recording))
    audio = np.zeros(length, np.int16)
    poses = np.empty((len(times), KEYFRAME_FLOATS), np.float32)
    block = round(_BLOCK_S * rate)
    edges = [*range(0, start, block), *range(start, length, block), length]
    sampled = 0
    for first, end in itertools.pairwise(edges):
        if first == start:
            conversation_id = player.push_audio(recording.audio.data, True, now=first / rate)
            player.push_motion(complete_messages(recording) or None, conversation_id, now=first / rate)
        player.render_audio(audio[first:end], first / rate)
        # Sampled block by block: a player remembers only the latest past.
        upto = int(np.searchsorted(times, end / rate)) if end < length else len(times)
        player.sample_into(times[sampled:upto], poses[sampled:upto])
        player.advance(end / rate)
        sampled = upto
    return audio, poses


def _between(poses: npt.NDArray[np.float32], index: float) -> npt.NDArray[np.float32]:
    whole = int(index)
    after = poses[min(whole + 1, len(poses) - 1)]
    mixed: npt.NDArray[np.float32] = (poses[whole] + np.float32(index - whole) * (after - poses[whole])).astype(
        np.float32
    )
    return mixed
