"""Decoding from Python: hostmode against protobuf's upb with NumPy. Prints JSON: nanoseconds a keyframe."""

from __future__ import annotations

import json

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from interleave import each, interleave

import hostmode

FIELDS = {name: hostmode.KEYFRAME_DTYPE[name].shape[0] for name in hostmode.KEYFRAME_DTYPE.names or ()}
KEYFRAMES = 100


def make_schema() -> tuple[type, type]:
    """Return protobuf classes of the envelope and of its animation."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="motion.proto", package="bench", syntax="proto3")

    def add(message: str, fields: list[tuple[str, int, int, int, str]]) -> None:
        proto = file.message_type.add(name=message)
        for name, number, label, type_, type_name in fields:
            proto.field.add(name=name, number=number, label=label, type=type_, type_name=type_name or None)

    one, many = kind.LABEL_OPTIONAL, kind.LABEL_REPEATED
    add("Keyframe", [(name, i, many, kind.TYPE_FLOAT, "") for i, name in enumerate(FIELDS, 1)])
    add("Animation", [("keyframes", 1, many, kind.TYPE_MESSAGE, ".bench.Keyframe")])
    add(
        "Response",
        [
            ("connection_id", 1, one, kind.TYPE_STRING, ""),
            ("req_id", 2, one, kind.TYPE_STRING, ""),
            ("end", 3, one, kind.TYPE_BOOL, ""),
            ("animation", 4, one, kind.TYPE_BYTES, ""),
        ],
    )
    add(
        "Envelope",
        [
            ("type", 1, one, kind.TYPE_INT32, ""),
            ("response_animation", 6, one, kind.TYPE_MESSAGE, ".bench.Response"),
        ],
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    envelope, animation = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"bench.{name}"))
        for name in ("Envelope", "Animation")
    )
    return envelope, animation


def main() -> None:
    rng = np.random.default_rng(1)
    keyframes = rng.standard_normal((KEYFRAMES, 120)).astype(np.float32)
    data = hostmode.encode_message(keyframes, connection_id="c" * 28, req_id="r" * 28, end=True)
    envelope_class, animation_class = make_schema()
    out = np.empty_like(keyframes)

    def by_upb() -> np.ndarray:
        envelope = envelope_class.FromString(data)
        animation = animation_class.FromString(envelope.response_animation.animation)
        decoded = np.empty((len(animation.keyframes), 120), np.float32)
        for row, keyframe in zip(decoded, animation.keyframes, strict=True):
            at = 0
            for name, width in FIELDS.items():
                row[at : at + width] = getattr(keyframe, name)
                at += width
        return decoded

    def by_hostmode() -> np.ndarray:
        return hostmode.decode_message(data).keyframes

    for decode in (by_upb, by_hostmode):
        np.testing.assert_array_equal(decode(), keyframes)
    seconds = interleave(
        {
            "NumPy copy": each(lambda: np.copyto(out, keyframes)),
            "hostmode": each(by_hostmode),
            "upb + NumPy": each(by_upb),
        },
        rounds=51,
    )
    print(json.dumps({name: 1e9 * s / KEYFRAMES for name, s in seconds.items()}))


if __name__ == "__main__":
    main()
