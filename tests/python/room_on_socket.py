"""Rooms without a LiveKit server, for several processes: `serve_rooms` serves them, `SocketRoom` stands in for
`livekit.rtc.Room` in each of them.

Participants, their attributes and tracks, packets and calls travel as lines of JSON; sound and pictures stay where
they are made.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import time
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from livekit import rtc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Line = dict[str, Any]


def read_token(token: str, secret: str) -> Line:
    """Return the claims of a token; `ValueError` where another secret signed it or it has expired."""
    head, body, signature = token.split(".")
    signed = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    if base64.urlsafe_b64encode(signed).rstrip(b"=").decode() != signature:
        raise ValueError("invalid token")
    claims: Line = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if claims["exp"] < time.time():
        raise ValueError("token is expired")
    return claims


class Rooms:
    """What happened in the rooms of a server, in order.

    Attributes
    ----------
    url : str
        For `SocketRoom.connect`.
    present : dict
        Claims of the tokens of those who are there, by identity.
    events : list of dict
        Whatever participants sent, each with ``"from"``, the sender's identity, and ``"at"``.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._writers: dict[str, asyncio.StreamWriter] = {}
        self.url = ""
        self.present: dict[str, Line] = {}
        self.events: list[Line] = []

    def sent(self, kind: str) -> list[Line]:
        """Return the events of a kind."""
        return [event for event in self.events if kind in event]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one participant."""
        try:
            claims = read_token(json.loads(await reader.readline())["token"], self._secret)
        except ValueError as error:
            _write(writer, {"refused": str(error)})
            writer.close()
            return
        identity = claims["sub"]
        here = {name: self._presence(name) for name in self.present}
        _write(writer, {"you": identity, "room": claims["video"]["room"], "here": here})
        self.present[identity], self._writers[identity] = claims, writer
        self._tell_others(identity, {"came": identity, **self._presence(identity)})
        try:
            while line := await reader.readline():
                self._take(identity, json.loads(line))
        finally:
            del self.present[identity], self._writers[identity]
            self._tell_others(identity, {"went": identity})
            writer.close()

    def _presence(self, identity: str) -> Line:
        claims = self.present[identity]
        tracks = [event["track"] for event in self.sent("track") if event["from"] == identity]
        return {"kind": claims.get("kind", ""), "attributes": claims.get("attributes", {}), "tracks": tracks}

    def _take(self, identity: str, event: Line) -> None:
        self.events.append({"from": identity, "at": time.time(), **event})
        if "track" in event:
            self._tell_others(identity, self.events[-1])
        elif event.get("to") in self._writers:
            _write(self._writers[event["to"]], self.events[-1])

    def _tell_others(self, identity: str, event: Line) -> None:
        for name, writer in self._writers.items():
            if name != identity:
                _write(writer, event)


@asynccontextmanager
async def serve_rooms(secret: str) -> AsyncIterator[Rooms]:
    """Let those in whose tokens `secret` signed."""
    rooms = Rooms(secret)
    server = await asyncio.start_server(rooms.talk, "127.0.0.1", 0)
    rooms.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield rooms
    finally:
        server.close()


def _write(writer: asyncio.StreamWriter, event: Line) -> None:
    writer.write(json.dumps(event).encode() + b"\n")


class SocketRoom(rtc.EventEmitter[str]):
    """A room of `serve_rooms`, to whoever expects one of LiveKit's."""

    def __init__(self, *_: Any) -> None:
        super().__init__()
        self.name = ""
        self.remote_participants: dict[str, Any] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self, url: str, token: str, _options: Any = None) -> None:
        address = urlsplit(url)
        reader, self._writer = await asyncio.open_connection(address.hostname, address.port)
        self.send(token=token)
        told = json.loads(await reader.readline())
        if "refused" in told:
            raise rtc.ConnectError(told["refused"])
        self.name = told["room"]
        self.local_participant = LocalParticipant(told["you"], self.send)
        for identity, presence in told["here"].items():
            self._add(identity, presence)
        self._reading = asyncio.ensure_future(self._read(reader))
        self.emit("connection_state_changed", rtc.ConnectionState.CONN_CONNECTED)

    async def disconnect(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    def isconnected(self) -> bool:  # LiveKit's name
        return self._reading is not None

    def send(self, **event: Any) -> None:
        assert self._writer is not None
        _write(self._writer, event)

    # A stub's participants send no text and no files.
    def register_text_stream_handler(self, topic: str, handler: Any) -> None: ...

    def unregister_text_stream_handler(self, topic: str) -> None: ...

    def register_byte_stream_handler(self, topic: str, handler: Any) -> None: ...

    def unregister_byte_stream_handler(self, topic: str) -> None: ...

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            event = json.loads(line)
            if "came" in event:
                participant = self._add(event["came"], event)
                self.emit("participant_connected", participant)
                self.emit("participant_active", participant)
            elif "went" in event:
                self.emit("participant_disconnected", self.remote_participants.pop(event["went"]))
            elif "track" in event:
                participant = self.remote_participants[event["from"]]
                self.emit("track_published", _publish(participant, event["track"]), participant)
            elif "call" in event:
                await self.local_participant.answer(event)
            elif "answer" in event:
                self.local_participant.take_answer(event)

    def _add(self, identity: str, presence: Line) -> Any:
        agent = presence["kind"] == "agent"
        kinds = rtc.ParticipantKind
        participant = SimpleNamespace(
            identity=identity,
            attributes=presence["attributes"],
            kind=kinds.PARTICIPANT_KIND_AGENT if agent else kinds.PARTICIPANT_KIND_STANDARD,
            state=rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE,
            track_publications={},
        )
        self.remote_participants[identity] = participant
        for track in presence["tracks"]:
            _publish(participant, track)
        return participant


def _publish(participant: Any, track: Line) -> Any:
    publication = SimpleNamespace(**track, subscribed=False, track=None)
    participant.track_publications[track["sid"]] = publication
    return publication


class LocalParticipant:
    """Who has joined a `SocketRoom`."""

    def __init__(self, identity: str, send: Callable[..., None]) -> None:
        self.identity = identity
        self.kind = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
        self.attributes: dict[str, str] = {}
        self.track_publications: dict[str, Any] = {}
        self._send = send
        self._methods: dict[str, Callable[[Any], str]] = {}
        self._numbers = itertools.count()
        self._answers: dict[int, asyncio.Future[Line]] = {}

    async def publish_track(self, track: Any, _options: Any) -> Any:
        sid = f"TR_{next(self._numbers)}"
        shown = {"sid": sid, "name": track.name, "kind": track.kind}
        self._send(track=shown)
        publication = SimpleNamespace(**shown, track=track)
        self.track_publications[sid] = publication
        return publication

    async def unpublish_track(self, sid: str) -> None:
        self.track_publications.pop(sid)
        self._send(unpublished=sid)

    async def publish_data(self, payload: bytes, *, reliable: bool, topic: str) -> None:
        self._send(packet=base64.b64encode(payload).decode(), topic=topic, reliable=reliable)

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        self._send(attributes=attributes)

    async def stream_text(self, **about: Any) -> Any:
        pieces: list[str] = []

        async def write(text: str) -> None:
            pieces.append(text)

        async def close(**_: Any) -> None:
            self._send(text="".join(pieces), topic=about["topic"])

        return SimpleNamespace(write=write, aclose=close)

    def register_rpc_method(self, method: str, handler: Callable[[Any], str]) -> None:
        self._methods[method] = handler

    async def perform_rpc(
        self, *, destination_identity: str, method: str, payload: str, response_timeout: float
    ) -> str:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._send(call=method, number=number, to=destination_identity, payload=payload)
        try:
            told = await asyncio.wait_for(self._answers[number], response_timeout)
        except asyncio.TimeoutError:
            raise rtc.RpcError(rtc.RpcError.ErrorCode.RESPONSE_TIMEOUT, "no answer") from None
        finally:
            del self._answers[number]
        if told["answer"] is None:
            raise rtc.RpcError(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD, "no such method")
        return str(told["answer"])

    async def answer(self, event: Line) -> None:
        handler = self._methods.get(event["call"])
        data = SimpleNamespace(caller_identity=event["from"], method=event["call"], payload=event["payload"])
        self._send(answer=handler and handler(data), number=event["number"], to=event["from"])

    def take_answer(self, event: Line) -> None:
        waiting = self._answers.get(event["number"])
        if waiting is not None and not waiting.done():
            waiting.set_result(event)
