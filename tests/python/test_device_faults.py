"""Devices that refuse, hang, or come late: told once, unheard meanwhile, and nothing waits for them."""

from __future__ import annotations

import sys
import threading
import warnings

import pytest
from fake_sounddevice import PortAudioError, Speaker
from test_controller_device import PATIENCE_S, QUICK, Listener, ramp

import hostmode
from hostmode import Controller
from hostmode.audio import AudioOutputWarning, SounddeviceOutput
from hostmode.audio.liveness import Liveness

pytestmark = pytest.mark.outer


@pytest.fixture
def card(monkeypatch):
    """Return a speaker that is plugged in."""
    made = Speaker(48000)
    monkeypatch.setitem(sys.modules, "sounddevice", made.module())
    monkeypatch.setattr("hostmode.audio.lookout._look", made.look)
    return made


@pytest.mark.parametrize("last_step", ["opening_refusal", "start_refusal"])
@pytest.mark.parametrize("code", [-9985, -9999, -9996])
def test_e20_a_device_that_refuses_at_the_last_step_is_told_with_the_reason(card, last_step, code):
    setattr(card, last_step, PortAudioError("It will not", code))
    with pytest.warns(AudioOutputWarning, match="It will not") as warned:
        avatar = Controller(48000, config=QUICK)
    with avatar:
        assert len(warned) == 1
        assert "It will not" in avatar.stats()["audio_output_error"]
        listener = Listener(avatar)
        avatar.yield_audio_data(ramp(0.2), end=True)
        assert avatar.wait_until_idle(PATIENCE_S)
        assert not [event for event in listener.events if event.kind == "error"]
        setattr(card, last_step, None)
        listener.wait_for("audio_output_restored")
        assert "audio_output_error" not in avatar.stats()


def test_e20_a_returning_device_that_refuses_is_told_once_for_each_reason(card):
    with Controller(48000, config=QUICK) as avatar:
        listener = Listener(avatar)
        card.opening_refusal = PortAudioError("taken", -9985)
        card.plugged = False
        listener.wait_for("error")
        card.plugged = True
        # Looked for after 0, 1 and 3 seconds.
        threading.Event().wait(4.5)
        told = [event.message for event in listener.events if event.kind == "error"]
        assert len(told) == 2
        assert "gone" in told[0]
        assert "taken" in told[1]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (PortAudioError("Invalid sample rate", -9997), "takes neither 48000 nor 44100 Hz"),
        (PortAudioError("Invalid number of channels", -9998), "takes neither 48000 nor 44100 Hz"),
        (PortAudioError("Device unavailable", -9985), "another program uses it"),
        (PortAudioError("Unanticipated host error", -9999), "its server is gone"),
        (PortAudioError("Illegal combination of I/O devices", -9993), "its server is gone"),
    ],
)
def test_e20_only_a_format_that_is_refused_is_called_so(card, refusal, words):
    card.rates = (44100,)
    card.refusal = refusal
    with pytest.warns(AudioOutputWarning) as warned:
        Controller(48000, config=QUICK).close()
    assert words in str(warned[0].message)
    assert ("takes neither" in str(warned[0].message)) == ("takes neither" in words)


def test_e20_a_device_that_stands_still_is_told_and_neither_playback_nor_close_waits_for_it(card):
    avatar = Controller(48000, config=QUICK)
    listener = Listener(avatar)
    avatar.yield_audio_data(ramp(20.0), end=True)
    listener.wait_for("playback_started")
    threading.Event().wait(3.2)
    card.closing.clear()
    card.frozen = True
    card.plugged, card.listed = True, False
    lost = listener.wait_for("error")
    assert lost.reason == "audio_output_lost"
    position = avatar.get_audio_time()
    threading.Event().wait(0.6)
    assert avatar.get_audio_time() > position + 0.3
    before = hostmode.now()
    avatar.close()
    assert hostmode.now() - before < 2.0
    assert not card.streams[0].closed
    card.closing.set()


def test_e20_a_frozen_device_that_wakes_up_is_given_silence(card):
    with Controller(48000, config=QUICK) as avatar:
        listener = Listener(avatar)
        avatar.yield_audio_data(ramp(20.0), end=True)
        listener.wait_for("playback_started")
        threading.Event().wait(3.2)
        card.closing.clear()
        card.listed = False
        card.frozen = True
        listener.wait_for("error")
        card.played.clear()
        card.frozen = False
        threading.Event().wait(0.5)
        assert len(card.sound()) > 0
        assert not card.sound().any()
        card.closing.set()


def test_e20_close_of_a_device_that_has_just_frozen_returns_soon(card):
    avatar = Controller(48000, config=QUICK)
    listener = Listener(avatar)
    avatar.yield_audio_data(ramp(20.0), end=True)
    listener.wait_for("playback_started")
    card.closing.clear()
    card.frozen = True
    threading.Event().wait(0.2)
    before = hostmode.now()
    avatar.close()
    assert hostmode.now() - before < 2.5
    card.closing.set()


def test_e20_what_a_lost_device_had_taken_is_not_jumped_over(card):
    with Controller(48000, config=QUICK, output=SounddeviceOutput(latency=1.0)) as avatar:
        listener = Listener(avatar)
        # Until the device's buffer is full.
        threading.Event().wait(1.5)
        avatar.yield_audio_data(ramp(20.0), end=True)
        listener.wait_for("playback_started")
        threading.Event().wait(0.5)
        before, position = hostmode.now(), avatar.get_audio_time()
        card.plugged = False
        listener.wait_for("error")
        for _ in range(30):
            threading.Event().wait(0.05)
            # At the pace of time, through the second that the device had taken as well.
            assert avatar.get_audio_time() - position == pytest.approx(hostmode.now() - before, abs=0.2)


def test_e20_portaudio_is_never_initialised_anew(card):
    with Controller(48000, config=QUICK) as avatar:
        listener = Listener(avatar)
        card.plugged = False
        listener.wait_for("error")
        threading.Event().wait(1.5)
        card.plugged = True
        listener.wait_for("audio_output_restored")
    assert card.initialisations == 0


def test_e20_a_device_that_this_process_cannot_open_any_more_is_told(card):
    card.plugged = card.listed = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioOutputWarning)
        avatar = Controller(48000, config=QUICK)
    with avatar:
        listener = Listener(avatar)
        card.plugged = True
        assert "restart the program" in listener.wait_for("error").message


def test_e20_patience_is_by_what_the_stream_has_done():
    # A sink that wakes up: a second callback after 1.8 s, then one every 20 ms.
    waking = Liveness()
    stats = {"callbacks": 1.0, "longest_callback_gap": 0.0}
    assert all(waking.look(stats) for _ in range(18))
    stats = {"callbacks": 2.0, "longest_callback_gap": 1.8}
    for _ in range(100):
        stats["callbacks"] += 5
        assert waking.look(stats)
    looks = 0
    while waking.look(stats):
        looks += 1
    assert 5 * 10 < looks < 8 * 10
    # A sink that never paused is given up after a second.
    steady = Liveness()
    stats = {"callbacks": 0.0, "longest_callback_gap": 0.02}
    for _ in range(100):
        stats["callbacks"] += 5
        assert steady.look(stats)
    looks = 0
    while steady.look(stats):
        looks += 1
    assert looks <= 12
