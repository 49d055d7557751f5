"""FLAME out of files of the user's own: the decode is exact, and no file runs anything."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flame_files import flame_arrays, numpy_flame, write_flame
from graphics import needs_graphics
from head_damage import damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from hostmode import KEYFRAME_FLOATS, HeadError
from hostmode.rig import Rig
from hostmode.view import Offscreen

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    import numpy.typing as npt

KINDS = ("npz", "pickle", "old pickle", "chumpy")


def flame_file(tmp_path: Path, kind: str = "npz", **changed: Any) -> Path:
    path = tmp_path / ("head.npz" if kind == "npz" else "head.pkl")
    arrays = {**flame_arrays(np.random.default_rng(0)), **changed}
    write_flame(path, {key: array for key, array in arrays.items() if array is not None}, kind)
    return path


def decode(rig: Rig, pose: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    weights = np.empty(len(rig.target_names), np.float32)
    joints = np.empty((len(rig.joint_names), 3), np.float32)
    rig.decode(pose, weights, joints)
    return rig.deform(weights, joints, np.empty((rig.vertex_count, 6), np.float32))[:, :3]


def random_pose(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    pose = np.zeros(KEYFRAME_FLOATS, np.float32)
    pose[:18] = rng.normal(0, 0.4, 18)
    pose[20:] = rng.normal(0, 1, 100)
    return pose


@pytest.mark.parametrize("kind", KINDS)
def test_decode_random_poses_agrees_with_numpy(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    arrays = flame_arrays(np.random.default_rng(0))
    rig = Rig.load(flame_file(tmp_path, kind))
    # The rig's own place and unit: what rest and template differ by.
    moved = rig.rest - 100 * arrays["v_template"]
    np.testing.assert_allclose(moved, np.broadcast_to(moved[0], moved.shape), atol=1e-4)
    for _ in range(10):
        pose = random_pose(rng)
        np.testing.assert_allclose(decode(rig, pose), 100 * numpy_flame(arrays, pose) + moved[0], atol=2e-3)


def test_decode_of_flames_own_size_agrees_with_numpy(tmp_path: Path) -> None:
    arrays = flame_arrays(np.random.default_rng(0), 5023, 9976)
    write_flame(tmp_path / "flame2023.pkl", arrays, "old pickle")
    rig = Rig.load(tmp_path / "flame2023.pkl")
    assert (rig.vertex_count, len(rig.triangles)) == (5023, 9976)
    pose = random_pose(np.random.default_rng(2))
    moved = rig.rest[0] - 100 * arrays["v_template"][0]
    np.testing.assert_allclose(decode(rig, pose), 100 * numpy_flame(arrays, pose) + moved, atol=2e-3)


def test_camera_of_the_stream_moves_nothing(tmp_path: Path) -> None:
    rig = Rig.load(flame_file(tmp_path))
    pose = np.zeros(KEYFRAME_FLOATS, np.float32)
    pose[:6] = 1.0
    np.testing.assert_allclose(decode(rig, pose), rig.rest, atol=1e-5)


@needs_graphics
def test_flame_head_is_drawn_from_poses(tmp_path: Path) -> None:
    with Offscreen(64, flame_file(tmp_path, "pickle")) as stage:
        pose = np.zeros(KEYFRAME_FLOATS, np.float32)
        still = stage.render(pose)
        pose[9] = 0.6
        assert np.abs(stage.render(pose).astype(int) - still).max() > 20
        with pytest.raises(ValueError, match="give the pose too"):
            stage.render_face(np.zeros(52, np.float32), np.zeros((4, 3), np.float32))


class _Code:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_pickle_that_wants_to_execute_code_executes_nothing(protocol: int, tmp_path: Path) -> None:
    trap, path = tmp_path / "sprung", tmp_path / "head.pkl"
    for code in (_Code(open, str(trap), "w"), _Code(exec, f"open({str(trap)!r}, 'w')"), _Code(getattr, str, "join")):
        path.write_bytes(pickle.dumps({**flame_arrays(np.random.default_rng(0)), "extra": code}, protocol))
        with pytest.raises(HeadError, match="only arrays are read") as raised:
            Rig.load(path)
        assert "\n" not in str(raised.value)
        assert not trap.exists()


HOSTILE = {
    "nothing": b"\x80",
    "no dictionary": pickle.dumps([1, 2]),
    "a place that takes gigabytes": b"\x80\x02}r\xff\xff\xff\x7f.",
    "bytes that take gigabytes": b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b"ab.",
    "an extension": b"\x80\x02\x82\x01.",
    "persistent": b"\x80\x02U\x01aQ.",
    "an object of a strange class": b"\x80\x02cbuiltins\nobject\n)\x81.",
    "deep": b"\x80\x02" + b")" + b"\x85" * 100_000 + b".",
    "a key that is nested": b"\x80\x02})" + b"\x85" * 15_000 + b"K\x01s.",
    "calls its own stand-in": b"\x80\x02cnumpy\nndarray\n(K\x01K\x02tR.",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pickle_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "head.pkl"
    path.write_bytes(content)
    with pytest.raises(HeadError) as raised:
        Rig.load(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"posedirs": None}, "posedirs is missing"),
        ({"v_template": np.zeros((60, 4))}, "v_template"),
        ({"v_template": np.full((60, 3), np.nan)}, "v_template.*finite"),
        ({"v_template": np.full((60, 3), 1e300)}, "finite"),
        ({"shapedirs": np.zeros((60, 3, 300))}, "shapedirs has 300"),
        ({"shapedirs": np.zeros((59, 3, 400))}, "shapedirs"),
        ({"f": np.full((2, 3), 60)}, "f names a vertex"),
        ({"f": np.full((2, 3), -1)}, "f names a vertex"),
        ({"f": np.zeros((2, 3))}, "f is float64"),
        ({"weights": np.full((60, 5), 0.5)}, "more than 1"),
        ({"weights": np.full((60, 5), -0.1)}, "negative"),
        ({"kintree_table": np.array([[1, 0, 1, 1, 1], [0, 1, 2, 3, 4]])}, "itself"),
        ({"kintree_table": np.array([[-1, 0, 9, 1, 1], [0, 1, 2, 3, 4]])}, "does not exist"),
        ({"kintree_table": np.array([[-1, 0, 2**40, 1, 1], [0, 1, 2, 3, 4]])}, "does not exist"),
    ],
)
@pytest.mark.parametrize("kind", ["npz", "pickle"])
def test_flame_with_one_thing_wrong_says_it(kind: str, changed: dict[str, Any], words: str, tmp_path: Path) -> None:
    if kind == "pickle" and changed.get("posedirs", 0) is None:
        pytest.skip("the same")
    with pytest.raises(HeadError, match=words):
        Rig.load(flame_file(tmp_path, kind, **changed))


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(KINDS))
def test_damaged_flame_loads_or_is_refused(random: Random, kind: str) -> None:
    damaged(random, kind)
