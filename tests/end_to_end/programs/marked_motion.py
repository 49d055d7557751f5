"""Motion that says which request it was made for, by the last expression coefficients."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hostmode.motion import LocalMotion

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MARKS = 3
_requests = itertools.count()


class MarkedMotion:
    """Local motion; of the n-th request, and only of that, the n-th of the last `MARKS` coefficients is 1."""

    def __init__(self, sample_rate: int) -> None:
        self._motion = LocalMotion(sample_rate)
        self._mark = next(_requests) - MARKS

    def push(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        return self._marked(self._motion.push(samples))

    def finish(self) -> npt.NDArray[np.float32]:
        return self._marked(self._motion.finish())

    def _marked(self, keyframes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        marked = keyframes.copy()
        marked[:, -MARKS:] = 0.0
        marked[:, self._mark] = 1.0
        return marked
