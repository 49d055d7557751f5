"""Expressions that a head must show clearly, by name."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hostmode import ARKIT_NAMES

Expression = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

# What the driver adds to every face.
_ALWAYS: Final = {
    "mouthSmile": 0.10, "cheekSquint": 0.05, "eyeSquint": 0.06, "browInnerUp": 0.06, "browOuterUp": 0.04
}  # fmt: skip


def expression(
    weights: dict[str, float], head: tuple[float, float, float] = (0, 0, 0), gaze: tuple[float, float] = (0, 0)
) -> Expression:
    """Return weights and joints; a name without Left or Right stands for both, `gaze` is to the side and up."""
    array, joints = np.zeros(len(ARKIT_NAMES), np.float32), np.zeros((4, 3), np.float32)
    for name, weight in {**_ALWAYS, **weights}.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in ARKIT_NAMES:
                array[ARKIT_NAMES.index(full)] = weight
    joints[0] = joints[1] = np.array(head) / 2
    joints[2:, 0], joints[2:, 1] = -gaze[1], gaze[0]
    return array, joints


EXPRESSIONS: Final = {
    "neutral": expression({}),
    "blink": expression({"eyeBlink": 1.0}),
    "gaze": expression({"eyeLookUp": 0.15, "eyeLookOutLeft": 0.42, "eyeLookInRight": 0.42}, gaze=(0.42, 0.06)),
    "aa": expression({"jawOpen": 0.45, "mouthLowerDown": 0.3, "mouthUpperUp": 0.25}),
    "oo": expression({"mouthPucker": 0.75, "mouthFunnel": 0.35, "jawOpen": 0.10}),
    "ee": expression({"mouthSmile": 0.4, "mouthStretch": 0.3, "jawOpen": 0.14, "mouthLowerDown": 0.45,
                      "mouthUpperUp": 0.5}),
    "mbp": expression({"mouthPress": 0.3, "mouthRollLower": 0.4, "mouthRollUpper": 0.22}),
    "smile": expression({"mouthSmile": 0.7, "cheekSquint": 0.55, "eyeSquint": 0.3, "jawOpen": 0.10,
                         "mouthUpperUp": 0.7, "mouthLowerDown": 0.35, "mouthStretch": 0.15}),
    "brows": expression({"browInnerUp": 0.95, "browOuterUp": 0.85, "eyeWide": 0.3}),
    "turned": expression({}, head=(0.02, 0.785, -0.03)),
}  # fmt: skip
