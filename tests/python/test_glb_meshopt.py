"""Packed numbers of a .glb against meshoptimizer itself, which packs and unpacks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostmode.rig.glb_meshopt import decode

meshopt = pytest.importorskip("meshopt")

if TYPE_CHECKING:
    from random import Random

    import numpy.typing as npt


def surface(side: int, seed: int) -> npt.NDArray[np.uint32]:
    """Return the corners of a grid of `side` x `side` squares, a few of them turned or out of order."""
    rng = np.random.default_rng(seed)
    first = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).ravel()
    squares = np.column_stack((first, first + 1, first + side + 1, first + 1, first + side + 2, first + side + 1))
    triangles = squares.reshape(-1, 3)
    some = rng.random(len(triangles)) < 0.1
    triangles[some] = rng.permutation(triangles[some])
    return np.ascontiguousarray(triangles.ravel(), np.uint32)


def vertices(count: int, stride: int, seed: int) -> npt.NDArray[np.uint8]:
    """Return rows of bytes: some that never change, some that change a little, some at random."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-1, 2, (count, stride)) * rng.integers(0, 4, stride) + 7
    steps[:, ::3] = rng.integers(0, 256, (count, len(range(0, stride, 3))))
    steps[:, 1::4] = 0
    return np.cumsum(steps, axis=0).astype(np.uint8)


@pytest.mark.parametrize("stride", [4, 8, 12, 36, 64, 256])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 255, 256, 257, 1000])
def test_vertices_come_out_as_they_were(count: int, stride: int) -> None:
    plain = vertices(count, stride, count)
    packed = meshopt.encode_gltf_buffer(plain, "ATTRIBUTES")
    assert decode(packed, count, stride, "ATTRIBUTES", "NONE") == plain.tobytes()


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(("side", "size"), [(1, 2), (5, 2), (40, 2), (40, 4), (200, 2)])
def test_triangles_come_out_as_meshoptimizer_reads_them(side: int, size: int, version: int) -> None:
    corners = surface(side, side)
    packed = meshopt.encode_gltf_buffer(corners, "TRIANGLES", version)
    expected = np.asarray(meshopt.decode_gltf_buffer(packed, len(corners), size, "TRIANGLES")).astype(f"<u{size}")
    assert decode(packed, len(corners), size, "TRIANGLES", "NONE") == expected.tobytes()
    assert sorted(expected.tolist()) == sorted(corners.tolist())


@pytest.mark.parametrize("size", [2, 4])
def test_indices_come_out_as_they_were(size: int) -> None:
    plain = np.random.default_rng(size).integers(0, 1 << (7 * size), 500, dtype=np.uint32)
    packed = meshopt.encode_gltf_buffer(plain, "INDICES")
    assert decode(packed, len(plain), size, "INDICES", "NONE") == plain.astype(f"<u{size}").tobytes()


FILTERED: dict[str, Any] = {
    "octahedral 4": ("OCTAHEDRAL", lambda unit: meshopt.encode_filter_oct(unit, 4, 8), np.int8),
    "octahedral 8": ("OCTAHEDRAL", lambda unit: meshopt.encode_filter_oct(unit, 8, 12), np.int16),
    "quaternion": ("QUATERNION", lambda unit: meshopt.encode_filter_quat(unit, 8, 12), np.int16),
    "exponential": ("EXPONENTIAL", lambda unit: meshopt.encode_filter_exp(30 * unit, 15), np.float32),
}


@pytest.mark.parametrize("what", FILTERED)
def test_filtered_values_come_out_as_meshoptimizer_reads_them(what: str) -> None:
    kind, encode, dtype = FILTERED[what]
    values = np.random.default_rng(1).normal(size=(300, 4))
    unit = (values / np.linalg.norm(values[:, : 3 if kind == "OCTAHEDRAL" else 4], axis=1, keepdims=True)).astype(
        "f4"
    )
    rows = np.ascontiguousarray(encode(unit))
    packed = meshopt.encode_gltf_buffer(rows, "ATTRIBUTES")
    stride = rows.view(np.uint8).reshape(300, -1).shape[1]
    expected = np.ascontiguousarray(meshopt.decode_gltf_buffer(packed, 300, stride, "ATTRIBUTES", kind)).view(dtype)
    found = np.frombuffer(decode(packed, 300, stride, "ATTRIBUTES", kind), dtype).reshape(300, -1)
    # A half is rounded in single precision there, and in double here.
    np.testing.assert_allclose(found.astype(float), expected.reshape(300, -1).astype(float), atol=1, rtol=0)
    assert (found == expected.reshape(found.shape)).mean() > 0.99


PACKED: dict[str, tuple[bytes, int, int]] = {
    "ATTRIBUTES": (meshopt.encode_gltf_buffer(vertices(300, 12, 0), "ATTRIBUTES"), 300, 12),
    "TRIANGLES": (meshopt.encode_gltf_buffer(surface(9, 0), "TRIANGLES"), 486, 2),
    "INDICES": (meshopt.encode_gltf_buffer(np.arange(300, dtype=np.uint32), "INDICES"), 300, 2),
}


@pytest.mark.parametrize("mode", PACKED)
def test_every_truncation_and_more_elements_than_there_are_are_refused(mode: str) -> None:
    packed, count, stride = PACKED[mode]
    for length in range(len(packed)):
        with pytest.raises(ValueError, match="packed"):
            decode(packed[:length], count, stride, mode, "NONE")
    with pytest.raises(ValueError, match="packed"):
        decode(packed, 3 * count, stride, mode, "NONE")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(PACKED)), st.randoms(use_true_random=False))
def test_damaged_numbers_are_read_in_full_or_refused(mode: str, random: Random) -> None:
    packed, count, stride = PACKED[mode]
    data = bytearray(packed)
    for _ in range(random.randint(1, 8)):
        data[random.randrange(len(data))] = random.randrange(256)
    try:
        found = decode(bytes(data), count, stride, mode, "NONE")
    except ValueError:
        return
    assert len(found) == count * stride


@pytest.mark.parametrize(
    ("count", "stride", "mode", "kind"),
    [
        (4, 6, "ATTRIBUTES", "NONE"),
        (4, 260, "ATTRIBUTES", "NONE"),
        (4, 0, "ATTRIBUTES", "NONE"),
        (3, 8, "TRIANGLES", "NONE"),
        (3, 2, "TRIANGLES", "OCTAHEDRAL"),
        (4, 2, "TRIANGLES", "NONE"),
        (4, 12, "ATTRIBUTES", "QUATERNION"),
        (4, 12, "ATTRIBUTES", "OCTAHEDRAL"),
    ],
)
def test_what_the_extension_does_not_allow_is_refused(count: int, stride: int, mode: str, kind: str) -> None:
    packed = PACKED[mode][0] if mode != "ATTRIBUTES" else meshopt.encode_gltf_buffer(vertices(4, 12, 0), mode)
    with pytest.raises(ValueError, match=r"allowed|triangles"):
        decode(packed, count, stride, mode, kind)
