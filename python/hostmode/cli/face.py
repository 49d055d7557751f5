"""A face in a terminal: enough to see that the lips move with the sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hostmode.pose import Pose

#: Jaw angle, radians, of a mouth that is wide open in the picture.
_WIDE_RAD: Final = 0.16

#: Neck angle, radians, that moves the head by one column.
_COLUMN_RAD: Final = 0.03

_MOUTHS: Final = ("-----", " --- ", " (_) ", " ( ) ", "(   )")
_BAR: Final = 24


def face_lines(pose: Pose) -> list[str]:
    """Return seven lines of at most 24 columns."""
    mouth = _MOUTHS[min(int(_opening(pose) * len(_MOUTHS)), len(_MOUTHS) - 1)]
    left, right = ("-" if lid > 0.5 else "o" for lid in pose["eye_lid"])
    shift = " " * max(0, min(6, 3 + round(float(pose["neck_pose"][1]) / _COLUMN_RAD)))
    rows = (
        "   .-----------.",
        "  /             \\",
        f" |    {left}     {right}    |",
        " |       ^       |",
        f" |     {mouth}     |",
        "  \\             /",
        "   '-----------'",
    )
    return [shift + row for row in rows]


def jaw_bar(pose: Pose) -> str:
    """Return the opening of the jaw as a bar."""
    filled = round(_opening(pose) * _BAR)
    return "█" * filled + "·" * (_BAR - filled)


def neck_bar(pose: Pose, axis: int) -> str:
    """Return one angle of the neck as a mark left or right of the middle."""
    middle = _BAR // 2
    place = middle + round(float(pose["neck_pose"][axis]) / (2 * _COLUMN_RAD) * 3)
    bar = ["·"] * _BAR
    bar[middle] = "|"
    bar[max(0, min(_BAR - 1, place))] = "●"
    return "".join(bar)


def _opening(pose: Pose) -> float:
    return max(0.0, min(1.0, float(pose["jaw_pose"][0]) / _WIDE_RAD))
