"""google.protobuf is the oracle: decode_message accepts what it accepts, and gives the same values.

Our own additions, which :func:`expected` states beside the oracle: first byte ``0x0a`` means bare animation bytes;
types from 1000 on are the first protocol's; the animation of the final payload is decoded at once; a float field
longer than its length, NaN, infinity and magnitudes beyond 1e4 are malformed; a shorter or absent one is
zero-padded; field number 0 is malformed within an unknown group too, where protobuf's Python implementation (upb)
overlooks it.
"""

from __future__ import annotations

import base64
import itertools
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError as OracleError
from hypothesis import given, settings
from hypothesis import strategies as st

import hostmode

if TYPE_CHECKING:
    from pathlib import Path

# What platforms without a wheel of protobuf's own get: pure Python, which checks less and accepts other bytes.
pytestmark = pytest.mark.skipif(
    api_implementation.Type() != "upb", reason=f"protobuf is not upb here but {api_implementation.Type()}"
)

FIELDS = {
    "translation": 3,
    "rotation": 3,
    "neck_pose": 3,
    "jaw_pose": 3,
    "eye_pose": 6,
    "eye_lid": 2,
    "expression": 100,
}

# Message by message: field name, number and type. A leading "*" repeats a field, "|" makes it a member of a oneof.
SCHEMA = {
    "Keyframe": [(f"*{name}", number, "float") for number, name in enumerate(FIELDS, 1)],
    "Animation": [("*keyframes", 1, "Keyframe")],
    "Egress": [],
    "Configure": [
        *((name, number, "int32") for number, name in enumerate(("rate", "bitrate", "format", "pack", "egress"), 1)),
        ("livekit", 6, "Egress"),
        ("agora", 7, "Egress"),
    ],
    "Confirm": [("connection_id", 1, "string"), ("*capabilities", 2, "string")],
    "Audio": [("req_id", 1, "string"), ("end", 2, "bool"), ("audio", 3, "bytes")],
    "Error": [
        ("connection_id", 1, "string"),
        ("req_id", 2, "string"),
        ("code", 3, "int32"),
        ("message", 4, "string"),
    ],
    "Response": [
        ("connection_id", 1, "string"),
        ("req_id", 2, "string"),
        ("end", 3, "bool"),
        ("animation", 4, "bytes"),
        ("avatar_id", 5, "string"),
    ],
    "Control": [("req_id", 1, "string")],
    "Playback": [
        ("connection_id", 1, "string"),
        ("req_id", 2, "string"),
        ("state", 3, "int32"),
        ("played_ms", 4, "int64"),
        ("reason", 5, "string"),
    ],
    "Envelope": [
        ("type", 1, "int32"),
        ("|configure_session", 2, "Configure"),
        ("|confirm_session", 3, "Confirm"),
        ("|audio_input", 4, "Audio"),
        ("|server_error", 5, "Error"),
        ("|response_animation", 6, "Response"),
        ("|interrupt", 8, "Control"),
        ("|pause", 9, "Control"),
        ("|resume", 10, "Control"),
        ("|playback_state", 11, "Playback"),
    ],
    "Typed": [("type", 1, "int32")],
    # The first protocol: the animation is a message within the message, and other members of the oneof are not ours.
    "FirstKeyframe": [(f"*{name}", number, "float") for number, name in enumerate(FIELDS, 2)],
    "FirstAnimation": [("*keyframes", 1, "FirstKeyframe")],
    "FirstResponse": [("req_id", 1, "string"), ("animation", 2, "FirstAnimation")],
    "FirstEnvelope": [
        ("type", 1, "int32"),
        ("|response", 3, "FirstResponse"),
        *((f"|other_{number}", number, "bytes") for number in range(2, 12) if number != 3),
    ],
}


def build_schema() -> dict[str, Any]:
    """Return the message classes of SCHEMA by name."""
    proto = descriptor_pb2.FileDescriptorProto(name="oracle.proto", package="oracle", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for message_name, fields in SCHEMA.items():
        message = proto.message_type.add(name=message_name)
        if any(name[0] == "|" for name, _, _ in fields):
            message.oneof_decl.add(name="payload")
        for name, number, kind in fields:
            field = message.field.add(name=name.lstrip("*|"), number=number)
            field.label = kinds.LABEL_REPEATED if name[0] == "*" else kinds.LABEL_OPTIONAL
            if kind in SCHEMA:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".oracle.{kind}"
            else:
                field.type = getattr(kinds, f"TYPE_{kind.upper()}")
            if name[0] == "|":
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"oracle.{name}")) for name in SCHEMA}


ORACLE = build_schema()


class RefusedError(Exception):
    """The oracle, or one of our additions to it, refuses the bytes."""


def parse(name: str, data: bytes) -> Any:
    message = ORACLE[name]()
    try:
        message.ParseFromString(data)
    except OracleError as error:
        raise RefusedError from error
    return message


def animation_values(data: bytes) -> np.ndarray:
    return values_of(parse("Animation", data).keyframes)


def values_of(keyframes: Any) -> np.ndarray:
    rows = []
    for keyframe in keyframes:
        row: list[float] = []
        for name, length in FIELDS.items():
            values = list(getattr(keyframe, name))
            if len(values) > length:
                raise RefusedError
            row += values + [0.0] * (length - len(values))
        rows.append(row)
    values = np.array(rows, np.float32).reshape(-1, 120)
    if not (np.abs(values) <= 1e4).all():
        raise RefusedError
    return values


def expected(data: bytes) -> dict[str, Any]:
    """Return what decode_message has to give, by attribute."""
    result: dict[str, Any] = {"kind": "animation", "type": 5, "keyframes": np.zeros((0, 120), np.float32)}
    if data[:1] == b"\x0a":
        return {**result, "keyframes": animation_values(data)}
    result["type"] = parse("Typed", data).type
    if result["type"] >= 1000:
        return result | expected_of_first_protocol(data, result["type"])
    envelope = parse("Envelope", data)
    payload = envelope.WhichOneof("payload")
    if payload == "response_animation":
        body = envelope.response_animation
        names = ("connection_id", "req_id", "end", "avatar_id")
        result |= {name: getattr(body, name) for name in names}
        result["keyframes"] = animation_values(body.animation)
    elif payload == "server_error":
        body = envelope.server_error
        result |= {"kind": "server_error", "connection_id": body.connection_id, "req_id": body.req_id}
        result |= {"error_code": body.code, "error_message": body.message}
    else:
        result["kind"] = "other"
    return result


def expected_of_first_protocol(data: bytes, kind: int) -> dict[str, Any]:
    if kind != 1004:
        return {"kind": "other"}
    envelope = parse("FirstEnvelope", data)
    if envelope.WhichOneof("payload") != "response":
        return {"kind": "other"}
    response = envelope.response
    return {"req_id": response.req_id, "keyframes": values_of(response.animation.keyframes)}


def assert_agrees(data: bytes) -> None:
    try:
        wanted = expected(data)
    except RefusedError:
        with pytest.raises(hostmode.DecodeError) as caught:
            hostmode.decode_message(data)
        assert 0 <= caught.value.offset <= len(data)
        assert caught.value.reason
        return
    try:
        motion = hostmode.decode_message(data)
    except hostmode.DecodeError as error:
        group_precedes = any(byte & 7 == 3 for byte in data[: error.offset])
        if error.reason == "field number 0" and group_precedes:
            return
        raise
    keyframes = wanted.pop("keyframes")
    np.testing.assert_array_equal(motion.keyframes, keyframes)
    assert {name: getattr(motion, name) for name in wanted} == wanted


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def block(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def nested_groups(depth: int) -> bytes:
    return varint(20 << 3 | 3) * depth + varint(20 << 3 | 4) * depth


numbers = st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 11, 15, 16, 2**29 - 1])
integers = st.one_of(st.integers(0, 200), st.integers(0, 2**64 - 1))
floats = st.lists(st.floats(-1e4, 1e4, width=32) | st.floats(width=32), max_size=7).map(
    lambda values: struct.pack(f"<{len(values)}f", *values)
)


def fields(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return messages: any fields in any order, whose blocks hold floats, text, noise or messages."""
    blocks = st.one_of(inner, floats, st.text(max_size=8).map(str.encode), st.binary(max_size=8))
    one = st.one_of(
        st.builds(lambda number, value: varint(number << 3) + varint(value), numbers, integers),
        st.builds(block, numbers, blocks),
        st.builds(block, numbers, blocks),
        st.builds(lambda number, raw: varint(number << 3 | 5) + raw, numbers, st.binary(min_size=4, max_size=4)),
        st.builds(lambda number, raw: varint(number << 3 | 1) + raw, numbers, st.binary(min_size=8, max_size=8)),
        st.builds(lambda n, content: varint(n << 3 | 3) + content + varint(n << 3 | 4), numbers, inner),
    )
    return st.lists(one, max_size=5).map(b"".join)


messages = st.recursive(st.just(b""), fields, max_leaves=6)
animations = st.lists(fields(floats).map(lambda body: block(1, body)), max_size=3).map(b"".join)
envelopes = st.builds(
    lambda head, animation, tail: b"\x08\x05" + block(6, head + block(4, animation)) + tail,
    messages,
    animations,
    messages,
)
first_responses = st.lists(
    messages | st.builds(lambda body: block(2, body), animations) | st.just(block(1, b"r")), max_size=3
).map(b"".join)
first_envelopes = st.builds(
    lambda head, kind, bodies, tail: (
        head + b"\x08" + varint(kind) + b"".join(block(3, body) for body in bodies) + tail
    ),
    messages,
    st.sampled_from([1004, 1004, 1004, 1000, 1003, 999, 2**31 - 1]),
    st.lists(first_responses, max_size=2),
    messages,
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(messages, animations, envelopes, first_envelopes, st.binary(max_size=40)))
def test_decode_generated_message_agrees_with_protobuf(data: bytes) -> None:
    assert_agrees(data)


def test_decode_replaced_response_agrees_with_protobuf() -> None:
    beyond = block(3, block(2, block(1, block(2, struct.pack("<f", 32768.0)))))
    fine = block(3, block(1, b"r") + block(2, block(1, block(5, struct.pack("<f", 0.25)))))
    head = b"\x08" + varint(1004)
    for parts in itertools.product((b"", beyond, fine, block(2, b""), block(4, b"\x0a\x01\xff")), repeat=3):
        assert_agrees(head + b"".join(parts))


@settings(max_examples=400, deadline=None)
@given(st.data(), st.one_of(animations, envelopes, first_envelopes))
def test_decode_mutated_message_agrees_with_protobuf(choice: st.DataObject, data: bytes) -> None:
    mutated = bytearray(data)
    for _ in range(choice.draw(st.integers(1, 3)) if data else 0):
        mutated[choice.draw(st.integers(0, len(data) - 1))] = choice.draw(st.integers(0, 255))
    assert_agrees(bytes(mutated))


def test_decode_every_truncated_message_agrees_with_protobuf() -> None:
    keyframes = np.linspace(-1, 1, 240, dtype=np.float32).reshape(2, 120)
    whole = hostmode.encode_message(keyframes, "connection", "request", end=True, avatar_id="ä")
    for size in range(len(whole) + 1):
        assert_agrees(whole[:size])
    bare = whole[whole.index(b"\x0a\xef\x03") : whole.rindex(b"\x2a\x02")]
    for size in range(len(bare) + 1):
        assert_agrees(bare[:size])


@pytest.mark.parametrize("depth", [1, 98, 99, 100, 101, 102])
def test_decode_nested_groups_agree_with_protobuf(depth: int) -> None:
    assert_agrees(nested_groups(depth))
    assert_agrees(block(6, nested_groups(depth)))
    assert_agrees(block(2, block(6, nested_groups(depth))))


@pytest.mark.parametrize("size", range(1, 13))
@pytest.mark.parametrize("last", [0, 1, 7, 8, 15, 16, 127])
def test_decode_overlong_varint_agrees_with_protobuf(size: int, last: int) -> None:
    padding = b"\x80" * (size - 1) + bytes([last])
    assert_agrees(b"\x08" + padding)  # a value
    assert_agrees(bytes([0xA0]) + padding + b"\x05")  # a tag
    assert_agrees(b"\x32" + padding)  # a length


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("wire_type", range(8))
def test_decode_any_tag_agrees_with_protobuf(number: int, wire_type: int) -> None:
    for value in (
        b"",
        b"\x00",
        b"\x04\x0a\x02\xc3\xa4",
        b"\x03\x0a\x01\xff",
        b"\x03\x12\x01\xff",
        b"\x01\x0a",
    ):
        assert_agrees(varint(number << 3 | wire_type) + value)


def test_decode_real_messages_agree_with_protobuf(recordings: Path) -> None:
    recording = json.loads((recordings / "speech-16k.json").read_text())
    for text in recording["animation_messages_base64"]:
        assert_agrees(base64.b64decode(text))


def test_decode_corrupted_real_message_agrees_with_protobuf(recordings: Path) -> None:
    recording = json.loads((recordings / "speech-16k.json").read_text())
    data = base64.b64decode(recording["animation_messages_base64"][0])
    random = np.random.default_rng(7)
    for _ in range(100):
        mutated = bytearray(data)
        for position in random.integers(0, 1200, size=2):
            mutated[position] = random.integers(0, 256)
        assert_agrees(bytes(mutated))
    for size in random.integers(0, len(data), size=100):
        assert_agrees(data[:size])
