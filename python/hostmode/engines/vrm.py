"""VRM: the preset expressions that every model has, approximated from ARKit's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import ARKIT_NAMES

if TYPE_CHECKING:
    import numpy.typing as npt

#: VRM 1.0's names, and those that VRM 0.x and the VMC protocol use.
VRM_PRESETS: Final = {
    "aa": "A",
    "ih": "I",
    "ou": "U",
    "ee": "E",
    "oh": "O",
    "blinkLeft": "Blink_L",
    "blinkRight": "Blink_R",
}

# What hostmode's driver gives where the mouth is open, round or spread to the full.
_JAW: Final = 0.50
_PUCKER: Final = 0.78
_STRETCH: Final = 0.20


def vrm_weights(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the weights (..., 7) of `VRM_PRESETS` for ARKit's (..., 52).

    The mouth is a place between five vowels: how far it is open, how round, how spread. The vowels' weights add up to
    at most 1.
    """
    by_name = dict(zip(ARKIT_NAMES, np.moveaxis(np.asarray(weights, np.float64), -1, 0), strict=True))
    wide = np.clip(by_name["jawOpen"] / _JAW, 0, 1)
    rounded = np.clip(by_name["mouthPucker"] / _PUCKER, 0, 1)
    spread = np.clip((by_name["mouthStretchLeft"] + by_name["mouthStretchRight"]) / (2 * _STRETCH), 0, 1)
    values = (
        wide * (1 - rounded) * (1 - spread),
        (1 - wide) * (1 - rounded) * spread,
        (1 - wide) * rounded,
        wide * (1 - rounded) * spread,
        wide * rounded,
        np.clip(by_name["eyeBlinkLeft"], 0, 1),
        np.clip(by_name["eyeBlinkRight"], 0, 1),
    )
    return np.stack(values, axis=-1).astype(np.float32)
