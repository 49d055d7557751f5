"""What a client of the motion service asks for in its first message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hostmode._core import PCM_RATES
from hostmode.relay import envelope as wire
from hostmode.relay.egress_target import egress_target
from hostmode.relay.envelope import INVALID_ARGUMENT, UNAVAILABLE

if TYPE_CHECKING:
    from hostmode.relay.egress_target import EgressTarget

_DEFAULT_RATE: Final = 16000


class SessionRefusedError(Exception):
    """The client asked for what is not offered."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class SessionConfiguration:
    """What a client wants of its session: sample rate, audio format, and the room to speak in, if any."""

    sample_rate: int
    audio_format: int
    egress: EgressTarget | None


def configured(data: bytes) -> SessionConfiguration:
    """Return what a client's first message asks for.

    Raises
    ------
    SessionRefusedError
        Another message, or a configuration that is not offered.
    """
    try:
        message = wire.parse_envelope(data)
    except ValueError as error:
        raise SessionRefusedError(INVALID_ARGUMENT, str(error)) from error
    if message.type != wire.CONFIGURE:
        raise SessionRefusedError(
            INVALID_ARGUMENT, f"the first message has type {message.type}; it must configure (1)"
        )
    wanted = message.configure
    rate = wanted.sample_rate or _DEFAULT_RATE
    if rate not in PCM_RATES:
        raise SessionRefusedError(INVALID_ARGUMENT, f"unsupported sample rate {rate}: it must be one of {PCM_RATES}")
    if wanted.audio_format not in (wire.PCM_FORMAT, wire.OGG_OPUS_FORMAT):
        raise SessionRefusedError(INVALID_ARGUMENT, f"audio_format is {wanted.audio_format}; it must be 0 or 1")
    if wanted.transport_compression:
        raise SessionRefusedError(INVALID_ARGUMENT, "compression of the transport is not offered; leave it out")
    if wanted.egress_type not in (wire.NO_EGRESS, wire.LIVEKIT_EGRESS):
        raise SessionRefusedError(
            UNAVAILABLE, f"egress of type {wanted.egress_type} is not offered; there is LiveKit's (1)"
        )
    target = None
    if wanted.egress_type == wire.LIVEKIT_EGRESS:
        try:
            target = egress_target(wanted.livekit)
        except ValueError as error:
            raise SessionRefusedError(INVALID_ARGUMENT, str(error)) from error
    return SessionConfiguration(rate, wanted.audio_format, target)
