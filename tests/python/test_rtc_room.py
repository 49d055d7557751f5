"""A publisher process, a real LiveKit server, a subscriber process with a sound card: the face against its sound."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from livekit_room import free_port, running_server, token
from lossy_network import lossy_network
from room_sync import SUBSCRIBER, click_recording, outliving_its_server, speak, speaking, speech_recording, viewing

import hostmode
from hostmode.measure.virtual_sound_card import VirtualSoundCard, missing_parts

pytest.importorskip("livekit.rtc")
pytest.importorskip("sounddevice")
pytestmark = [
    pytest.mark.skipif(missing_parts() is not None, reason=f"no virtual sound card: {missing_parts()}"),
    pytest.mark.outer,
]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard() as card:
        yield card


def within_bounds(errors_ms: np.ndarray) -> None:
    p5, median, p95 = np.percentile(errors_ms, (5, 50, 95))
    print(f"{len(errors_ms)} errors: median {median:.1f} ms, 5th to 95th percentile {p5:.1f} to {p95:.1f} ms")
    assert abs(median) < 15.0
    assert p95 - p5 < 20.0


def test_clicks_are_seen_when_they_are_heard(server: str, card: VirtualSoundCard, tmp_path: Path) -> None:
    clicks = click_recording(tmp_path / "clicks.json", 20.0)
    with viewing(server, card, tmp_path) as view:
        assert "said 20.0 s" in speak(server, clicks)
        view.end()
    errors_ms = view.click_errors_ms()
    assert len(errors_ms) > 25
    # From the first click of a room the subscriber learns how long sound takes in it.
    within_bounds(errors_ms[2:])
    assert view.events("conversation_end") == ["playback_end"]
    assert view.said["player"]["underruns"] == 0


def test_a_recording_moves_the_face_with_the_sound_that_is_heard(
    server: str, card: VirtualSoundCard, tmp_path: Path
) -> None:
    file = speech_recording()
    original = hostmode.load_recording(file) if file else hostmode.Recording.embedded()
    original.save(tmp_path / "speech.json")
    with viewing(server, card, tmp_path) as view:
        speak(server, tmp_path / "speech.json")
        view.end()
    errors_ms = view.errors_ms(original)
    assert len(errors_ms) > (original.duration - 2.0)
    within_bounds(errors_ms)
    assert view.said["subscriber"]["lost"] == 0


def test_a_network_that_loses_and_delays_leaves_no_visible_jump(card: VirtualSoundCard, tmp_path: Path) -> None:
    file = speech_recording()
    original = hostmode.load_recording(file) if file else hostmode.Recording.embedded()
    original.save(tmp_path / "speech.json")
    signal, udp = free_port(), free_port(datagram=True)
    way_in = free_port(), free_port(datagram=True)
    with (
        running_server(signal, udp_port=udp, use_ice_lite=True, tcp_port=0) as url,
        lossy_network(signal, udp, way_in, loss=0.02, jitter_s=0.06) as troubled,
        viewing(troubled.url, card, tmp_path) as view,
    ):
        speak(url, tmp_path / "speech.json")
        view.end()
    packets = view.said["subscriber"]
    # LiveKit's channel for what may be lost gives up many of those that are overtaken; each repeats two keyframes.
    assert packets["packets"] < 25 * original.duration
    assert packets["lost"] < 0.35 * 25 * original.duration
    errors_ms = view.errors_ms(original)
    p5, median, p95 = np.percentile(errors_ms, (5, 50, 95))
    print(f"median {median:.1f} ms, 5th to 95th percentile {p5:.1f} to {p95:.1f} ms, {packets}")
    assert abs(median) < 15.0
    assert view.events("conversation_end") == ["playback_end"]
    share = view.fastest_share(original)
    print(f"fastest: {share:.2f} of what is allowed")
    assert share <= 1.0


def test_a_network_that_is_gone_for_a_while_leaves_the_conversation(card: VirtualSoundCard, tmp_path: Path) -> None:
    clicks = click_recording(tmp_path / "clicks.json", 20.0)
    signal, udp = free_port(), free_port(datagram=True)
    way_in = free_port(), free_port(datagram=True)
    with (
        running_server(signal, udp_port=udp, use_ice_lite=True, tcp_port=0) as url,
        lossy_network(signal, udp, way_in, loss=0.0, jitter_s=0.0) as troubled,
        viewing(troubled.url, card, tmp_path) as view,
        speaking(url, clicks),
    ):
        time.sleep(8.0)
        troubled.loss = 1.0
        gone_s = hostmode.now()
        time.sleep(2.5)
        troubled.loss = 0.0
        time.sleep(16.0)
        view.end()
    assert view.events("conversation_end") == ["playback_end"]
    errors_ms = view.click_errors_ms()
    print(np.round(errors_ms))
    assert abs(np.median(errors_ms[2:7])) < 15.0
    after_ms = view.click_errors_ms(gone_s + 2.5)
    assert len(after_ms) > 10
    assert abs(np.median(after_ms)) < 15.0
    assert view.fastest_share(hostmode.load_recording(clicks)) <= 1.0


def test_a_server_that_dies_ends_the_conversation_with_an_event_and_another_goes_on(
    card: VirtualSoundCard, tmp_path: Path
) -> None:
    clicks = click_recording(tmp_path / "clicks.json", 12.0)
    view = outliving_its_server(clicks, card, tmp_path)
    # The first may go on in spite of all: then the publisher that was stopped ends it.
    ends = view.events("conversation_end")
    assert len(ends) >= 2
    assert ends[-1] == "playback_end"


def test_both_examples_run_together(server: str, card: VirtualSoundCard, tmp_path: Path) -> None:
    original = hostmode.Recording.embedded()
    original.save(tmp_path / "speech.json")
    environment = {**card.environment, "LIVEKIT_URL": server, "LIVEKIT_TOKEN": token("viewer")}
    with subprocess.Popen(
        [sys.executable, str(SUBSCRIBER)], env=environment, stdout=subprocess.PIPE, text=True
    ) as subscriber:
        try:
            assert subscriber.stdout is not None
            assert subscriber.stdout.readline() == "listening\n"
            said = speak(server, tmp_path / "speech.json")
            heard, _ = subscriber.communicate(timeout=20)
        finally:
            subscriber.kill()
    assert f"said {original.duration:.1f} s {{'bare': 0, 'undelivered': 0}}" in said
    assert "playback_started" in heard
    assert "heard" in heard.splitlines()[-1]
    assert "of avatar" in heard.splitlines()[-1]
