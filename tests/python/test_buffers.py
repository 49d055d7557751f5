"""Buffers and arrays that cross the boundary: what is taken, and what is refused rather than misread."""

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


SAMPLES = np.array([1000, -2000, 3000, -4000] * 400, np.dtype("<i2"))


def rendered(pcm: Any) -> list[int]:
    """Return what a player without a pre-buffer plays of `pcm`."""
    config = hostmode.PlayerConfig(prebuffer=0.0, motion_wait=0.0)
    player = hostmode.Player(16000, config)
    player.push_audio(pcm, end=True, now=0.0)
    out = np.empty(len(SAMPLES), np.int16)
    player.render_audio(out, 0.0)
    values: list[int] = out.tolist()
    return values


@pytest.mark.parametrize(
    "pcm",
    [
        bytearray(SAMPLES.tobytes()),
        memoryview(SAMPLES.tobytes()),
        array.array("h", SAMPLES.tobytes()),
        SAMPLES,
        SAMPLES.reshape(-1, 1),
        SAMPLES.view(np.uint8),
        memoryview(SAMPLES),
    ],
    ids=["bytearray", "memoryview", "array h", "int16", "one channel", "uint8", "memoryview of int16"],
)
def test_pcm_in_any_buffer_sounds_like_its_bytes(pcm: Any) -> None:
    from_bytes = rendered(SAMPLES.tobytes())

    assert rendered(pcm) == from_bytes
    assert from_bytes[-400:] == SAMPLES[-400:].tolist()  # past the fade-in


@pytest.mark.parametrize(
    ("pcm", "message"),
    [
        ("UklGRg==", "given str.*base64.b64decode"),
        (None, "given NoneType"),
        (SAMPLES.astype(np.float32), "given floating-point samples.*astype"),
        (SAMPLES.astype(np.float64), "given floating-point samples.*astype"),
        (array.array("f", [0.5]), "given floating-point samples.*astype"),
        (SAMPLES.astype(np.int32), "given items of format 'i'"),
        (SAMPLES.astype(">i2"), "given items of format '>h'"),
        (SAMPLES[::2], "given a strided numpy.ndarray.*ascontiguousarray"),
        (SAMPLES.reshape(-1, 2), "given more than one dimension.*one channel"),
        (SAMPLES.reshape(-1, 2)[:, 0], "given a strided numpy.ndarray.*ascontiguousarray"),
    ],
    ids=["str", "None", "f4", "f8", "array f", "i4", "big-endian", "strided", "stereo", "channel"],
)
def test_pcm_that_would_be_misread_is_refused(pcm: Any, message: str) -> None:
    player = hostmode.Player()

    with pytest.raises(TypeError, match=message) as caught:
        player.push_audio(pcm, now=0.0)

    assert "wanted mono 16-bit PCM" in str(caught.value)
    assert player.conversation_id is None


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_output_array_is_written_in_place(dtype: Any) -> None:
    out = np.full(64, 7, dtype)

    hostmode.Player().render_audio(out, 0.0)

    assert not out.any()


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (
            [0.0] * 120,
            TypeError,
            "out: given list, wanted a writable .* of shape \\(120,\\); make one with numpy.empty",
        ),
        (np.empty(120), TypeError, "given a float64 array, wanted a writable C-contiguous float32 array"),
        (np.empty(120, ">f4"), TypeError, "given a >f4 array, wanted .* float32"),
        (np.empty((1, 120), np.float32), ValueError, "an array of shape \\(1, 120\\), wanted .* \\(120,\\)"),
        (np.empty(119, np.float32), ValueError, "an array of shape \\(119,\\), wanted"),
        (np.empty(240, np.float32)[::2], ValueError, "a strided array of shape \\(120,\\), wanted"),
    ],
    ids=["list", "float64", "byte-swapped", "extra dimension", "short", "strided"],
)
def test_output_array_that_does_not_fit_names_given_and_wanted(
    out: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        hostmode.Player().sample(0.0, out)


def test_output_array_that_is_read_only_is_refused() -> None:
    out = np.zeros(120, np.float32)
    out.flags.writeable = False

    with pytest.raises(ValueError, match="given a read-only array"):
        hostmode.Player().sample(0.0, out)


def test_output_array_that_is_misaligned_is_refused() -> None:
    out = np.zeros(481, np.uint8)[1:].view(np.float32)

    with pytest.raises(ValueError, match="given a misaligned array"):
        hostmode.Player().sample(0.0, out)


def test_input_array_need_not_be_writable_but_is_not_converted() -> None:
    times = np.linspace(0, 1, 5)
    times.flags.writeable = False
    out = np.empty((5, 120), np.float32)

    hostmode.Player().sample_into(times, out)

    with pytest.raises(TypeError, match=r"times: given a float32 array, .* convert it with \.astype"):
        hostmode.Player().sample_into(times.astype(np.float32), out)
