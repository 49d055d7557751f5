"""RTC packets: every published vector both ways, anything else refused cleanly, nothing inflated without bound."""

from __future__ import annotations

import contextlib
import gzip
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostmode
from hostmode.rtc.packet import Frame, Packet, decode_packet, encode_packet, extract_sei, insert_sei

BODY = b"\x08\x05"
IDLE = Packet("idle")
IDLE_NAL = bytes.fromhex("00000001 06 65 05 01 0000 03 0000 80")

#: Bytes, profile, what they are, and whether they are compressed.
VECTORS = {
    "sei_idle": ("01 00000000", "sei", IDLE, False),
    "sei_transition": ("10 02000000 0805", "sei", Packet("transition_to_speech", transition=BODY), False),
    "sei_start": (
        "02 06000000 00ff 00ff 00ff 00ff 08 05",
        "sei",
        Packet("speech", (Frame(0, BODY),), start=True),
        False,
    ),
    "sei_zlib": (
        "08 0e000000 789c 63646060e060 05 00ff 00ff 21 00ff 0f",
        "sei",
        Packet("speech", (Frame(1, BODY),)),
        True,
    ),
    "data_idle": ("01 00000000", "data", IDLE, False),
    "data_start": ("02 06000000 00000000 0805", "data", Packet("speech", (Frame(0, BODY),), start=True), False),
    "data_redundant": (
        "40 16000000 02000000 02000000 0805 02000000 0805 02000000 0805",
        "data",
        Packet("speech", (Frame(2, BODY), Frame(1, BODY), Frame(0, BODY))),
        False,
    ),
    "data_without_the_oldest": (
        "40 10000000 01000000 02000000 0805 02000000 0805",
        "data",
        Packet("speech", (Frame(1, BODY), Frame(0, BODY))),
        False,
    ),
    "data_to_idle": ("20 00000000", "data", Packet("transition_to_idle"), False),
}


@pytest.mark.parametrize(("text", "profile", "packet", "compressed"), VECTORS.values(), ids=VECTORS.keys())
def test_published_vector_is_decoded_and_encoded(text: str, profile, packet: Packet, compressed: bool) -> None:
    data = bytes.fromhex(text)

    assert decode_packet(data, profile) == packet
    assert encode_packet(packet, profile, compress=compressed) == data


def test_published_gzip_vector_is_decoded() -> None:
    data = bytes.fromhex("08 1a000000 1f8b080000000000 0403 636460 60e0600500 810c2dc2 06000000")

    assert decode_packet(data, "data") == Packet("speech", (Frame(1, BODY),))


def test_idle_and_length_zero_are_idle_whatever_else_is_set() -> None:
    assert decode_packet(b"\x7f\xff\xff\xff\xff123", "sei").kind == "idle"
    assert decode_packet(b"\x7f\xff\xff\xff\xff123", "data").kind == "idle"
    assert decode_packet(b"\x30\x00\x00\x00\x00", "sei").kind == "idle"
    assert decode_packet(b"\x00\x00\x00\x00\x00", "data").kind == "idle"
    assert decode_packet(b"\x30\x00\x00\x00\x00", "data").kind == "transition_to_speech"


def test_sei_padding_of_zeros_is_cut_off_and_anything_else_is_taken() -> None:
    frame = encode_packet(Packet("speech", (Frame(7, BODY),)), "sei")

    assert decode_packet(frame + bytes(9), "sei").frames == (Frame(7, BODY),)
    assert decode_packet(frame + b"\x18", "sei").frames == (Frame(7, BODY + b"\x18"),)
    packed = encode_packet(Packet("speech", (Frame(7, BODY),)), "sei", compress=True)
    assert decode_packet(packed + bytes(9), "sei").frames == (Frame(7, BODY),)


def test_bytes_that_escape_others_survive_an_sei() -> None:
    packet = Packet("speech", (Frame(7, b"\xff\xff\x00\xff\x00\x00\x08\xff"),))

    assert decode_packet(encode_packet(packet, "sei"), "sei") == packet


def test_flag_of_repeated_frames_says_nothing_in_an_sei() -> None:
    frame = bytearray(encode_packet(Packet("speech", (Frame(7, BODY),)), "sei"))
    frame[0] |= 0x40

    assert decode_packet(bytes(frame), "sei").frames == (Frame(7, BODY),)


@pytest.mark.parametrize("absent", [0, 1, 2])
def test_redundant_frame_of_length_zero_is_absent(absent: int) -> None:
    parts = [b"\x02\x00\x00\x00" + BODY] * 3
    parts[absent] = bytes(4)
    body = b"\x01\x00\x00\x00" + b"".join(parts)
    data = b"\x40" + len(body).to_bytes(4, "little") + body

    wanted = [(1 - back) % 2**32 for back in range(3) if back != absent]
    assert [frame.seq for frame in decode_packet(data, "data").frames] == wanted


BROKEN = {
    "nothing": (b"", "sei"),
    "header_cut": (b"\x01\x00\x00\x00", "data"),
    "no_number": (b"\x00\x03\x00\x00\x00abc", "sei"),
    "length_short": (b"\x00\x05\x00\x00\x00\x00\x00\x00\x00\x08\x05", "data"),
    "length_long": (b"\x00\x07\x00\x00\x00\x00\x00\x00\x00\x08\x05", "data"),
    "not_zlib": (b"\x08\x03\x00\x00\x00abc", "sei"),
    "zlib_cut": (b"\x08\x09\x00\x00\x00" + zlib.compress(BODY)[:9], "data"),
    "gzip_for_sei": (b"\x08\x20\x00\x00\x00" + gzip.compress(bytes(4) + BODY), "sei"),
    "redundant_too_long": (b"\x40\x0a\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x08\x05", "data"),
    "redundant_cut": (b"\x40\x0c\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x08\x05\x01\x00", "data"),
    "too_large": (bytes(2**24 + 1), "sei"),
}


@pytest.mark.parametrize(("data", "profile"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_packet_is_refused_with_a_reason(data: bytes, profile) -> None:
    with pytest.raises(hostmode.DecodeError) as caught:
        decode_packet(data, profile)
    assert caught.value.reason
    assert 0 <= caught.value.offset <= len(data)


@pytest.mark.parametrize(("profile", "bits"), [("sei", 15), ("data", 31)])
def test_compression_bomb_is_refused_and_16_mib_are_not(profile, bits: int) -> None:
    for size, accepted in ((2**24, True), (2**24 + 1, False), (2**28, False)):
        deflater = zlib.compressobj(wbits=bits)
        body = deflater.compress(bytes(size)) + deflater.flush()
        escaped = body.replace(b"\xff", b"\xff\xff").replace(b"\x00", b"\x00\xff") if profile == "sei" else body
        data = b"\x08" + len(body).to_bytes(4, "little") + escaped
        if accepted:
            assert len(decode_packet(data, profile).frames[0].message) == size - 4
        else:
            with pytest.raises(hostmode.DecodeError, match="inflate"):
                decode_packet(data, profile)


@pytest.mark.parametrize(
    "packet",
    [
        Packet("speech"),
        Packet("idle", (Frame(0, b""),)),
        Packet("speech", tuple(Frame(9 - back, b"") for back in range(4))),
        Packet("speech", (Frame(5, BODY), Frame(5, BODY))),
        Packet("speech", (Frame(5, BODY), Frame(6, BODY))),
        Packet("speech", (Frame(5, BODY), Frame(2, BODY))),
    ],
)
def test_encode_refuses_frames_that_a_packet_cannot_have(packet: Packet) -> None:
    with pytest.raises(ValueError, match="frames"):
        encode_packet(packet, "data")


def test_encode_refuses_several_frames_in_an_sei_and_unknown_words() -> None:
    with pytest.raises(ValueError, match="frames"):
        encode_packet(Packet("speech", (Frame(1, BODY), Frame(0, BODY))), "sei")
    with pytest.raises(ValueError, match="'sei' or 'data'"):
        decode_packet(b"", "agora")  # type: ignore[arg-type]


messages = st.binary(min_size=1, max_size=60)


@st.composite
def packets(draw: st.DrawFn, profile: str) -> Packet:
    kind = draw(st.sampled_from(["idle", "speech", "speech", "transition_to_idle", "transition_to_speech"]))
    flags = {"start": draw(st.booleans()), "end": draw(st.booleans())}
    if kind == "idle":
        return Packet(kind, **flags)
    if kind != "speech":
        return Packet(kind, **flags, transition=draw(messages) if profile == "sei" else b"")
    seq = draw(st.integers(0, 2**32 - 1))
    backs = [0, *sorted(draw(st.sets(st.sampled_from([1, 2]))))] if profile == "data" else [0]
    return Packet(kind, tuple(Frame((seq - back) % 2**32, draw(messages)) for back in backs), **flags)


@given(st.data(), st.sampled_from(["sei", "data"]), st.booleans())
def test_any_packet_survives_a_round_trip(data: st.DataObject, profile, compress: bool) -> None:
    packet = data.draw(packets(profile))

    assert decode_packet(encode_packet(packet, profile, compress=compress), profile) == packet


@given(st.binary(max_size=60), st.sampled_from(["sei", "data"]))
def test_any_bytes_are_a_packet_or_refused(data: bytes, profile) -> None:
    frames: tuple[Frame, ...] = ()
    with contextlib.suppress(hostmode.DecodeError):
        frames = decode_packet(data, profile).frames
    assert len(frames) <= 3


def test_real_keyframe_through_both_profiles() -> None:
    keyframe = np.linspace(-1, 1, 120, dtype=np.float32)[None]
    message = hostmode.encode_message(keyframe, req_id="r")
    packet = Packet("speech", (Frame(255, message),))

    for profile in ("sei", "data"):
        (frame,) = decode_packet(encode_packet(packet, profile, compress=True), profile).frames
        np.testing.assert_array_equal(hostmode.decode_message(frame.message).keyframes, keyframe)


def test_published_idle_nal_is_extracted_and_inserted() -> None:
    assert extract_sei(IDLE_NAL) == [bytes.fromhex("01 00000000")]
    assert insert_sei(b"", bytes.fromhex("01 00000000")) == IDLE_NAL


def test_sei_of_type_5_is_taken_where_it_may_be_a_packet() -> None:
    idle = bytes.fromhex("00000001 06 05 05 01 0000 03 0000 80")
    about_the_encoder = (
        b"\x00\x00\x01\x06\x05\x20" + bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef") + b"x" * 16 + b"\x80"
    )

    assert extract_sei(idle + about_the_encoder) == [bytes.fromhex("01 00000000")]


def test_sei_of_other_types_and_other_units_are_passed_over() -> None:
    stream = (
        b"\x00\x00\x00\x01\x67\x42\x00\x1e" + b"\x00\x00\x01\x06\x01\x01\x55\x65\x02ab\x80" + b"\x00\x00\x01\x65\x88"
    )

    assert extract_sei(stream) == [b"ab"]
    assert extract_sei(b"no start code") == []


@pytest.mark.parametrize("unit", [b"", b"\x65", b"\xff\xff", b"\x65\x05ab\x80", b"\x65\xff\x01ab\x80"])
def test_broken_sei_gives_nothing(unit: bytes) -> None:
    assert extract_sei(b"\x00\x00\x01\x06" + unit) == []


def test_sei_is_inserted_before_the_first_slice_and_the_rest_stays() -> None:
    head, slices = (
        b"\x00\x00\x00\x01\x67\x42\x00\x00\x00\x01\x68\xce",
        b"\x00\x00\x00\x01\x65\x88\x00\x00\x01\x41\x9a",
    )
    payload = bytes(range(256)) * 3 + bytes(5)

    stream = insert_sei(head + slices, payload)

    assert stream.startswith(head)
    assert stream.endswith(slices)
    assert extract_sei(stream) == [payload]
    assert b"\x00\x00\x00" not in stream[len(head) + 3 : -len(slices)]


@given(st.lists(st.binary(min_size=1, max_size=600), max_size=3))
def test_any_payload_survives_a_stream(payloads: list[bytes]) -> None:
    stream = b"\x00\x00\x01\x65\x80"
    for payload in payloads:
        stream = insert_sei(stream, payload)

    assert extract_sei(stream) == payloads
