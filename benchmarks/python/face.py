"""The face: deforming the built-in head against NumPy, pictures, and a film. Prints JSON.

NumPy does the same arithmetic on dense arrays prepared beforehand, float32: targets that weigh something, lids,
normals by `bincount`, skinning by `einsum`. Both must agree.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hostmode import ARKIT_NAMES, Recording
from hostmode.rig import BUILT_IN_HEAD, Rig
from hostmode.rig.npz import read_npz
from hostmode.view import Offscreen, perform
from hostmode.view.film import write_film

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "python"))
from head_files import NumpyRig

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 200


def median_ms(call: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return 1e3 * float(np.median(times))


def main() -> None:
    recording = Recording.embedded()
    performance = perform(recording, 25)
    rig, reference = Rig.load(), NumpyRig(read_npz(BUILT_IN_HEAD))
    order = [ARKIT_NAMES.index(name) for name in rig.target_names]
    weights = np.ascontiguousarray(performance.weights[60][order])
    joints = performance.joints[60]
    out = np.empty((rig.vertex_count, 6), np.float32)
    assert np.allclose(rig.deform(weights, joints, out), reference.deform(weights, joints), atol=2e-3)
    own, numpy = [], []
    for _ in range(9):
        own.append(median_ms(lambda: rig.deform(weights, joints, out), ROUNDS // 9))
        numpy.append(median_ms(lambda: reference.deform(weights, joints), 4))
    result = {"deform_ms": min(own), "numpy_ms": min(numpy), "ratio": min(numpy) / min(own)}
    result["deform_percent_of_a_core_at_60_hz"] = min(own) * 60 / 10
    for name, smooth, per_pixel in (("vertex", False, False), ("vertex_4x", True, False), ("pixel_4x", True, True)):
        with Offscreen(512, smooth=smooth, per_pixel=per_pixel) as stage:
            result[f"picture_{name}_ms"] = median_ms(lambda: stage.render_face(*next(iter(performance))), 40)
    with tempfile.TemporaryDirectory() as folder, Offscreen(512, smooth=False) as stage:
        begun = time.perf_counter()
        write_film(Path(folder) / "film.mp4", performance, stage, 25)
        took = time.perf_counter() - begun
    result["film_times_real_time"] = len(performance) / 25 / took
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
