"""The two protocols of the relay, as bytes and text."""

from __future__ import annotations

import json
import random
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostmode.relay import binary_frames
from hostmode.relay.items import Audio, Failure, FrameError, Frames, Interrupt, Item, Ping, Ready, Start, TurnMark
from hostmode.relay.json_frames import JsonFrames

pytestmark = pytest.mark.outer

PROTOCOLS: dict[str, Any] = {"binary": binary_frames, "json": JsonFrames()}
ITEMS = st.one_of(
    st.builds(Audio, st.binary(max_size=200), st.booleans()),
    st.builds(Frames, st.lists(st.binary(max_size=60), max_size=5).map(tuple), st.booleans()),
    st.builds(TurnMark, st.text(min_size=1, max_size=10), st.integers(0, 10**6)),
    st.builds(Interrupt, st.text(max_size=10)),
    st.builds(Failure, st.text(max_size=10), st.text(max_size=10)),
    st.builds(Ready, st.sampled_from([16000, 24000])),
    st.builds(Start, st.text(max_size=5), st.sampled_from([8000, 48000]), st.text(min_size=1), st.integers(0, 99)),
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=200)
@given(item=ITEMS)
def test_item_survives_its_frame(protocol: str, item: Item) -> None:
    frames = PROTOCOLS[protocol]
    assert frames.decode(frames.encode(item)) == item


def test_binary_frames_are_those_of_the_published_protocol() -> None:
    assert binary_frames.encode(Audio(b"\x01\x02", last=True)) == b"\x01\x01\x01\x02"
    two = b"\x02\x00" + struct.pack(">I", 2) + struct.pack(">I", 1) + b"a" + struct.pack(">I", 2) + b"bc"
    assert binary_frames.encode(Frames((b"a", b"bc"))) == two
    assert binary_frames.decode('{"action": "start", "avatar_id": "x", "sample_rate": 24000}') == Start("x", 24000)
    assert binary_frames.decode(b"\x04\x00" + b'{"message": "no"}') == Failure("server_error", "no")


def test_json_frames_are_those_of_the_published_protocol() -> None:
    frames = JsonFrames()
    assert json.loads(frames.encode(Audio(b"\0\0", last=True))) == {
        "type": "avatar_audio",
        "audio": "AAA=",
        "isLast": True,
    }
    frames.encode(TurnMark("t1"))
    assert json.loads(frames.encode(Frames((b"a",)))) == {
        "type": "avatar_frames",
        "turnId": "t1",
        "frames": ["YQ=="],
        "isLast": False,
    }
    assert frames.decode('{"type": "avatar_frames", "frames": [], "isLast": true}') == Frames((), last=True)
    assert frames.decode('{"type": "mic_end"}') == Audio(b"", last=True)
    assert frames.decode('{"type": "ping"}') == Ping()
    assert frames.decode('{"type": "status", "more": [1]}') is None


@pytest.mark.parametrize(
    ("protocol", "frame", "words"),
    [
        ("binary", b"", "0 bytes"),
        ("binary", b"\x01", "1 bytes"),
        ("binary", b"\x09\x00", "type 9"),
        ("binary", b"\x02\x00\x00", "no count"),
        ("binary", b"\x02\x00\xff\xff\xff\xff", "4294967295 messages"),
        ("binary", b"\x02\x00\x00\x00\x00\x02\x00\x00\x00\x01a", "message 1 of 2 is missing"),
        ("binary", b"\x02\x00\x00\x00\x00\x01\x00\x00\x00\x09a", "1 of its 9 bytes"),
        ("binary", b"\x02\x00\x00\x00\x00\x00x", "follow the last"),
        ("binary", b"\x03\x00[1]", "list"),
        ("binary", b"\x03\x00{", "no JSON"),
        ("binary", "[" * 100_000, "no JSON"),
        ("binary", '{"action": "start", "sample_rate": "fast"}', "whole numbers"),
        ("json", b"\x01\x00", "speaks JSON"),
        ("json", "7", "int"),
        ("json", '{"type": "avatar_audio", "audio": 7}', "base64"),
        ("json", '{"type": "avatar_audio", "audio": "%%"}', "base64"),
        ("json", '{"type": "avatar_audio", "audio": "AA\\u00e4="}', "base64"),
        ("json", '{"type": "avatar_frames", "frames": "x"}', "list"),
        ("json", '{"type": "avatar_frames", "frames": [null]}', "base64"),
    ],
)
def test_frame_that_is_none_is_refused_with_the_reason(protocol: str, frame: bytes | str, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        PROTOCOLS[protocol].decode(frame)


@settings(max_examples=500)
@given(frame=st.one_of(st.binary(max_size=80), st.text(max_size=80)))
def test_hostile_frames_end_in_an_item_or_an_error(frame: bytes | str) -> None:
    for frames in PROTOCOLS.values():
        with suppress(FrameError):
            frames.decode(frame)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("type", "event", "action", "audio", "frames", "turn", "sequence", "sampleRate", "sample_rate", "isLast")
KINDS = ("avatar_audio", "avatar_frames", "agent_event", "set_avatar", "ready", "turn", "start", "interrupt", "error")


@settings(max_examples=500)
@given(fields=st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(KINDS)))
def test_json_with_the_right_names_and_wrong_values_ends_in_an_item_or_an_error(fields: dict[str, Any]) -> None:
    text = json.dumps(fields)
    for frames in PROTOCOLS.values():
        for frame in (text, b"\x03\x00" + text.encode(), b"\x04\x00" + text.encode()):
            with suppress(FrameError):
                frames.decode(frame)


def test_frames_with_damaged_bytes_end_in_an_item_or_an_error() -> None:
    chance = random.Random(20250)
    whole = [
        frame if isinstance(frame, bytes) else frame.encode()
        for frames in PROTOCOLS.values()
        for item in (
            Audio(b"\1\2" * 20, last=True),
            Frames((b"a" * 30, b"bc", b"")),
            TurnMark("turn", 7),
            Interrupt("user"),
            Failure("busy", "later"),
            Ready(24000),
            Start("avatar", 16000, "turn", 3),
            Ping(),
        )
        for frame in [frames.encode(item)]
    ]
    refused = 0
    for _ in range(20_000):
        damaged = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged) + 1)
            kind = chance.randrange(4)
            if kind == 0 and at < len(damaged):
                damaged[at] ^= 1 << chance.randrange(8)
            elif kind == 1:
                damaged[at:at] = chance.randbytes(chance.randint(1, 4))
            elif kind == 2:
                del damaged[at : at + chance.randint(1, 8)]
            else:
                damaged[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"9999", b'"":[', b"\x7f\xff\xff\xff"])
        for frames in PROTOCOLS.values():
            for frame in (bytes(damaged), damaged.decode("utf-8", "replace")):
                try:
                    frames.decode(frame)
                except FrameError:
                    refused += 1
    assert 10_000 < refused < 80_000
