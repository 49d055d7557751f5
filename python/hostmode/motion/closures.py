"""When lips meet: holes in the part of speech that only an open mouth lets out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_FRAME_S: Final = 0.01
_WINDOW_S: Final = 0.02
# A shut mouth still hums below, through nose and cheeks (m, b); what is above comes through the lips.
_OPEN_BAND_HZ: Final = (600.0, 6000.0)
_FLOOR_DB: Final = -75.0
# The sounds on both sides of a closure are no further away.
_REACH: Final = 9  # frames
# So much weaker than the weaker side: no closure yet, and surely one. Nasals sink by 10 to 20 dB, stops by more.
_DIP_DB: Final = (8.0, 16.0)
# Of the weaker side, against full scale: quieter than this is no speech that a mouth shuts in.
_SPEECH_DB: Final = -58.0


class Closures:
    """How surely the lips are shut, a hundred times a second, as the sound comes in.

    Parameters
    ----------
    sample_rate : int
        Hertz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._hop = round(sample_rate * _FRAME_S)
        self._window = round(sample_rate * _WINDOW_S)
        self._hann = np.hanning(self._window)
        hertz = np.fft.rfftfreq(self._window, 1 / sample_rate)
        self._band = (hertz >= _OPEN_BAND_HZ[0]) & (hertz <= _OPEN_BAND_HZ[1])
        self._scale = 2.0 / (32768.0**2 * np.sum(self._hann**2) * self._window)
        # The first window is centred on the first sample.
        self._waiting = np.zeros(self._window // 2)
        self._levels: list[float] = []

    def push(self, samples: npt.NDArray[np.int16]) -> None:
        """Take in the next samples, shape (n,)."""
        waiting = np.concatenate([self._waiting, samples])
        frames = max(0, (len(waiting) - self._window) // self._hop + 1)
        if frames:
            windows = np.lib.stride_tricks.sliding_window_view(waiting, self._window)[:: self._hop][:frames]
            power = np.abs(np.fft.rfft(windows * self._hann)[:, self._band]) ** 2
            decibels = 10.0 * np.log10(power.sum(axis=1) * self._scale + 1e-12)
            self._levels += np.maximum(decibels, _FLOOR_DB).tolist()
        self._waiting = waiting[frames * self._hop :]

    def at(self, t_s: float) -> float:
        """Return 0 to 1; 0 where too little is known."""
        index = round(t_s / _FRAME_S)
        if not 0 <= index < len(self._levels):
            return 0.0
        before = self._levels[max(0, index - _REACH) : index + 1]
        after = self._levels[index : index + _REACH + 1]
        side = min(max(before), max(after))
        if side < _SPEECH_DB:
            # A phrase begins: its first consonant has speech on one side only. One that ends is let go.
            side = max(after)
        if side < _SPEECH_DB:
            return 0.0
        low, high = _DIP_DB
        return min(1.0, max(0.0, (side - self._levels[index] - low) / (high - low)))
