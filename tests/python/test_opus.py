"""Ogg Opus and bare packets of Opus, decoded however they are cut."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostmode import Recording

av = pytest.importorskip("av")

from hostmode.audio.ogg import OggReader  # noqa: E402
from hostmode.audio.opus import OggOpusDecoder, OpusDecoder  # noqa: E402

pytestmark = pytest.mark.outer

RATE = 16000


def speech() -> npt.NDArray[np.int16]:
    return Recording.embedded().audio[: 2 * RATE]


def ogg_opus(samples: npt.NDArray[np.int16], rate: int = RATE) -> bytes:
    """Encode with FFmpeg's libopus, at the 24 kHz that server SDKs use."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=24000)
        stream.layout = "mono"
        stream.bit_rate = 64000
        frame = av.AudioFrame.from_ndarray(samples[None, :].copy(), format="s16", layout="mono")
        frame.sample_rate = rate
        to_24 = av.AudioResampler(format="s16", layout="mono", rate=24000)
        for part in [*to_24.resample(frame), *to_24.resample(None), None]:
            for packet in stream.encode(part):
                container.mux(packet)
    return file.getvalue()


def decode(data: bytes, cuts: list[int]) -> npt.NDArray[np.int16]:
    decoder, made, at = OggOpusDecoder(RATE), [], 0
    for cut in cuts:
        made.append(decoder.push(data[at : at + cut]))
        at += cut
    return np.concatenate([*made, decoder.push(data[at:]), decoder.finish()])


def test_ogg_opus_comes_out_in_time_and_nearly_as_it_went_in() -> None:
    audio = speech()
    decoded = decode(ogg_opus(audio), [])
    assert 0 <= len(decoded) - len(audio) <= RATE // 50
    likeness = {
        lag: float(np.corrcoef(audio[500:-500], np.roll(decoded, -lag)[500 : len(audio) - 500])[0, 1])
        for lag in range(-20, 21)
    }
    assert max(likeness, key=lambda lag: likeness[lag]) == 0
    assert likeness[0] > 0.99


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 3000), max_size=30))
def test_ogg_opus_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    data = ogg_opus(speech())
    np.testing.assert_array_equal(decode(data, cuts), decode(data, []))


def test_bare_packets_of_opus_give_what_the_ogg_stream_gives() -> None:
    data = ogg_opus(speech())
    head, _tags, *packets = OggReader().push(data)
    decoder = OpusDecoder(RATE, struct.unpack_from("<H", head, 10)[0])
    made = np.concatenate([*map(decoder.push, packets), decoder.finish()])
    whole = decode(data, [])
    # Only the stream says where the padding begins; 2 ms before it the resampler begins to hear of it.
    assert 0 <= len(made) - len(whole) < RATE // 50
    heard = len(whole) - RATE // 500
    np.testing.assert_array_equal(made[:heard], whole[:heard])


@pytest.mark.parametrize("padding", [0, 1, 100, 311])
@pytest.mark.parametrize("cut", [1, 10_000])
def test_the_padding_of_an_ogg_stream_is_left_out(padding: int, cut: int) -> None:
    data = bytearray(ogg_opus(speech()))
    (pre_skip,) = struct.unpack_from("<H", data, data.index(b"OpusHead") + 10)
    at = data.rindex(b"OggS") + 6
    (granule,) = struct.unpack_from("<q", data, at)
    struct.pack_into("<q", data, at, granule - padding)
    decoded = decode(bytes(data), [cut] * (len(data) // cut))
    assert len(decoded) == pytest.approx((granule - padding - pre_skip) / 3, abs=1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RIFF" + bytes(100), "no Ogg page"),
        (b"OggS\x07" + bytes(100), "version 7"),
        (b"OggS\x00\x02" + bytes(20) + b"\x01\x08vorbis..", "not Opus"),
        (b"OggS\x00\x02" + bytes(20) + b"\x01\x08OpusHead", "19"),
    ],
)
def test_what_is_no_ogg_opus_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OggOpusDecoder(RATE).push(data)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400), damage=st.integers(0, 10**6), value=st.integers(0, 255))
def test_hostile_bytes_end_in_an_error_or_in_samples(data: bytes, damage: int, value: int) -> None:
    stream = bytearray(ogg_opus(speech()[:3200]))
    stream[damage % len(stream)] = value
    for hostile in (bytes(stream), data, bytes(stream[: damage % len(stream)]) + data):
        with suppress(ValueError):
            assert OggOpusDecoder(RATE).push(hostile).dtype == np.int16
