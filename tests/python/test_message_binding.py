"""Messages across the boundary: what decode_message and encode_message take, give and raise."""

from __future__ import annotations

import base64
import json
import pickle
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hostmode

if TYPE_CHECKING:
    from pathlib import Path

# A keyframe whose jaw_pose is (1, 2, 3), as animation bytes: repeated field 1, in it the packed field 4.
JAW = b"\x22\x0c" + struct.pack("<3f", 1, 2, 3)
BARE = b"\x0a" + bytes([len(JAW)]) + JAW

# type SERVER_ERROR; field 5: connection_id "c", req_id "r", code 429, message "slow down".
ERROR = b"\x0a\x01c\x12\x01r\x18\xad\x03\x22\x09slow down"
SERVER_ERROR = b"\x08\x04\x2a" + bytes([len(ERROR)]) + ERROR


def some_keyframes(count: int) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, hostmode.KEYFRAME_FLOATS)).astype(np.float32)


def test_decode_encoded_message_gives_back_every_field() -> None:
    keyframes = some_keyframes(7)

    motion = hostmode.decode_message(
        hostmode.encode_message(keyframes, connection_id="c-1", req_id="r-ü", end=True, avatar_id="a-1")
    )

    np.testing.assert_array_equal(motion.keyframes, keyframes)
    assert (motion.kind, motion.type) == ("animation", 5)
    assert (motion.connection_id, motion.req_id, motion.avatar_id) == ("c-1", "r-ü", "a-1")
    assert motion.end is True


def test_decode_defaults_are_empty() -> None:
    motion = hostmode.decode_message(hostmode.encode_message(some_keyframes(1)))

    assert (motion.connection_id, motion.req_id, motion.avatar_id, motion.end) == ("", "", "", False)
    assert (motion.error_code, motion.error_message) == (0, "")


def test_decode_bare_animation_gives_its_keyframe() -> None:
    motion = hostmode.decode_message(BARE)

    assert (motion.kind, motion.type, motion.keyframes.shape) == ("animation", 5, (1, 120))
    assert hostmode.pose.as_poses(motion.keyframes)[0].jaw_pose.tolist() == [1, 2, 3]
    assert np.count_nonzero(motion.keyframes) == 3


def test_decode_server_error_is_a_motion_of_that_kind() -> None:
    motion = hostmode.decode_message(SERVER_ERROR)

    assert (motion.kind, motion.type) == ("server_error", 4)
    assert (motion.error_code, motion.error_message) == (429, "slow down")
    assert (motion.connection_id, motion.req_id) == ("c", "r")
    assert motion.keyframes.shape == (0, 120)


@pytest.mark.parametrize("data", [b"", b"\x08\x07", b"\x08\x63"], ids=["empty", "interrupt", "unknown"])
def test_decode_message_without_known_payload_is_other(data: bytes) -> None:
    motion = hostmode.decode_message(data)

    assert motion.kind == "other"
    assert motion.keyframes.shape == (0, 120)


def test_decode_recording_gives_its_507_keyframes(recordings: Path) -> None:
    recording = json.loads((recordings / "speech-16k.json").read_text())
    messages = [base64.b64decode(message) for message in recording["animation_messages_base64"]]

    motions = [hostmode.decode_message(message) for message in messages]

    assert [len(motion.keyframes) for motion in motions] == [50, 100, 100, 100, 100, 57]
    assert [motion.end for motion in motions] == [False] * 5 + [True]
    assert {motion.req_id for motion in motions} == {recording["req_id"]}
    assert all(np.isfinite(motion.keyframes).all() for motion in motions)


@pytest.mark.parametrize("length", range(1, len(BARE)))
def test_decode_truncated_message_says_where_and_why(length: int) -> None:
    with pytest.raises(hostmode.DecodeError) as caught:
        hostmode.decode_message(BARE[:length])

    assert 0 <= caught.value.offset <= length
    assert caught.value.reason in str(caught.value)
    assert str(caught.value.offset) in str(caught.value)


def test_decode_nan_is_refused() -> None:
    with pytest.raises(hostmode.DecodeError):
        hostmode.decode_message(BARE[:-4] + struct.pack("<f", float("nan")))


def test_decode_error_is_a_hostmode_error_and_a_value_error() -> None:
    assert issubclass(hostmode.DecodeError, hostmode.HostModeError)
    assert issubclass(hostmode.DecodeError, ValueError)
    assert hostmode.DecodeError.code == "invalid_animation_data"


def test_decode_error_pickled_keeps_offset_and_reason() -> None:
    with pytest.raises(hostmode.DecodeError) as caught:
        hostmode.decode_message(BARE[:-1])

    copy = pickle.loads(pickle.dumps(caught.value))

    assert type(copy) is hostmode.DecodeError
    assert (copy.offset, copy.reason) == (caught.value.offset, caught.value.reason)
    assert str(copy) == str(caught.value)


def test_keyframes_outlive_their_motion() -> None:
    keyframes = some_keyframes(50)
    decoded = hostmode.decode_message(hostmode.encode_message(keyframes)).keyframes
    for _ in range(20):  # reuse the memory, had it been freed
        hostmode.decode_message(hostmode.encode_message(np.zeros((50, 120), np.float32)))

    np.testing.assert_array_equal(decoded, keyframes)


def test_keyframes_are_one_array_without_copies() -> None:
    motion = hostmode.decode_message(hostmode.encode_message(some_keyframes(3)))

    assert np.shares_memory(motion.keyframes, motion.keyframes)
    assert motion.keyframes.dtype == np.float32
    assert motion.keyframes.flags.c_contiguous
    assert motion.keyframes.flags.writeable


def test_motion_is_read_only_and_made_only_by_decoding() -> None:
    motion = hostmode.decode_message(BARE)

    with pytest.raises(AttributeError):
        motion.end = True  # type: ignore[misc]
    with pytest.raises(TypeError, match="No constructor"):
        hostmode.Motion()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (hostmode.encode_message(np.zeros((2, 120)), req_id="1", end=True), "2 keyframes, end, req_id '1'"),
        (SERVER_ERROR, "server_error 429 'slow down', req_id 'r'"),
        (b"\x08\x09", "other, type 9"),
    ],
    ids=["animation", "server_error", "other"],
)
def test_motion_repr_says_what_it_is(data: bytes, text: str) -> None:
    assert repr(hostmode.decode_message(data)) == f"<hostmode.Motion {text}>"


@pytest.mark.parametrize(
    "keyframes",
    [
        some_keyframes(4).astype(np.float64),
        np.asfortranarray(some_keyframes(4)),
        some_keyframes(8)[::2],
        some_keyframes(4).astype(">f4"),
        some_keyframes(4).tolist(),
    ],
    ids=["float64", "column-major", "strided", "byte-swapped", "list"],
)
def test_encode_converts_any_numbers(keyframes: object) -> None:
    motion = hostmode.decode_message(hostmode.encode_message(keyframes))  # type: ignore[arg-type]

    np.testing.assert_array_equal(motion.keyframes, np.asarray(keyframes, np.float32))


def test_encode_no_keyframes_may_carry_the_end() -> None:
    motion = hostmode.decode_message(hostmode.encode_message(np.empty((0, 120)), req_id="r", end=True))

    assert (motion.kind, motion.end, motion.keyframes.shape) == ("animation", True, (0, 120))


@pytest.mark.parametrize("shape", [(120,), (2, 119), (1, 1, 120), (120, 2)])
def test_encode_other_shape_names_both(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"given shape \(.*wanted shape \(n, 120\)") as caught:
        hostmode.encode_message(np.zeros(shape))

    assert str(shape) in str(caught.value)


def test_encode_text_is_refused() -> None:
    with pytest.raises(ValueError, match="given a str that is no array of numbers"):
        hostmode.encode_message("keyframes")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_encode_value_that_is_not_finite_is_refused(value: float) -> None:
    keyframes = some_keyframes(2)
    keyframes[1, 119] = value

    with pytest.raises(ValueError, match="NaN or infinity"):
        hostmode.encode_message(keyframes)


def test_now_is_monotonic_and_in_seconds() -> None:
    times = [hostmode.now() for _ in range(1000)]

    assert times == sorted(times)
    assert times[-1] > times[0]
    assert times[-1] - times[0] < 60
