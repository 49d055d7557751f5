"""A room without a server: stands in for `livekit.rtc.Room` and keeps what is sent into it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from livekit import rtc


class StubRoom:
    """Every room is in `made`; `answers` are what calls of the agent raise or return, in order, then ``"ok"``."""

    made: list[StubRoom]
    answers: list[Any]

    def __init__(self) -> None:
        self.made.append(self)
        self.local_participant = self
        self.listeners: dict[str, Any] = {}
        self.token = ""
        self.tracks: list[str] = []
        self.packets: list[tuple[str, bytes]] = []
        self.calls: list[tuple[str, str, str]] = []
        self.joined = False

    async def connect(self, url: str, token: str, options: Any) -> None:
        self.token, self.joined = token, True

    async def disconnect(self) -> None:
        self.joined = False

    def on(self, event: str, listener: Any) -> None:
        self.listeners[event] = listener

    async def publish_track(self, track: Any, options: Any) -> Any:
        self.tracks.append(track.name)
        return SimpleNamespace(sid=f"TR_{len(self.tracks)}")

    async def unpublish_track(self, sid: str) -> None:
        self.tracks[int(sid[3:]) - 1] = ""

    async def publish_data(self, payload: bytes, *, reliable: bool, topic: str) -> None:
        self.packets.append((topic, payload))

    async def perform_rpc(
        self, *, destination_identity: str, method: str, payload: str, response_timeout: float
    ) -> str:
        await asyncio.sleep(0.01)
        self.calls.append((destination_identity, method, payload))
        answer = self.answers.pop(0) if self.answers else "ok"
        if isinstance(answer, Exception):
            raise answer
        return str(answer)


def use_stub_rooms(monkeypatch: Any) -> type[StubRoom]:
    """Let `livekit.rtc.Room` make stubs for the rest of the test."""
    StubRoom.made, StubRoom.answers = [], []
    monkeypatch.setattr(rtc, "Room", StubRoom)
    return StubRoom
