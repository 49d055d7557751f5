"""The 120 numbers of each pose as a table, with the unit of each in its header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.errors import MissingExtraError
from hostmode.exporting.clip import frame_count, padded_sound
from hostmode.pose import KEYFRAME_DTYPE

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    import numpy.typing as npt

    from hostmode.recording import Recording

#: Of each field of a keyframe; "1" is a plain number. FLAME measures in metres.
UNITS: Final = {
    "translation": "m",
    "rotation": "rad",
    "neck_pose": "rad",
    "jaw_pose": "rad",
    "eye_pose": "rad",
    "eye_lid": "1",
    "expression": "1",
}


def pose_table(recording: Recording, rate: Fraction) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Return the times (n,) in seconds and the poses (n, 120) of a recording, played in no time."""
    from hostmode.offline import render_offline

    count = frame_count(len(padded_sound(recording)), recording.sample_rate, rate)
    poses = render_offline(recording, float(rate)).poses[:count]
    return np.arange(len(poses)) * rate.denominator / rate.numerator, poses


def columns() -> list[tuple[str, str]]:
    """Return name and unit of each of the 120 numbers."""
    return [
        (f"{name}_{index}", UNITS[name])
        for name in KEYFRAME_DTYPE.names or ()
        for index in range(KEYFRAME_DTYPE[name].shape[0])
    ]


def write_pose_csv(
    times: npt.NDArray[np.float64], poses: npt.NDArray[np.float32], rate: Fraction, path: Path
) -> None:
    """Write a header such as ``time [s]``, ``jaw_pose_0 [rad]``, ``expression_0 [1]``, and a line a pose."""
    del rate
    header = ",".join(["time [s]", *(f"{name} [{unit}]" for name, unit in columns())])
    with path.open("w", encoding="ascii") as file:
        np.savetxt(file, np.column_stack((times, poses)), fmt="%.9g", delimiter=",", header=header, comments="")


def write_pose_npz(
    times: npt.NDArray[np.float64], poses: npt.NDArray[np.float32], rate: Fraction, path: Path
) -> None:
    """Write `times` and `poses`, `names` and `units` of the columns, and `rate` as numerator and denominator."""
    names, units = zip(*columns(), strict=True)
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            times=times,
            poses=poses,
            names=np.array(names),
            units=np.array(units),
            time_unit=np.array("s"),
            rate=np.array([rate.numerator, rate.denominator]),
        )


def write_pose_parquet(
    times: npt.NDArray[np.float64], poses: npt.NDArray[np.float32], rate: Fraction, path: Path
) -> None:
    """Write a column for the time and each number; `unit` is in the metadata of each field.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError('Parquet needs pyarrow: pip install "hostmode[parquet]"') from error
    fields = [pa.field("time", pa.float64(), metadata={"unit": "s"})]
    fields += [pa.field(name, pa.float32(), metadata={"unit": unit}) for name, unit in columns()]
    schema = pa.schema(fields, metadata={"rate": f"{rate.numerator}/{rate.denominator}"})
    arrays = [pa.array(times), *(pa.array(column) for column in np.ascontiguousarray(poses.T))]
    with path.open("wb") as file:
        parquet.write_table(pa.table(arrays, schema=schema), file)
