"""Conversion of a conversation's audio to the rate of the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from hostmode.errors import AudioOutputError

if TYPE_CHECKING:
    import numpy.typing as npt

_FULL_SCALE = 32768.0


class Resampler:
    """A stream of 16-bit samples brought to another rate by soxr (HQ): no phase shift, exact length.

    It holds back 4 to 38 ms until `flush`, because the filter looks ahead.

    Parameters
    ----------
    source_rate, target_rate : int
        Sample rates, Hz.

    Raises
    ------
    AudioOutputError
        soxr is not installed.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        try:
            import soxr
        except ImportError as error:
            raise AudioOutputError(
                f"audio at {source_rate} Hz cannot be played at {target_rate} Hz without soxr: "
                'pip install "hostmode[audio]"'
            ) from error
        # In floats: soxr dithers 16-bit output, and silence shall stay silent.
        self._stream = soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")
        self._holds_samples = False

    @property
    def holds_samples(self) -> bool:
        """Whether anything came in since the last flush."""
        return self._holds_samples

    def convert(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """Take `samples` in and return those that are ready, possibly none."""
        self._holds_samples = self._holds_samples or len(samples) > 0
        return _to_int16(self._stream.resample_chunk(samples.astype(np.float32)))

    def flush(self) -> npt.NDArray[np.int16]:
        """Return what was held back, and be ready for a new stream."""
        rest = self._stream.resample_chunk(np.empty(0, np.float32), last=True)
        self._stream.clear()
        self._holds_samples = False
        return _to_int16(rest)


def _to_int16(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    limited = np.clip(np.rint(samples), -_FULL_SCALE, _FULL_SCALE - 1.0)
    return cast("npt.NDArray[np.int16]", limited.astype("<i2"))
