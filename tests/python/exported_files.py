"""What `hostmode export` writes, and how tests read it."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hostmode
from hostmode import Recording

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

#: A name for each kind of file.
WRITTEN = ["x.csv", "x.json", "x.glb", "x.vrma", "x.usda", "x.usdc", "x.npz", "x.parquet"]


def short_recording() -> Recording:
    """Return neither a whole number of frames at any of the usual rates, nor sound as long as its motion."""
    whole = Recording.embedded()
    return Recording.from_keyframes(whole.audio[:33333], whole.sample_rate, whole.keyframes[:52])


def exported(recording: Recording, path: Path, **settings: object) -> Path:
    if path.suffix in (".usda", ".usdc"):
        pytest.importorskip("pxr", reason="usd-core is not installed")
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    hostmode.export(recording, path, **settings)
    return path


def sound_of(path: Path) -> tuple[int, np.ndarray]:
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def accessor(gltf: object, index: int) -> np.ndarray:
    """Read numbers of a file that pygltflib has opened."""
    found = gltf.accessors[index]  # type: ignore[attr-defined]
    blob = gltf.binary_blob()  # type: ignore[attr-defined]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}[found.type]

    def read(view: int, kind: str, count: int, columns: int) -> np.ndarray:
        start = gltf.bufferViews[view].byteOffset  # type: ignore[attr-defined]
        return np.frombuffer(blob, kind, count * columns, start).reshape(count, columns)

    if found.sparse is not None:
        dense = np.zeros((found.count, width), np.float32)
        rows = read(found.sparse.indices.bufferView, "<u4", found.sparse.count, 1)[:, 0]
        dense[rows] = read(found.sparse.values.bufferView, "<f4", found.sparse.count, width)
        return dense
    if found.bufferView is None:
        return np.zeros((found.count, width), np.float32)
    kind = {5126: "<f4", 5125: "<u4", 5123: "<u2", 5121: "u1"}[found.componentType]
    return read(found.bufferView, kind, found.count, width)


def channels(gltf: object) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    (animation,) = gltf.animations  # type: ignore[attr-defined]
    found = {}
    for channel in animation.channels:
        sampler = animation.samplers[channel.sampler]
        key = (gltf.nodes[channel.target.node].name, channel.target.path)  # type: ignore[attr-defined]
        found[key] = (accessor(gltf, sampler.input)[:, 0], accessor(gltf, sampler.output))
    return found


def assert_keys(times: np.ndarray, count: int, rate: Fraction, sound: Path) -> None:
    """Expect a key for each frame, and one within a sample of the end of the sound."""
    sample_rate, samples = sound_of(sound)
    np.testing.assert_allclose(times[:-1], np.arange(count) / float(rate), atol=1e-5)
    assert abs(times[-1] - len(samples) / sample_rate) < 1 / sample_rate
