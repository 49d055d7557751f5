"""A Controller and its sound card: E20 and E30 without hardware, in real time."""

from __future__ import annotations

import gc
import sys
import threading
import warnings

import numpy as np
import pytest
from fake_sounddevice import Speaker

import hostmode
from hostmode import Controller, PlayerConfig
from hostmode.audio import AudioOutputWarning, SounddeviceOutput

QUICK = PlayerConfig(motion_wait=0.0)
PATIENCE_S = 20.0


@pytest.fixture
def speaker(monkeypatch):
    """Return a function that plugs a speaker in."""

    def plug_in(*rates: int) -> Speaker:
        made = Speaker(*rates)
        monkeypatch.setitem(sys.modules, "sounddevice", made.module())
        monkeypatch.setattr("hostmode.audio.lookout._look", made.look)
        return made

    return plug_in


class Listener:
    """Waits for events of a controller."""

    def __init__(self, avatar: Controller) -> None:
        self.events: list[hostmode.Event] = []
        self.changed = threading.Condition()
        avatar.on_event = self.hear

    def hear(self, event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait_for(self, kind: str) -> hostmode.Event:
        def found() -> hostmode.Event | None:
            return next((event for event in self.events if event.kind == kind), None)

        with self.changed:
            assert self.changed.wait_for(found, PATIENCE_S), f"no {kind} among {self.events}"
        return found()


def ramp(seconds: float, rate: int = 48000) -> np.ndarray:
    return (np.arange(round(seconds * rate)) % 30000 + 1000).astype(np.int16)


def dominant_hz(sound: np.ndarray, rate: int) -> float:
    sounding = np.flatnonzero(sound)
    inner = sound[sounding[0] : sounding[-1]]
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner))))
    return float(np.argmax(spectrum) * rate / len(inner))


def test_e20_a_device_that_is_lost_is_reported_and_playback_goes_on_to_its_end(speaker):
    card = speaker(48000)
    with Controller(48000, config=QUICK) as avatar:
        listener = Listener(avatar)
        avatar.yield_audio_data(ramp(1.2), end=True)
        started = listener.wait_for("playback_started")
        card.plugged = False
        lost = listener.wait_for("error")
        assert (lost.reason, avatar.stats()["audio_output"]) == ("audio_output_lost", "silent")
        position = avatar.get_audio_time()
        assert position > 0.0
        ended = listener.wait_for("conversation_end")
        assert ended.reason == "playback_end"
        # Nothing was skipped: the sound takes its time, and that in which the loss was noticed.
        assert ended.time - started.time >= 1.2 - 0.11


def test_e20_a_device_that_returns_at_another_rate_plays_on_from_where_it_was(speaker):
    card = speaker(48000)
    with Controller(48000, config=QUICK) as avatar:
        listener = Listener(avatar)
        tone = 12000 * np.sin(2 * np.pi * 1000 * np.arange(4 * 48000) / 48000)
        avatar.yield_audio_data(tone.astype(np.int16), end=True)
        listener.wait_for("playback_started")
        card.plugged = False
        listener.wait_for("error")
        card.rates = (44100,)
        card.played.clear()
        card.plugged = True
        listener.wait_for("audio_output_restored")
        assert avatar.stats()["audio_output_rate"] == 44100
        assert listener.wait_for("conversation_end").reason == "playback_end"
        avatar.wait_until_idle(PATIENCE_S)
    assert {rate for rate, _ in card.played} == {44100}
    assert dominant_hz(card.sound(), 44100) == pytest.approx(1000.0, abs=2.0)


def test_e20_without_a_device_one_warning_is_given_and_a_device_that_comes_later_is_taken(speaker):
    card = speaker(48000)
    card.plugged = False
    with pytest.warns(AudioOutputWarning, match="no audio output device") as warned:
        avatar = Controller(48000, config=QUICK)
    assert [warning.filename for warning in warned] == [__file__]
    with avatar:
        listener = Listener(avatar)
        assert avatar.stats()["audio_output"] == "silent"
        card.plugged = True
        listener.wait_for("audio_output_restored")
        avatar.yield_audio_data(ramp(0.2), end=True)
        assert avatar.wait_until_idle(PATIENCE_S)
    sound = np.rint(card.sound() * 32768)
    sounding = np.flatnonzero(sound)
    # A part before the device came would be missing; the fades are not the ramp's.
    assert np.array_equal(sound[sounding[0] + 240 : sounding[0] + 9600 - 240], ramp(0.2)[240:-240])


@pytest.mark.parametrize(("offered", "played_at"), [((48000, 44100), 48000), ((44100,), 44100), ((96000,), 96000)])
def test_e30_audio_at_a_rate_the_device_does_not_offer_is_resampled(speaker, offered, played_at):
    card = speaker(*offered)
    with Controller(16000, config=QUICK) as avatar:
        tone = 12000 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 16000)
        avatar.yield_audio_data(tone.astype(np.int16), end=True)
        assert avatar.wait_until_idle(PATIENCE_S)
    assert {rate for rate, _ in card.played} == {played_at}
    sound = card.sound()
    assert dominant_hz(sound, played_at) == pytest.approx(1000.0, abs=3.0)
    assert np.count_nonzero(np.abs(sound) > 0.01) / played_at == pytest.approx(0.5, abs=0.02)


def test_one_stream_stays_open_from_start_to_close(speaker):
    card = speaker(48000)
    with Controller(48000, config=QUICK) as avatar:
        for _ in range(3):
            avatar.yield_audio_data(ramp(0.05), end=True)
            assert avatar.wait_until_idle(PATIENCE_S)
        assert len(card.streams) == 1
        assert not card.streams[0].closed
    assert card.streams[0].closed


def test_a_controller_that_is_collected_while_it_speaks_falls_silent_at_once(speaker):
    card = speaker(48000)
    avatar = Controller(48000, config=QUICK)
    listener = Listener(avatar)
    avatar.yield_audio_data(ramp(30.0), end=True)
    listener.wait_for("playback_started")
    before = hostmode.now()
    del avatar
    gc.collect()
    while not card.streams[0].closed:
        assert hostmode.now() < before + PATIENCE_S
        threading.Event().wait(0.01)
    assert hostmode.now() - before < 10.0  # of 30 s of sound
    assert card.sound()[-1] == 0.0


def test_the_device_offset_may_change_while_it_plays(speaker):
    speaker(48000)
    output = SounddeviceOutput(latency=0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        avatar = Controller(48000, config=QUICK, output=output)
    with avatar:
        listener = Listener(avatar)
        avatar.yield_audio_data(ramp(5.0))
        listener.wait_for("playback_started")
        threading.Event().wait(0.3)
        before = avatar.get_audio_time()
        output.device_offset = 0.2
        threading.Event().wait(0.5)
        # What is heard later has been heard less far: half a second has passed, and 0.2 s of it are taken back.
        assert before < avatar.get_audio_time() < before + 0.45
        with pytest.raises(ValueError, match="device_offset"):
            output.device_offset = 2.0
