"""The poses of one avatar, at any instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from hostmode.events.callbacks import EventSource

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from hostmode._core import Player
    from hostmode.pose import Pose


class PoseSource(EventSource):
    """What shows the face of a player; how often it does is measured."""

    _player: Player
    _clock: Callable[[], float]

    @overload
    def sample(self, now: float | None = None, out: None = None) -> Pose: ...
    @overload
    def sample(self, now: float | None, out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]: ...
    @overload
    def sample(self, now: float | None = None, *, out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]: ...
    def sample(
        self, now: float | None = None, out: npt.NDArray[np.float32] | None = None
    ) -> Pose | npt.NDArray[np.float32]:
        """Return the pose that belongs to the sound heard at an instant.

        Parameters
        ----------
        now : float, optional
            The instant, seconds on the controller's clock: when the frame will be seen. By default, now.
        out : array of float32, shape (120,), optional
            To be filled and returned; nothing is allocated then.

        Returns
        -------
        Pose or array
            A keyframe with named fields, or `out`.
        """
        self._require_open()
        present = self._clock()
        pose = self._player.sample(present if now is None else now, out)
        self._frame_rate.sampled(present)
        return pose

    def sample_into(self, times: npt.NDArray[np.float64], out: npt.NDArray[np.float32]) -> None:
        """Fill the poses of many instants, future ones included, as far as sound and motion are known.

        Parameters
        ----------
        times : ndarray of float64, shape (n,)
            Seconds on the controller's clock.
        out : ndarray of float32, shape (n, 120)
            To be filled.
        """
        self._require_open()
        self._player.sample_into(times, out)

    def _sampled_player(self) -> Player:
        # For sample_many.
        self._require_open()
        self._frame_rate.sampled(self._clock())
        return self._player
