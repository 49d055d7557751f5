"""Buffers that cross the boundary: what is taken as bytes, and what is refused rather than misread."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import pytest

import hostmode

MESSAGE = hostmode.encode_message(np.ones((3, 120)), req_id="r")


@pytest.mark.parametrize(
    "data",
    [
        MESSAGE,
        bytearray(MESSAGE),
        memoryview(MESSAGE),
        memoryview(b"xx" + MESSAGE)[2:],
        array.array("B", MESSAGE),
        array.array("b", MESSAGE),
        np.frombuffer(MESSAGE, np.uint8),
        memoryview(MESSAGE).cast("c"),
    ],
    ids=["bytes", "bytearray", "memoryview", "slice", "array B", "array b", "uint8", "char"],
)
def test_message_bytes_in_any_buffer_decode_alike(data: Any) -> None:
    assert hostmode.decode_message(data).keyframes.tolist() == np.ones((3, 120)).tolist()


@pytest.mark.parametrize(
    ("data", "given"),
    [
        (MESSAGE.decode("latin-1"), "given str"),
        (None, "given NoneType"),
        (7, "given int"),
        ([MESSAGE], "given list"),
        (np.zeros(4, np.int16), "given items of format 'h'"),
        (np.zeros(4, np.float32), "given items of format 'f'"),
        (np.frombuffer(MESSAGE, np.uint8)[::2], "given a strided numpy.ndarray"),
        (memoryview(MESSAGE)[::-1], "given a strided memoryview"),
    ],
    ids=["str", "None", "int", "list", "int16", "float32", "strided array", "reversed memoryview"],
)
def test_message_that_is_no_run_of_bytes_is_refused(data: Any, given: str) -> None:
    with pytest.raises(TypeError, match=given) as caught:
        hostmode.decode_message(data)

    assert "wanted bytes, bytearray, memoryview or a uint8 array" in str(caught.value)


def test_message_buffer_is_let_go_after_decoding() -> None:
    data = bytearray(MESSAGE)

    hostmode.decode_message(data)
    data.append(0)  # a BufferError, were it still held

    with pytest.raises(TypeError):
        hostmode.decode_message(memoryview(data)[::2])
    data.append(0)


def test_decoded_keyframes_do_not_follow_later_changes_of_the_buffer() -> None:
    data = bytearray(MESSAGE)
    keyframes = hostmode.decode_message(data).keyframes

    data[:] = bytes(len(data))

    assert (keyframes == 1).all()
