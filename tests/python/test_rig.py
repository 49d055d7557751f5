"""The rig against the same head in NumPy, and head files that are broken or hostile."""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from head_damage import damaged
from head_files import NumpyRig, rig_of, small_head
from hypothesis import given, settings
from hypothesis import strategies as st

from hostmode import ARKIT_NAMES, HeadError
from hostmode.rig import BUILT_IN_HEAD, Rig
from hostmode.rig.npz import read_npz

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random


def test_deform_random_heads_agrees_with_numpy() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        head = small_head(rng)
        weights = (rng.uniform(-0.5, 1.5, 5) * rng.integers(0, 2, 5)).astype(np.float32)
        joints = (rng.normal(0, 0.6, (4, 3)) * rng.integers(0, 2, (4, 1))).astype(np.float32)
        out = np.full((60, 6), np.nan, np.float32)
        expected = NumpyRig(head).deform(weights, joints)
        assert rig_of(head).deform(weights, joints, out) is out
        np.testing.assert_allclose(out, expected, atol=2e-4)


def test_deform_built_in_head_agrees_with_numpy() -> None:
    rng = np.random.default_rng(0)
    rig, reference = Rig.load(), NumpyRig(read_npz(BUILT_IN_HEAD))
    weights = rng.uniform(0, 1, 52).astype(np.float32)
    joints = rng.normal(0, 0.2, (4, 3)).astype(np.float32)
    out = rig.deform(weights, joints, np.empty((rig.vertex_count, 6), np.float32))
    np.testing.assert_allclose(out, reference.deform(weights, joints), atol=2e-3)


def test_deform_children_named_before_parents_agree() -> None:
    head = small_head(np.random.default_rng(1))
    order = [3, 1, 0, 2]  # new place of each joint
    shuffled = dict(head)
    old = np.argsort(order)
    shuffled["joint_parent"] = np.array([-1 if p < 0 else order[p] for p in head["joint_parent"][old]], np.int8)
    shuffled["joint_pivot"] = head["joint_pivot"][old]
    shuffled["skin_joint"] = np.array(order, np.uint8)[head["skin_joint"]]
    weights = np.full(5, 0.5, np.float32)
    joints = np.random.default_rng(2).normal(0, 0.5, (4, 3)).astype(np.float32)
    one, other = np.empty((60, 6), np.float32), np.empty((60, 6), np.float32)
    rig_of(head).deform(weights, joints, one)
    rig_of(shuffled).deform(weights, joints[old].copy(), other)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_deform_wrong_arrays_are_refused() -> None:
    rig = rig_of(small_head(np.random.default_rng(0)))
    weights, joints, out = np.zeros(5, np.float32), np.zeros((4, 3), np.float32), np.zeros((60, 6), np.float32)
    for wrong in (np.full(5, np.nan, np.float32), np.zeros(6, np.float32), np.zeros(5)):
        with pytest.raises((TypeError, ValueError), match="weights"):
            rig.deform(wrong, joints, out)
    for wrong in (np.full((4, 3), np.inf, np.float32), np.zeros((3, 3), np.float32)):
        with pytest.raises(ValueError, match="joints"):
            rig.deform(weights, wrong, out)
    with pytest.raises(ValueError, match="out"):
        rig.deform(weights, joints, out[:59])


def test_built_in_head_has_every_expression_and_is_small() -> None:
    rig = Rig.load()
    assert set(rig.target_names) == set(ARKIT_NAMES)
    assert rig.joint_names == ("neck", "head", "leftEye", "rightEye")
    assert BUILT_IN_HEAD.stat().st_size < 1.5e6


def _with(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda head: head.__setitem__(key, value)


def _change(key: str, index: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(head: dict[str, Any]) -> None:
        head[key] = head[key].copy()
        head[key][index] = value

    return change


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "another format": (_with("format", np.array(b"glTF")), "format"),
    "missing array": (lambda head: head.pop("triangles"), "triangles is missing"),
    "no vertices": (_with("vertices", np.zeros((0, 3), np.int16)), "uv|vertices"),
    "flat vertices": (_with("vertices", np.zeros(180, np.int16)), "vertices"),
    "NaN scale": (_with("vertex_scale", np.float32(np.nan)), "not finite"),
    "infinite pivot": (_change("joint_pivot", 0, np.inf), "pivot"),
    "too large for a float": (_with("ball_centre", np.full((2, 3), 1e300)), "not finite"),
    "NaN ball": (_change("ball_radius", 1, np.nan), "eyeball"),
    "triangle out of range": (_change("triangles", (3, 1), 60), "triangle"),
    "negative triangle": (_with("triangles", np.full((4, 3), -1, np.int32)), "triangles"),
    "target out of range": (_change("target_vertex_step", 0, 65000), "target moves"),
    "lid out of range": (_change("lid_vertex", 0, 999), "lid"),
    "huge target count": (_change("target_count", 0, 65535), "target_count"),
    "counts that wrap around": (
        _with("target_count", np.full(5, 2**32 - 1, np.uint32)),
        "target_count",
    ),
    "joint is its own parent": (_change("joint_parent", 0, 0), "itself"),
    "joints in a circle": (_with("joint_parent", np.array([2, 0, 1, 1], np.int8)), "itself"),
    "joint without parent": (_change("joint_parent", 2, 77), "does not exist"),
    "parent below -1": (_change("joint_parent", 2, -5), "does not exist"),
    "skin joint out of range": (_change("skin_joint", (0, 0), 4), "joint"),
    "heavy skin": (_with("skin_weight", np.full((60, 2), 200, np.uint8)), "more than 1"),
    "unknown material": (_change("material", 5, 200), "material"),
    "atlas without colour": (_with("atlas_rows", np.zeros((8, 16), np.uint8)), "atlas_rows"),
    "text for numbers": (_with("uv", np.full((60, 2), b"x")), "uv"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_load_one_thing_wrong_says_it_in_one_line(fault: str, tmp_path: Path) -> None:
    head = small_head(np.random.default_rng(0))
    change, words = FAULTS[fault]
    change(head)
    path = tmp_path / "head.npz"
    np.savez(path, **head)
    with pytest.raises(HeadError, match=words) as raised:
        Rig.load(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_load_every_truncation_is_refused(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.npz", tmp_path / "cut.npz"
    np.savez_compressed(whole, **small_head(np.random.default_rng(0)))
    data = whole.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(HeadError):
            Rig.load(path)


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.path), "w"))


def test_load_pickle_executes_nothing(tmp_path: Path) -> None:
    trap, path = tmp_path / "sprung", tmp_path / "head.npz"
    head = small_head(np.random.default_rng(0))
    head["uv"] = np.array([_Trap(trap)], object)
    np.savez(path, **head)
    with pytest.raises(HeadError, match="Python objects"):
        Rig.load(path)
    path.write_bytes(pickle.dumps(_Trap(trap)))
    with pytest.raises(HeadError, match="only arrays are read"):
        Rig.load(path)
    assert not trap.exists()


@pytest.mark.parametrize("name", ["head.fbx", "avatar.obj", "head.npz"])
def test_load_head_of_another_format_says_what_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"Kaydara FBX Binary")
    with pytest.raises(HeadError, match=r"\.glb.*\.pkl.*\.npz"):
        Rig.load(tmp_path / name)


def test_load_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("uv.npy", "w") as member:
        for _ in range(400):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(HeadError, match="at most"):
        Rig.load(path)


@pytest.mark.parametrize("shape", ["(1073741824, 1073741824)", "(-1,)", "(9" + "9" * 40 + ",)"])
def test_load_array_of_a_lying_shape_is_refused(shape: str, tmp_path: Path) -> None:
    header = f"{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    path = tmp_path / "head.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("uv.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(HeadError, match="uv"):
        Rig.load(path)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(("own", "own, packed")))
def test_damaged_head_loads_or_is_refused(random: Random, kind: str) -> None:
    damaged(random, kind)
