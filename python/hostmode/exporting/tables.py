"""Weights as text: the CSV of Live Link Face, the JSON of NVIDIA's Audio2Face."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hostmode._core import ARKIT_NAMES
from hostmode.engines import LIVE_LINK_NAMES, live_link_values
from hostmode.engines.frame_rate import timecode

if TYPE_CHECKING:
    from pathlib import Path

    from hostmode.exporting.clip import Clip


def write_live_link_csv(clip: Clip, path: Path, sound: str) -> None:
    """Write a take as the Live Link Face app does; angles in radians."""
    del sound
    values = live_link_values(clip.weights, clip.joints).tolist()
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        file.write(",".join(("Timecode", "BlendShapeCount", *LIVE_LINK_NAMES)) + "\n")
        for index, row in enumerate(values):
            numbers = ",".join(f"{value:.9f}" for value in row)
            file.write(f"{timecode(clip.start + index, clip.rate)}.000,{len(row)},{numbers}\n")


def write_a2f_json(clip: Clip, path: Path, sound: str) -> None:
    """Write what Audio2Face exports as blendshape weights."""
    rate = clip.rate
    document = {
        "exportFps": rate.numerator if rate.denominator == 1 else float(rate),
        "trackPath": sound,
        "numPoses": len(ARKIT_NAMES),
        "numFrames": len(clip),
        "facsNames": list(ARKIT_NAMES),
        "weightMat": [[round(value, 7) for value in row] for row in clip.weights.tolist()],
    }
    with path.open("w", encoding="ascii") as file:
        json.dump(document, file)
