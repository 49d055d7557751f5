"""The envelope that server SDKs and motion services exchange, as protobuf messages of a pool of our own.

The published SDKs register ``message.proto`` and its packages in protobuf's default pool. Nothing here does: a
process may import hostmode and any of them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hostmode.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGURE: Final = 1
CONFIRM: Final = 2
AUDIO: Final = 3
ERROR: Final = 4
ANIMATION: Final = 5
INTERRUPT: Final = 7
PAUSE: Final = 8
RESUME: Final = 9
PLAYBACK: Final = 10

PCM_FORMAT: Final = 0
OGG_OPUS_FORMAT: Final = 1

PLAYING: Final = 1
PAUSED: Final = 2
ENDED: Final = 3
INTERRUPTED: Final = 4

NO_EGRESS: Final = 0
LIVEKIT_EGRESS: Final = 1

# Of errors, as gRPC numbers them.
INVALID_ARGUMENT: Final = 3
DEADLINE_EXCEEDED: Final = 4
INTERNAL: Final = 13
UNAVAILABLE: Final = 14
UNAUTHENTICATED: Final = 16

# Field number and type of each field; a type in capitals is another message, a star means repeated.
_MESSAGES: Final[Mapping[str, Mapping[str, tuple[int, str]]]] = {
    "Configure": {
        "sample_rate": (1, "int32"),
        "bitrate": (2, "int32"),
        "audio_format": (3, "int32"),
        "transport_compression": (4, "int32"),
        "egress_type": (5, "int32"),
        "livekit": (6, "LiveKit"),
    },
    "LiveKit": {
        "url": (1, "string"),
        "api_key": (2, "string"),
        "api_secret": (3, "string"),
        "room_name": (4, "string"),
        "publisher_id": (5, "string"),
        "extra_attributes": (6, "*Attribute"),
        "idle_timeout": (7, "int32"),
        "api_token": (8, "string"),
    },
    # An entry of a map<string, string>.
    "Attribute": {"key": (1, "string"), "value": (2, "string")},
    "Confirm": {"connection_id": (1, "string"), "capabilities": (2, "*string")},
    "Audio": {"req_id": (1, "string"), "end": (2, "bool"), "audio": (3, "bytes")},
    "Error": {
        "connection_id": (1, "string"),
        "req_id": (2, "string"),
        "code": (3, "int32"),
        "message": (4, "string"),
    },
    "Request": {"req_id": (1, "string")},
    "Playback": {
        "connection_id": (1, "string"),
        "req_id": (2, "string"),
        "state": (3, "int32"),
        "played_ms": (4, "int64"),
        "reason": (5, "string"),
    },
    "Envelope": {
        "type": (1, "int32"),
        "configure": (2, "Configure"),
        "confirm": (3, "Confirm"),
        "audio": (4, "Audio"),
        "error": (5, "Error"),
        "interrupt": (8, "Request"),
        "pause": (9, "Request"),
        "resume": (10, "Request"),
        "playback": (11, "Playback"),
    },
}
_PACKAGE: Final = "hostmode.relay"


@cache
def _envelope_class() -> Any:
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ModuleNotFoundError as error:
        raise MissingExtraError('the relay needs protobuf: pip install "hostmode[relay]"') from error
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="hostmode/relay.proto", package=_PACKAGE, syntax="proto3")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, (number, kind) in fields.items():
            repeated = kind.startswith("*")
            kind = kind.removeprefix("*")
            added = message.field.add(
                name=name, number=number, label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            )
            if kind[0].isupper():
                added.type, added.type_name = field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                added.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Envelope"))


def new_envelope(kind: int) -> Any:
    """Return an empty envelope of one of the kinds above."""
    return _envelope_class()(type=kind)


def parse_envelope(data: bytes) -> Any:
    """Return the envelope that `data` holds.

    Raises
    ------
    ValueError
        It is none.
    """
    envelope = _envelope_class()()
    try:
        envelope.ParseFromString(data)
    except Exception as error:  # protobuf's DecodeError, which differs from implementation to implementation
        raise ValueError(f"{len(data)} bytes are no envelope: {error}") from error
    return envelope
