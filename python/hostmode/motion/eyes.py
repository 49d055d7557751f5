"""Blinks and glances of one pair of eyes, by chance but the same for the same seed."""

from __future__ import annotations

from typing import Final

import numpy as np

# Closing, shut, opening (Caffier and others 2003 measured 60 to 100, 20 to 30 and 120 to 180 ms).
_CLOSING_S: Final = 0.075
_SHUT_S: Final = 0.025
_OPENING_S: Final = 0.16
_MEDIAN_PAUSE_S: Final = 3.2
_PAUSE_SIGMA: Final = 0.35  # of the logarithm
_PAUSES_S: Final = (1.6, 6.5)
_DOUBLE_SHARE: Final = 0.1
_DOUBLE_S: Final = 0.32

_GLANCES_S: Final = (0.7, 2.4)
_GLANCE_SD_RAD: Final = (0.022, 0.045)  # up and down, sideways
_SACCADE_S: Final = 0.05


class Eyes:
    """Time must not go back from call to call.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides when and where.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._blink_s = float(rng.uniform(0.6, 2.0))
        self._glance_s = float(rng.uniform(*_GLANCES_S))
        self._from = np.zeros(2)
        self._to = np.zeros(2)
        self._left_s = -_SACCADE_S

    def lids(self, t_s: float) -> float:
        """Return how far the lids are shut, 0 to 1."""
        while t_s > self._blink_s + _CLOSING_S + _SHUT_S + _OPENING_S:
            self._blink_s += self._pause_s()
        since_s = t_s - self._blink_s
        if since_s < _CLOSING_S:
            return _smooth(since_s / _CLOSING_S)
        return 1.0 - _smooth((since_s - _CLOSING_S - _SHUT_S) / _OPENING_S)

    def gaze(self, t_s: float) -> tuple[float, float]:
        """Return pitch and yaw, radians."""
        while t_s >= self._glance_s:
            self._left_s = self._glance_s
            self._from, self._to = self._to, self._rng.normal(0.0, _GLANCE_SD_RAD)
            self._glance_s += float(self._rng.uniform(*_GLANCES_S))
        done = _smooth((t_s - self._left_s) / _SACCADE_S)
        pitch, yaw = self._from + (self._to - self._from) * done
        return float(pitch), float(yaw)

    def _pause_s(self) -> float:
        if self._rng.random() < _DOUBLE_SHARE:
            return _DOUBLE_S
        return float(np.clip(self._rng.lognormal(np.log(_MEDIAN_PAUSE_S), _PAUSE_SIGMA), *_PAUSES_S))


def _smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)
