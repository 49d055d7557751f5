"""Looking for devices from outside, by a real process that imports a sounddevice made for it."""

from __future__ import annotations

import os
import sys
import time

import pytest

from hostmode.audio import lookout
from hostmode.audio.alsa_stream import pcm_name
from hostmode.audio.lookout import Lookout, Sighting

pytestmark = pytest.mark.outer

PATIENCE_S = 20.0

SOUNDDEVICE = """
import os, time

class PortAudioError(Exception):
    pass

with open({log!r}, "a") as log:
    log.write(str(os.getpid()) + "\\n")
state = open({state!r}).read()
if state == "hangs":
    time.sleep(60)

def query_devices(device, kind):
    if state == "gone" or device == "other":
        raise ValueError("no such device")
    return dict(name="Card: USB (hw:1,0)", hostapi=0, index=3, default_samplerate=44100.0)

def query_hostapis(index):
    return dict(name="ALSA")

def check_output_settings(index, channels, dtype, samplerate):
    if state == "stereo" and (channels, samplerate) != (2, 44100):
        raise PortAudioError("Invalid number of channels", -9998)
    if state == "busy":
        raise PortAudioError("Device unavailable", -9985)
"""


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """Return a function that sets what other processes see, and one that tells how often they looked."""
    log, state = tmp_path / "log", tmp_path / "state"
    log.touch()
    (tmp_path / "sounddevice.py").write_text(SOUNDDEVICE.format(log=str(log), state=str(state)))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def see(what: str) -> None:
        state.write_text(what)

    return see, lambda: log.read_text().split()


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ("mono", {None: Sighting("Card: USB (hw:1,0)", "ALSA", 48000, 1)}),
        ("stereo", {None: Sighting("Card: USB (hw:1,0)", "ALSA", 44100, 2)}),
        ("gone", {}),
        ("busy", {}),
    ],
)
def test_e20_another_process_tells_what_it_sees(outside, state, seen):
    see, looks = outside
    see(state)
    assert lookout._look([None, "other"]) == seen
    (process,) = looks()
    assert int(process) != os.getpid()


def test_e20_a_look_that_hangs_is_ended(outside, monkeypatch):
    see, _ = outside
    see("hangs")
    monkeypatch.setattr(lookout, "_LOOK_TIMEOUT_S", 1.0)
    before = time.monotonic()
    assert lookout._look([None]) == {}
    assert time.monotonic() - before < 10.0


def test_e20_looks_become_rare_and_end_with_the_interest(outside, monkeypatch):
    see, looks = outside
    see("gone")
    monkeypatch.setattr(lookout, "_traces", list)
    monkeypatch.setattr(lookout, "_INTEREST_S", 0.5)
    one = Lookout()
    since = time.monotonic()
    while time.monotonic() - since < 5.0:
        assert one.ask(None, since) is None
        time.sleep(0.1)
    # At 0, 1 and 3 seconds; a busy machine may take longer.
    assert 2 <= len(looks()) <= 4
    deadline = time.monotonic() + PATIENCE_S
    while one._thread is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_e20_what_the_system_shows_is_looked_at_at_once(outside, tmp_path, monkeypatch):
    see, looks = outside
    see("gone")
    socket = tmp_path / "native"
    monkeypatch.setenv("PULSE_SERVER", f"unix:{socket}")
    monkeypatch.setattr(lookout, "_FIRST_PAUSE_S", 60.0)
    one = Lookout()
    since = time.monotonic()
    one.ask(None, since)
    deadline = since + PATIENCE_S
    while not looks():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    see("mono")
    socket.touch()
    while one.ask(None, since) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_e20_a_sighting_before_a_loss_counts_no_more(outside):
    see, _ = outside
    see("mono")
    one = Lookout()
    since = time.monotonic()
    deadline = since + PATIENCE_S
    while one.ask(None, since) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert one.ask(None, time.monotonic()) is None


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        ("default", "default"),
        ("USB Audio: - (hw:1,0)", "hw:1,0"),
        ("A (b): C (hw:10,3)", "hw:10,3"),
        ("My Headset", "My Headset"),
    ],
)
def test_e20_alsa_names_a_device_as_portaudio_lists_it(listed, name):
    assert pcm_name(listed) == name
