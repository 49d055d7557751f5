"""A signal in which every lost, repeated or silent sample shows: a ramp, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Never zero, so that silence is told from sound; long, so that no loss that is likely goes unnoticed.
_LENGTH = 30000
_LOWEST = 1000


def ramp(first: int, count: int) -> npt.NDArray[np.int16]:
    """Return the samples `first` to `first + count` of the endless ramp."""
    return (np.arange(first, first + count) % _LENGTH + _LOWEST).astype(np.int16)


@dataclass(frozen=True)
class RampCount:
    """What a recording of the ramp holds between its first sound and its last.

    Attributes
    ----------
    frames : int
        Samples from the first that is not zero to the last, silence between them included.
    gaps, gap_frames : int
        Stretches of silence, and how many samples they have in all.
    skips : int
        Places where samples are missing.
    repeats : int
        Places where samples come again.
    """

    frames: int
    gaps: int
    gap_frames: int
    skips: int
    repeats: int

    @property
    def exact(self) -> bool:
        """Whether there is sound, and nothing is wrong with it."""
        return self.frames > 0 and self.gaps == self.skips == self.repeats == 0


def count_ramp(recorded: npt.NDArray[np.int16], fade_frames: int = 0) -> RampCount:
    """Compare a recording with the ramp, sample by sample.

    Parameters
    ----------
    recorded : array of int16, shape (n,)
        The recording, with any silence around the ramp.
    fade_frames : int
        How many samples are faded at the start and at the end; they are counted but not compared.
    """
    sounding = np.flatnonzero(recorded)
    if len(sounding) == 0:
        return RampCount(0, 0, 0, 0, 0)
    sound = recorded[sounding[0] : sounding[-1] + 1].astype(np.int64)
    inner = sound[fade_frames : len(sound) - fade_frames]
    silent = inner == 0
    begins = np.count_nonzero(np.diff(silent.astype(np.int8)) == 1) + int(len(silent) > 0 and silent[0])
    steps = np.diff(inner[~silent]) % _LENGTH
    # A step is taken the shorter way round: more than half the ramp forwards is a step back.
    return RampCount(
        frames=len(sound),
        gaps=int(begins),
        gap_frames=int(np.count_nonzero(silent)),
        skips=int(np.count_nonzero((steps > 1) & (steps < _LENGTH // 2))),
        repeats=int(np.count_nonzero((steps == 0) | (steps >= _LENGTH // 2))),
    )
