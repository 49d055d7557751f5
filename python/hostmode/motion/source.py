"""What makes motion of sound: one interface for what comes with hostmode and for a model of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@runtime_checkable
class MotionSource(Protocol):
    """Turns the sound of one utterance into its keyframes, as it comes in.

    The keyframes must not depend on how the sound is cut into chunks: they are given out in order, each as soon
    as the sound it depends on is in. A source serves one utterance; the next one gets another.
    """

    def push(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """Take in mono samples, shape (n,), and return the keyframes they complete, shape (m, 120)."""
        ...

    def finish(self) -> npt.NDArray[np.float32]:
        """Take note that the sound is over and return the rest: ``ceil(25 * seconds)`` keyframes in all."""
        ...
