"""Poses: names over the bytes of a keyframe."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import hostmode
from hostmode.pose import as_keyframes, as_poses

# The wire format's fields in order, with their lengths.
FIELDS = {
    "translation": 3,
    "rotation": 3,
    "neck_pose": 3,
    "jaw_pose": 3,
    "eye_pose": 6,
    "eye_lid": 2,
    "expression": 100,
}


def counted(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_keyframe_dtype_lists_the_fields_without_padding() -> None:
    assert hostmode.KEYFRAME_DTYPE.names == tuple(FIELDS)
    assert hostmode.KEYFRAME_DTYPE.itemsize == 480
    assert sum(FIELDS.values()) == hostmode.KEYFRAME_FLOATS


def test_as_poses_names_every_float() -> None:
    pose = as_poses(counted(2, 120))[1]

    start = 120
    for name, length in FIELDS.items():
        assert getattr(pose, name).tolist() == list(range(start, start + length))
        assert pose[name].dtype == np.float32
        start += length


def test_pose_taken_from_an_array_is_a_pose() -> None:
    assert type(as_poses(counted(2, 120))[0]) is hostmode.Pose
    assert type(np.zeros(3, hostmode.KEYFRAME_DTYPE)[0]) is hostmode.Pose


def test_as_poses_shares_memory_both_ways() -> None:
    keyframes = counted(3, 120)
    poses = as_poses(keyframes)

    poses[1].jaw_pose[0] = -1
    keyframes[1, 10] = -2

    assert keyframes[1, 9] == -1
    assert poses[1].jaw_pose[1] == -2


@pytest.mark.parametrize("shape", [(120,), (5, 120), (0, 120), (2, 3, 120)])
def test_as_keyframes_undoes_as_poses(shape: tuple[int, ...]) -> None:
    keyframes = counted(*shape)

    poses = as_poses(keyframes)
    back = as_keyframes(poses)

    assert poses.shape == shape[:-1]
    np.testing.assert_array_equal(back, keyframes)
    assert keyframes.size == 0 or np.shares_memory(back, keyframes)


def test_as_keyframes_of_one_pose_is_a_row() -> None:
    keyframes = counted(2, 120)

    np.testing.assert_array_equal(as_keyframes(as_poses(keyframes)[1]), keyframes[1])


def test_as_poses_of_another_dtype_says_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"given float64, wanted float32; use"):
        as_poses(np.zeros((2, 120)))  # type: ignore[arg-type]


def test_as_poses_of_another_shape_names_both() -> None:
    with pytest.raises(ValueError, match=r"given shape \(2, 119\), wanted \(\.\.\., 120\)"):
        as_poses(np.zeros((2, 119), np.float32))


def test_as_keyframes_of_plain_numbers_is_refused() -> None:
    with pytest.raises(TypeError, match=r"given float32, wanted hostmode\.KEYFRAME_DTYPE"):
        as_keyframes(counted(2, 120))  # type: ignore[arg-type]


def test_pose_pickled_is_the_same_pose() -> None:
    pose = as_poses(counted(1, 120))[0]

    copy = pickle.loads(pickle.dumps(pose))

    assert type(copy) is hostmode.Pose
    assert copy == pose


def test_poses_encode_as_the_keyframes_they_are() -> None:
    poses = np.zeros(2, hostmode.KEYFRAME_DTYPE)
    poses[1].jaw_pose[0] = 0.25

    motion = hostmode.decode_message(hostmode.encode_message(as_keyframes(poses)))

    assert as_poses(motion.keyframes)[1].jaw_pose.tolist() == [0.25, 0, 0]
