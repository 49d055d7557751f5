"""Who is let in by a relay, without a network."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

pytest.importorskip("aiohttp")

from relay_line import Line, scene, settled

from hostmode import HostModeError
from hostmode.relay import Relay, RelaySettings
from hostmode.relay import tokens as session_tokens
from hostmode.relay.items import Audio, Failure, Ready
from hostmode.relay.settings import Visit
from hostmode.relay.tokens import SessionTokens

pytestmark = pytest.mark.outer

HEADERS = {"upgrade": "websocket"}
UP = Ready(16000)


@pytest.mark.parametrize(
    ("peer", "headers", "query", "token", "status"),
    [
        ("127.0.0.1", {}, {}, None, None),
        ("::1", {}, {}, None, None),
        ("", {}, {}, None, None),
        ("192.0.2.7", {}, {}, None, 403),
        ("192.0.2.7", {}, {"token": "right"}, "right", None),
        ("192.0.2.7", {"authorization": "Bearer right"}, {}, "right", None),
        ("127.0.0.1", {}, {}, "right", 401),
        ("127.0.0.1", {}, {"token": "righ"}, "right", 401),
        ("127.0.0.1", {"authorization": "Bearer wrong"}, {"token": "right"}, "right", 401),
        ("127.0.0.1", {"origin": "https://ours.example"}, {}, None, None),
        ("127.0.0.1", {"origin": "https://elsewhere.example"}, {}, None, 403),
        ("127.0.0.1", {}, {"protocol": "json"}, None, None),
        ("127.0.0.1", {}, {"protocol": "xml"}, None, 400),
        ("127.0.0.1", {"upgrade": "h2c"}, {}, None, 426),
    ],
)
def test_relay_entry_is_for_whom_it_should(
    peer: str, headers: dict[str, str], query: dict[str, str], token: str | None, status: int | None
) -> None:
    settings = RelaySettings(token=token, origins=frozenset({"https://ours.example"}))
    refused = Visit(peer, {**HEADERS, **headers}, query).refusal(settings)
    assert (refused and refused[0]) == status


def test_relay_entry_of_others_needs_a_token() -> None:
    RelaySettings(host="0.0.0.0", token="t")
    for host in ("localhost", "127.0.0.9", "::1"):
        RelaySettings(host=host)
    for host in ("0.0.0.0", "192.0.2.7", "example.org"):
        with pytest.raises(HostModeError, match="token"):
            RelaySettings(host=host)


def test_relay_entry_ends_with_the_last_seat_and_begins_again_when_one_goes() -> None:
    async def main(relay: Relay) -> None:
        visit = Visit("", HEADERS, {})
        lines = []
        for _ in range(2):
            assert relay.refusal(visit) is None
            lines.append(Line(relay))
            await settled()
        refused = relay.refusal(visit)
        assert refused is not None
        assert refused[0] == 429
        await lines[0].leave()
        assert relay.refusal(visit) is None
        assert relay.viewers == 1

    scene(main, max_viewers=2)


def test_relay_entry_begins_with_a_start() -> None:
    async def main(relay: Relay) -> None:
        line = Line(relay, Audio(b"ab"))
        heard: list[bytes] = []
        relay.on_audio = lambda data, _last: heard.append(data)
        line.say(Audio(b"cd"))
        await settled()
        assert line.closed == (1007, "not understood")
        assert isinstance(line.items[0], Failure)
        assert heard == []

    scene(main)


def test_relay_entry_by_a_session_token_lasts_as_long_as_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(session_tokens, "time", SimpleNamespace(time=lambda: clock.now))
    tokens = SessionTokens("key")
    assert tokens.is_key("key")
    assert not tokens.is_key("ke")
    assert not tokens.is_key("")
    token = tokens.issue(1060.0)
    assert token != tokens.issue(1060.0)
    assert tokens.is_token(token)
    assert not tokens.is_token("")
    for instant in (1000.0, 1000.0 + session_tokens.LONGEST_S + 1.0):
        with pytest.raises(ValueError, match="within 24 h"):
            tokens.issue(instant)
    clock.now = 1060.0
    assert not tokens.is_token(token)


def test_relay_entry_tokens_that_nobody_fetches_are_bounded_and_the_oldest_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_tokens, "_MOST", 3)
    tokens = SessionTokens(None)
    assert tokens.is_key("anything")
    assert not tokens.is_key("")
    issued = [tokens.issue(time.time() + 60.0) for _ in range(5)]
    assert [tokens.is_token(token) for token in issued] == [False, False, True, True, True]
