"""Motion that comes in a VP8 track alone, in a room that a stub stands for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

import hostmode
from hostmode.rtc import room_subscriber
from hostmode.rtc.room_subscriber import TOPIC, RoomSubscriber


class Room:
    """Calls back as a `livekit.rtc.Room` does."""

    def __init__(self) -> None:
        self.remote_participants: dict[str, Any] = {}
        self.handlers: dict[str, Any] = {}

    def on(self, event: str, handler: Any) -> None:
        self.handlers[event] = handler

    def off(self, event: str, handler: Any) -> None:
        assert self.handlers.pop(event) == handler


def errors_of(monkeypatch: pytest.MonkeyPatch, *, track: str, packets: bool) -> list[str]:
    """Return the codes that are told; the conversation has to go on."""
    monkeypatch.setattr(room_subscriber, "_PACKETS_WITHIN_S", 0.05)

    async def main() -> list[str]:
        room, rtc = Room(), SimpleNamespace(TrackKind=SimpleNamespace(KIND_AUDIO=1))
        errors: list[str] = []
        async with hostmode.Controller(16000, output="silent") as avatar:
            avatar.on_error = lambda error: errors.append(error.code)
            avatar.yield_audio_data(bytes(32000))
            async with RoomSubscriber(rtc, room, avatar, "egress"):
                who = SimpleNamespace(identity="egress", track_publications={})
                room.handlers["track_subscribed"](SimpleNamespace(kind=2), SimpleNamespace(name=track), who)
                if packets:
                    room.handlers["data_received"](SimpleNamespace(topic=TOPIC, participant=who, data=b"?"))
                await asyncio.sleep(0.3)
                assert avatar.get_current_conversation_id() is not None
        return errors

    return asyncio.run(main())


def test_e39_is_told_once_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert errors_of(monkeypatch, track="egress-animation", packets=False) == ["unsupported_motion"]


@pytest.mark.parametrize(("track", "packets"), [("egress-animation", True), ("camera", False)])
def test_e39_is_not_told_where_packets_come_or_the_track_is_another(
    monkeypatch: pytest.MonkeyPatch, track: str, packets: bool
) -> None:
    assert errors_of(monkeypatch, track=track, packets=packets) == []
