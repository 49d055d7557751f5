"""The LiveKit room that a client of the motion service names, and what lets the service in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES: Final = ("ws", "wss", "http", "https")
_TOKEN_S: Final = 24 * 3600
# Attributes that name the participant who is told of playback, the more exact one first.
_AGENT_ATTRIBUTES: Final = ("livekit_agent_identity", "lk.publish_on_behalf")


@dataclass(frozen=True)
class EgressTarget:
    """Where to speak.

    Attributes
    ----------
    url : str
        Of the LiveKit server.
    token : str
        Lets its bearer into the room.
    room : str
        For messages; the token decides.
    agent : str
        Identity of the participant who is told of playback, or ``""``.
    idle_timeout : int
        Seconds without sound after which the room is left; 0 for never.
    video : bool
        Whether the token allows a track of video.
    """

    url: str
    token: str
    room: str
    agent: str
    idle_timeout: int
    video: bool


def egress_target(wanted: Any) -> EgressTarget:
    """Return what a LiveKit egress configuration asks for.

    Raises
    ------
    ValueError
        It is not complete, contradicts itself, or its token has expired.
    """
    address = urlsplit(wanted.url)
    if address.scheme not in _SCHEMES or not address.hostname:
        raise ValueError(f"livekit_egress: url is {wanted.url[:200]!r}; it must be like wss://host")
    if not wanted.room_name:
        raise ValueError("livekit_egress: room_name is missing")
    if wanted.idle_timeout < 0:
        raise ValueError(f"livekit_egress: idle_timeout is {wanted.idle_timeout}; it must be 0 or more seconds")
    attributes = {one.key: one.value for one in wanted.extra_attributes}
    sources: list[str] = []
    if wanted.api_token:
        token = wanted.api_token
        sources = _sources(token, wanted.room_name)
    elif wanted.api_key and wanted.api_secret:
        if not wanted.publisher_id:
            raise ValueError("livekit_egress: publisher_id is missing; without api_token it names the participant")
        token = _signed(wanted, attributes)
    else:
        raise ValueError(
            "livekit_egress: missing LiveKit credentials: provide api_token or both api_key and api_secret"
        )
    agent = next((attributes[name] for name in _AGENT_ATTRIBUTES if attributes.get(name)), "")
    video = not sources or "camera" in sources
    return EgressTarget(wanted.url, token, wanted.room_name, agent, wanted.idle_timeout, video)


def _sources(token: str, room_name: str) -> list[str]:
    """Return what a token allows to publish, nothing for all; a server leaves what it does not allow unanswered."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        grant = claims.get("video") or {}
        expires, room, sources = claims.get("exp"), grant.get("room"), list(grant.get("canPublishSources") or ())
    except (IndexError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"livekit_egress: api_token is no token of LiveKit: {error}") from error
    if isinstance(expires, (int, float)) and expires < time.time():
        raise ValueError(f"livekit_egress: api_token expired {time.time() - expires:.0f} s ago; make a new one")
    if room and room != room_name:
        raise ValueError(f"livekit_egress: api_token is for room {room!r}, and room_name is {room_name!r}")
    allowed = grant.get("canPublish") is not False and (not sources or "microphone" in sources)
    if not allowed or grant.get("canPublishData") is False:
        raise ValueError("livekit_egress: api_token must allow to publish the microphone and data")
    return sources


def _signed(wanted: Any, attributes: Mapping[str, str]) -> str:
    now = int(time.time())
    claims = {
        "iss": wanted.api_key,
        "sub": wanted.publisher_id,
        "name": wanted.publisher_id,
        "nbf": now - 10,
        "exp": now + _TOKEN_S,
        "kind": "agent",
        "attributes": dict(attributes),
        "video": {
            "roomJoin": True,
            "room": wanted.room_name,
            "canPublish": True,
            "canPublishData": True,
            "canSubscribe": False,
        },
    }
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    digest = hmac.new(wanted.api_secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encoded(digest)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
