"""Where a face is sent, and how: one URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from hostmode.engines.frame_rate import parse_frame_rate

#: The port on which receivers of a protocol listen unless told otherwise.
PORTS: Final = {"livelink": 11111, "vmc": 39539}

_SETTINGS: Final = {"livelink": ("fps", "latency"), "vmc": ("fps", "latency", "shapes")}
_SHAPES: Final = ("arkit", "vrm")
_LONGEST_LATENCY_S: Final = 1.0
_LONGEST_SUBJECT: Final = 64


@dataclass(frozen=True)
class Destination:
    """What a URL such as ``livelink://127.0.0.1:11111/hostmode?fps=60&latency=0.02`` says.

    Attributes
    ----------
    protocol : str
        ``"livelink"`` or ``"vmc"``.
    host : str
        A name or an address.
    port : int
        11111 for Live Link Face and 39539 for VMC unless given.
    subject : str
        What Unreal lists the face as; VMC has no names.
    frame_rate : Fraction
        Pictures a second, 1 to 240; 60 unless given. ``fps=29.97`` means 30000/1001.
    latency_s : float
        Seconds by which a picture is sent ahead of the instant at which it is to be seen, 0 to 1: what the network
        and the engine take.
    shapes : str
        Of VMC: ``"arkit"``, the 52 of "perfect sync", or ``"vrm"``, the presets that every model has.
    """

    protocol: str
    host: str
    port: int
    subject: str = "hostmode"
    frame_rate: Fraction = Fraction(60)
    latency_s: float = 0.0
    shapes: str = "arkit"

    @property
    def address(self) -> str:
        """Protocol, host and port, for people to read."""
        return f"{self.protocol}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Destination:
        """Read a URL.

        Raises
        ------
        ValueError
            Something in it is unknown or out of range.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"{url!r}: {error}") from None
        protocol = parts.scheme
        if protocol not in PORTS or not parts.hostname:
            raise ValueError(f"{url!r}: wanted is livelink://HOST[:PORT][/SUBJECT] or vmc://HOST[:PORT]")
        if parts.username is not None or parts.fragment or port == 0:
            raise ValueError(f"{url!r}: only host, port, subject and settings are taken")
        settings = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = sorted(set(settings) - set(_SETTINGS[protocol]))
        if unknown:
            raise ValueError(f"{url!r}: {unknown[0]!r} is no setting; there are {', '.join(_SETTINGS[protocol])}")
        return cls(
            protocol,
            parts.hostname,
            port or PORTS[protocol],
            _subject(url, protocol, unquote(parts.path).strip("/")),
            _frame_rate(url, settings.get("fps", "60")),
            _latency(url, settings.get("latency", "0")),
            _shapes(url, settings.get("shapes", "arkit")),
        )


def _subject(url: str, protocol: str, name: str) -> str:
    if name and protocol != "livelink":
        raise ValueError(f"{url!r}: a subject is for livelink; VMC has none")
    if len(name.encode()) > _LONGEST_SUBJECT or not name.isprintable():
        raise ValueError(f"{url!r}: a subject has at most {_LONGEST_SUBJECT} bytes of printable text")
    return name or "hostmode"


def _frame_rate(url: str, text: str) -> Fraction:
    try:
        return parse_frame_rate(text, least=1, most=240)
    except ValueError as error:
        raise ValueError(f"{url!r}: {error}") from None


def _latency(url: str, text: str) -> float:
    seconds = float(text) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", text) else -1.0
    if not 0 <= seconds <= _LONGEST_LATENCY_S:
        raise ValueError(f"{url!r}: latency is {text!r}; it must be seconds from 0 to {_LONGEST_LATENCY_S:g}")
    return seconds


def _shapes(url: str, text: str) -> str:
    if text not in _SHAPES:
        raise ValueError(f"{url!r}: shapes is {text!r}; it must be {' or '.join(_SHAPES)}")
    return text
