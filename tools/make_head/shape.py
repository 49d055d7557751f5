"""Where things are on this head: hairline, neckline, the atlas. Centimetres, the eyes at height 0."""

from __future__ import annotations

from typing import Final

import numpy as np
from mesh import Floats, smooth_step

#: The person: weights of MakeHuman's targets.
RECIPE: Final = {
    "macrodetails/caucasian-female-young": 0.62,
    "macrodetails/asian-female-young": 0.23,
    "macrodetails/african-female-young": 0.15,
    "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
    "head/head-oval": 0.25,
    "forehead/forehead-scale-vert-decr": 0.35,
    "mouth/mouth-angles-up": 0.34,
    "chin/chin-width-decr": 0.2,
    "ears/l-ear-scale-decr": 0.35,
    "ears/r-ear-scale-decr": 0.35,
    "ears/l-ear-wing-decr": 0.5,
    "ears/r-ear-wing-decr": 0.5,
    "ears/l-ear-lobe-decr": 0.25,
    "ears/r-ear-lobe-decr": 0.25,
    "nose/nose-width3-decr": 0.15,
    "mouth/mouth-upperlip-volume-incr": 0.15,
    "neck/neck-scale-horiz-decr": 0.15,
    "eyes/l-eye-scale-incr": 0.16,
    "eyes/r-eye-scale-incr": 0.16,
}

#: What the strands of the hair run to, and the knot around it.
KNOT: Final = np.array([0.0, 2.2, -12.0])

# The hairline seen from the front: height over the distance from the middle. A slight peak, recessions beside it.
_FRONT_X: Final = (0.0, 0.8, 1.8, 3.2, 4.4, 5.4, 6.2, 7.0, 9.0)
_FRONT_Y: Final = (6.35, 6.45, 6.75, 6.80, 6.35, 5.40, 4.10, 2.60, 0.00)
# Seen from the side: depth over the height.
_SIDE_Y: Final = (-12, -8.5, -6, -4.2, -1.5, 0.5, 2.2, 4.0, 5.5, 7.0)
_SIDE_Z: Final = (0, 0.9, 1.2, 1.3, 3.6, 5.2, 5.7, 6.6, 8.3, 10.5)


def hairline(points: Floats) -> Floats:
    """Return how far (about centimetres) inside the hair each point of the scalp is; below 0 is skin."""
    x, y, z = np.moveaxis(points, -1, 0)
    front = y - np.interp(np.abs(x), _FRONT_X, _FRONT_Y) - 6.0 * (z < 0)
    front = np.where(z < 0, -9.0, front)
    side = np.minimum(np.interp(y, _SIDE_Y, _SIDE_Z) - z, (y + 9.2 - 0.10 * np.abs(x)) * 0.8)
    return np.maximum(front, side)


def neckline(points: Floats) -> Floats:
    """Return how far below the edge of the shirt each point is; below 0 is skin."""
    x, y, z = np.moveaxis(points, -1, 0)
    return -13.9 - 0.33 * (z - 2.0) + 0.22 * np.maximum(np.abs(x) - 5, 0) - y


# The atlas: the face unrolled from a cylinder, and below it strands of hair and a row of teeth.
WIDTH: Final = 768
FACE_HEIGHT: Final = 672
HAIR_HEIGHT: Final = 64
TEETH_HEIGHT: Final = 32
HEIGHT: Final = FACE_HEIGHT + HAIR_HEIGHT + TEETH_HEIGHT
_AXIS_Z: Final = 1.0
_HALF_ANGLE: Final = 2.0
_LOW, _HIGH = -14.5, 12.5


def face_angle(points: Floats) -> Floats:
    return np.arctan2(points[:, 0], points[:, 2] - _AXIS_Z)


def face_uv(points: Floats) -> Floats:
    """Return the place in the face's part of the atlas, 0 to 1."""
    return np.c_[0.5 + face_angle(points) / (2 * _HALF_ANGLE), (points[:, 1] - _LOW) / (_HIGH - _LOW)]


def face_cover(points: Floats, ears: Floats, inside_mouth: Floats) -> Floats:
    """Return how much of the atlas is seen: none far back, on ears and in the mouth."""
    cover = 1 - smooth_step(1.55, 1.9, np.abs(face_angle(points)))
    cover *= (1 - smooth_step(0.2, 0.6, ears)) * (1 - smooth_step(0.3, 0.7, inside_mouth))
    return cover * smooth_step(_LOW + 0.2, _LOW + 2.2, points[:, 1])


def in_atlas(uv: Floats, part: str) -> Floats:
    """Return uv of a part ("face", "hair", "teeth") as uv of the whole atlas, whose rows run from below."""
    first, height = {
        "face": (0, FACE_HEIGHT),
        "hair": (FACE_HEIGHT, HAIR_HEIGHT),
        "teeth": (FACE_HEIGHT + HAIR_HEIGHT, TEETH_HEIGHT),
    }[part]
    inset = 0.0 if part == "face" else 0.6
    v = first + inset + np.clip(uv[:, 1], 0, 1) * (height - 2 * inset)
    return np.c_[uv[:, 0], v / HEIGHT]
