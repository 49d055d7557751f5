"""A publisher process, a real LiveKit server, a subscriber process with a sound card: the face against its sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from livekit_room import running_server
from room_sync import click_recording, speak, speech_recording, viewing

import hostmode
from hostmode.measure.virtual_sound_card import VirtualSoundCard, missing_parts

pytest.importorskip("livekit.rtc")
pytest.importorskip("sounddevice")
pytestmark = pytest.mark.skipif(missing_parts() is not None, reason=f"no virtual sound card: {missing_parts()}")

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
