"""How a relay behaves, and whom it lets in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hostmode._core import PCM_RATES
from hostmode.errors import HostModeError
from hostmode.relay.listening import is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

PROTOCOLS: Final = ("binary", "json")


@dataclass(frozen=True)
class RelaySettings:
    """How a relay behaves.

    Parameters
    ----------
    host : str
        Where to listen. Anything but this machine needs a `token`.
    port : int
        0 for a free one.
    sample_rate : int
        Of the audio that is published, hertz.
    token : str, optional
        What clients must show, as ``Authorization: Bearer`` or ``?token=``. Without one, only clients of this machine
        are let in, also where the relay is mounted in another server.
    origins : frozenset of str
        Web pages that may connect, as ``https://host``. A browser's connection from any other is refused.
    max_viewers : int
        More at once are refused with status 429.
    tls : ssl.SSLContext, optional
        Speak WSS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    sample_rate: int = 16000
    token: str | None = None
    origins: frozenset[str] = field(default_factory=frozenset)
    max_viewers: int = 1000
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.sample_rate not in PCM_RATES:
            raise ValueError(f"sample_rate is {self.sample_rate}; it must be one of {PCM_RATES}")
        if self.token is None and not is_loopback(self.host):
            raise HostModeError(f"listening on {self.host} lets others in: give a token, or listen on 127.0.0.1")


@dataclass(frozen=True)
class Visit:
    """What a client shows before it is let in.

    Its address, ``""`` where it has none; headers, named in small letters; the query.
    """

    peer: str
    headers: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def protocol(self) -> str:
        """Which of the two it speaks."""
        return self.query.get("protocol", "binary")

    def refusal(self, settings: RelaySettings) -> tuple[int, str] | None:
        """Return the status and the reason for which it is not let in."""
        if self.headers.get("upgrade", "").lower() != "websocket":
            return 426, "this is a relay: connect with a WebSocket"
        origin = self.headers.get("origin")
        if origin is not None and origin not in settings.origins:
            return 403, f"pages of {origin} may not connect; see RelaySettings.origins"
        if settings.token is None:
            if self.peer and not is_loopback(self.peer):
                return 403, "without RelaySettings.token, only clients of this machine are let in"
        else:
            shown = self.headers.get("authorization", "").removeprefix("Bearer ") or self.query.get("token", "")
            if not hmac.compare_digest(shown.encode(), settings.token.encode()):
                return 401, "the token is missing or is another one"
        if self.protocol not in PROTOCOLS:
            return 400, f"protocol is {self.protocol[:40]!r}; there are {' and '.join(PROTOCOLS)}"
        return None
