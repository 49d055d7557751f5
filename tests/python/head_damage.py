"""Head files with bytes changed at random: each must load or be refused. Minutes of it: give a number."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import tempfile
import time
import warnings
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from flame_files import flame_arrays, write_flame
from head_files import small_head

from hostmode import HeadError
from hostmode.rig import Rig
from hostmode.rig.head_file import parse_head

#: Every kind of file that a head can come in.
KINDS: Final = (
    "own", "own, packed", "npz", "pickle", "old pickle", "chumpy", "glb", "glb without bones", "glb with a picture"
)  # fmt: skip
_DIGITS: Final = b"0123456789[]{}-,."


@functools.cache
def whole(kind: str) -> bytes:
    """Return the content of a small sound file."""
    rng = np.random.default_rng(0)
    if kind.startswith("own"):
        stored = io.BytesIO()
        (np.savez_compressed if "packed" in kind else np.savez)(stored, **small_head(rng, 12, 2))
        return stored.getvalue()
    if kind.startswith("glb"):
        from glb_files import model, write_glb

        return write_glb(model(rng), skinned="without" not in kind, picture="picture" in kind)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.npz"
        write_flame(path, flame_arrays(rng, 6, 8), kind)
        return path.read_bytes()


def damaged(random: Random, kind: str) -> None:
    """Load a file of that kind with some bytes changed; only `HeadError` may come of it."""
    content = bytearray(whole(kind))
    # Headers are where it hurts: half of the damage is done there.
    reach = len(content) if random.random() < 0.5 else min(len(content), 3000)
    for _ in range(random.randint(1, 8)):
        place = random.randrange(min(reach, len(content)))
        match random.randrange(4):
            case 0:
                content[place] = random.randrange(256)
            case 1:
                content[place : place + 8] = bytes([random.choice((0, 255))]) * random.randint(1, 8)
            case 2:
                del content[place : place + random.randint(1, 30)]
            case 3:
                content[place] = random.choice(_DIGITS)
    name = "head.pkl" if "pickle" in kind or kind == "chumpy" else "head"
    with warnings.catch_warnings(), contextlib.suppress(HeadError):
        warnings.simplefilter("ignore")
        Rig(parse_head(bytes(content), name))


def main(minutes: float) -> None:
    """Do it for so long, with other damage each time."""
    begun, count = time.monotonic(), 0
    while time.monotonic() < begun + 60 * minutes:
        seed = time.time_ns()
        for kind in KINDS:
            try:
                damaged(Random(seed), kind)
            except BaseException:
                print(f"seed {seed}, {kind}")
                raise
            count += 1
    print(f"{count} files loaded or were refused")


if __name__ == "__main__":
    main(float(sys.argv[1]))
