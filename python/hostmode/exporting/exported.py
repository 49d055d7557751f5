"""A recording as a file for an engine, and its sound beside it."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hostmode.engines.frame_rate import frame_of, parse_frame_rate
from hostmode.exporting.clip import make_clip, padded_sound
from hostmode.rig import BUILT_IN_HEAD
from hostmode.whole_file import whole_files

if TYPE_CHECKING:
    import os
    from fractions import Fraction

    import numpy as np
    import numpy.typing as npt

    from hostmode.exporting.clip import Clip
    from hostmode.recording import Recording
    from hostmode.rig import FaceMap

#: The formats, and the endings of each; where two share one, the first is meant unless told otherwise.
FORMATS: Final = {
    "livelink": (".csv",),
    "a2f": (".json",),
    "glb": (".glb",),
    "vrma": (".vrma",),
    "usd": (".usda", ".usdc", ".usd"),
    "poses": (".npz", ".parquet", ".csv"),
}


@dataclass(frozen=True)
class Exported:
    """What `export` wrote.

    Attributes
    ----------
    path : Path
    sound : Path or None
        The .wav file beside it.
    frames : int
    rate : Fraction
        Frames a second.
    seconds : float
        Length of the sound.
    """

    path: Path
    sound: Path | None
    frames: int
    rate: Fraction
    seconds: float


def format_of(path: str | os.PathLike[str], wanted: str | None = None) -> str:
    """Return the format of a file by its ending, or `wanted` where they go together.

    Raises
    ------
    ValueError
        There is no such format, or it has another ending.
    """
    ending = Path(path).suffix.lower()
    if wanted is not None and wanted not in FORMATS:
        raise ValueError(f"{wanted!r} is no format; there are {', '.join(FORMATS)}")
    fitting = [name for name, endings in FORMATS.items() if ending in endings and wanted in (None, name)]
    if not fitting:
        endings = FORMATS[wanted] if wanted else dict.fromkeys(end for ends in FORMATS.values() for end in ends)
        raise ValueError(f"{str(path)!r} must end in {', '.join(endings)}")
    return fitting[0]


def export(
    recording: Recording,
    path: str | os.PathLike[str],
    *,
    rate: str | float | Fraction = 60,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    sound: bool = True,
    start: str = "00:00:00:00",
    shapes: str = "vrm",
    head: str | os.PathLike[str] = BUILT_IN_HEAD,
    face_map: FaceMap | None = None,
) -> Exported:
    """Write a recording as a file for an engine, and its sound as a .wav file beside it.

    Both are there whole, or neither. The same recording and settings give the same bytes.

    Parameters
    ----------
    recording : Recording
        With sound.
    path : path
        Ends in what `format` has, or in what says the format: ``.csv`` (Live Link Face), ``.json`` (Audio2Face),
        ``.glb``, ``.vrma``, ``.usda``, ``.usdc`` or ``.usd``, ``.npz`` or ``.parquet`` (poses).
    rate : number, Fraction or str
        Frames a second, 24 to 120; ``29.97`` is 30000/1001.
    format : str, optional
        ``"livelink"``, ``"a2f"``, ``"glb"``, ``"vrma"``, ``"usd"`` or ``"poses"``.
    sound : bool
        Whether to write the sound.
    start : str
        Timecode of the first frame, in a Live Link Face CSV.
    shapes : str
        Of a ``.vrma``: ``"vrm"``, the presets that every model has, or ``"arkit"``, the 52 of "perfect sync".
    head : path
        Whose morph targets a ``.glb`` or USD stage has: a head file of hostmode.
    face_map : FaceMap, optional
        Takes the place of the built-in way from keyframes to expressions.

    Raises
    ------
    ValueError
        The ending, the format, the rate, the timecode or the shapes are none that there are.
    RecordingError
        The recording has no sound, or its rate is a guess that sound and motion speak against.
    HeadError
        The head is none.
    MissingExtraError
        The format needs a package that is not installed.
    OSError
        A file cannot be written.
    """
    target = Path(path)
    kind = format_of(target, format)
    frame_rate = parse_frame_rate(rate)
    if shapes not in ("vrm", "arkit"):
        raise ValueError(f"shapes is {shapes!r}; it must be 'vrm' or 'arkit'")
    first = frame_of(start, frame_rate)
    beside = target.with_suffix(".wav") if sound else None
    with whole_files(*([beside] if beside else []), target) as written:
        if kind == "poses":
            frames = _write_poses(recording, frame_rate, written[-1])
        else:
            clip = make_clip(recording, frame_rate, name=target.stem, start=first, face_map=face_map)
            frames = len(clip)
            _write(kind, clip, written[-1], beside.name if beside else "", head, shapes)
        samples = padded_sound(recording)
        if beside:
            _write_wav(samples, recording.sample_rate, written[0])
    return Exported(target, beside, frames, frame_rate, len(samples) / recording.sample_rate)


def _write(kind: str, clip: Clip, path: Path, sound: str, head: str | os.PathLike[str], shapes: str) -> None:
    # Each imported when it is wanted: together they take a while.
    if kind == "vrma":
        from hostmode.exporting.vrma import write_vrma

        write_vrma(clip, path, shapes)
    elif kind in ("glb", "usd"):
        from hostmode.exporting.head_mesh import load_head_mesh

        mesh = load_head_mesh(head)
        if kind == "glb":
            from hostmode.exporting.glb import write_glb

            write_glb(clip, mesh, path)
        else:
            from hostmode.exporting.usd import write_usd

            write_usd(clip, mesh, path, sound)
    else:
        from hostmode.exporting.tables import write_a2f_json, write_live_link_csv

        {"livelink": write_live_link_csv, "a2f": write_a2f_json}[kind](clip, path, sound)


def _write_poses(recording: Recording, rate: Fraction, path: Path) -> int:
    from hostmode.exporting import poses

    times, values = poses.pose_table(recording, rate)
    write = {".csv": poses.write_pose_csv, ".npz": poses.write_pose_npz, ".parquet": poses.write_pose_parquet}
    write[path.suffix.lower()](times, values, rate, path)
    return len(times)


def _write_wav(samples: npt.NDArray[np.int16], sample_rate: int, path: Path) -> None:
    with path.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setparams((1, 2, sample_rate, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())
