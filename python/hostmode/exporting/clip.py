"""What is exported: a face frame by frame, and the sound it belongs to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hostmode.recording.rates import require_rate

if TYPE_CHECKING:
    import numpy.typing as npt

    from hostmode.recording import Recording
    from hostmode.rig import FaceMap


@dataclass(frozen=True, eq=False)
class Clip:
    """A face at a fixed rate.

    Attributes
    ----------
    name : str
        Of the recording.
    rate : Fraction
        Frames a second.
    start : int
        Timecode of the first frame, in frames since midnight.
    weights : ndarray of float32, shape (n, 52)
        ARKit's, frame *i* at ``i / rate`` seconds of the sound.
    joints : ndarray of float32, shape (n, 4, 3)
        Rotation vectors of neck, head, left and right eye, radians.
    samples : ndarray of int16, shape (m,)
        The recording's own sound, from its first sample on; silence follows where its motion is longer.
    sample_rate : int
        Hertz.
    """

    name: str
    rate: Fraction
    start: int
    weights: npt.NDArray[np.float32]
    joints: npt.NDArray[np.float32]
    samples: npt.NDArray[np.int16]
    sample_rate: int

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples) / self.sample_rate

    def key_times(self) -> npt.NDArray[np.float64]:
        """Return the times of the frames in seconds, and the end of the sound, to which the last frame stays.

        With the closing one, an animation is as long as its sound.
        """
        frames = np.arange(len(self)) * self.rate.denominator / self.rate.numerator
        return np.append(frames, self.seconds)


def with_closing_key(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values of each frame, and the last one's again: those of `Clip.key_times`."""
    return np.concatenate((values, values[-1:]))


def make_clip(
    recording: Recording, rate: Fraction, *, name: str = "face", start: int = 0, face_map: FaceMap | None = None
) -> Clip:
    """Play `recording` in no time and keep its face: as many frames as begin before its sound or motion ends.

    Raises
    ------
    RecordingError
        It has no sound, or its rate is a guess that sound and motion speak against.
    """
    from hostmode.view.performance import perform

    require_rate(recording)
    performance = perform(recording, float(rate), face_map=face_map)
    samples = padded_sound(recording)
    count = frame_count(len(samples), recording.sample_rate, rate)
    return Clip(
        name, rate, start, performance.weights[:count], performance.joints[:count], samples, recording.sample_rate
    )


def frame_count(samples: int, sample_rate: int, rate: Fraction) -> int:
    """Return how many frames begin before so much sound ends."""
    return math.ceil(Fraction(samples, sample_rate) * rate)


def padded_sound(recording: Recording) -> npt.NDArray[np.int16]:
    """Return the recording's sound, and silence where its motion is longer."""
    length = max(len(recording.audio), round(recording.duration * recording.sample_rate))
    return np.pad(recording.audio, (0, length - len(recording.audio)))
