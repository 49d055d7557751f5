"""E30: sound at a rate that the device does not have, in virtual time; the same as at one that it has."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from controller_rig import SilentDevice, tone

import hostmode
from hostmode import Controller, Player, PlayerConfig
from hostmode.audio import AudioOutput

TONE_HZ = 437.0
QUICK = {"motion_wait": 0.0, "prebuffer": 0.0, "max_prebuffer": 0.0, "layers": False}
PAIRS = [
    (24000, 48000),
    (16000, 48000),
    (44100, 48000),
    (22050, 48000),
    (8000, 44100),
    (48000, 44100),
    (48000, 16000),
]


class Recorder(AudioOutput):
    """A perfect device on the controller's clock; keeps what would be heard."""

    def __init__(self, rate: int, block: int = 480) -> None:
        self.rate = rate
        self.block = block
        self.frames = 0
        self.blocks: list[np.ndarray] = []

    def prepare(self, source_rate: int) -> int:
        del source_rate
        return self.rate

    def start(self, player: Player, now: float, report) -> None:
        del player, report
        self.since = now

    def advance(self, player: Player, now: float) -> None:
        while self.frames < round((now - self.since) * self.rate):
            out = np.empty(min(self.block, round((now - self.since) * self.rate) - self.frames), np.float32)
            heard = self.since + self.frames / self.rate
            player.advance(heard)
            player.render_audio(out, heard)
            self.blocks.append(out)
            self.frames += len(out)
        player.advance(now)

    def close(self) -> None:
        """Do nothing."""

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.blocks)


class Lab:
    """A controller on a clock that the test moves, and what its device was given."""

    def __init__(self, rate: int, device: int, **config) -> None:
        self.time = 0.0
        self.device = Recorder(device)
        self.avatar = Controller(
            rate, output=self.device, clock=lambda: self.time, config=PlayerConfig(**{**QUICK, **config})
        )

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 200)):
            self.time += 0.005
            self.avatar.advance()


def sine(seconds: float, rate: int) -> np.ndarray:
    return np.rint(12000 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


def clicks(sound: np.ndarray, rate: int) -> np.ndarray:
    """Return where a tone is none: x[n+1] = 2 cos(w) x[n] - x[n-1] does not hold."""
    residue = sound[2:] - 2 * np.cos(2 * np.pi * TONE_HZ / rate) * sound[1:-1] + sound[:-2]
    return np.flatnonzero(np.abs(residue) > 0.002)


@pytest.mark.parametrize(("rate", "device"), PAIRS)
@pytest.mark.parametrize("chunk_s", [0.02, 0.1, 0.25])
def test_e30_chunks_at_the_pace_of_real_time_are_one_stream_without_a_click(rate, device, chunk_s):
    lab = Lab(rate, device)
    pcm = sine(2.0, rate)
    step = math.ceil(chunk_s * rate)
    for start in range(0, len(pcm), step):
        lab.avatar.yield_audio_data(pcm[start : start + step].tobytes())
        lab.run(chunk_s)
    lab.avatar.yield_audio_data(b"", end=True)
    lab.run(0.2)
    sounding = np.flatnonzero(np.abs(lab.device.sound) > 1e-3)
    inner = lab.device.sound[sounding[0] + device // 100 : sounding[-1] - device // 100]
    assert lab.avatar.stats()["underruns"] == 0
    assert len(inner) > 1.9 * device
    assert len(clicks(inner, device)) == 0


@pytest.mark.parametrize(("rate", "device"), PAIRS)
def test_e30_pauses_and_underruns_lose_nothing_and_repeat_nothing(rate, device):
    lab = Lab(rate, device)
    events: list[hostmode.Event] = []
    lab.avatar.on_event = events.append
    pcm = sine(2.0, rate)
    arrivals = []
    for start, gap_s in ((0.0, 0.0), (0.5, 0.1), (1.0, 0.033), (1.5, 0.0)):
        arrivals.append(lab.time)
        lab.avatar.yield_audio_data(pcm[round(start * rate) : round((start + 0.5) * rate)])
        lab.run(0.2)
        lab.avatar.pause()
        lab.run(0.05)
        lab.avatar.resume()
        lab.run(0.3 + gap_s)
    lab.avatar.yield_audio_data(b"", end=True)
    lab.run(0.2)
    stats = lab.avatar.stats()
    assert stats["underruns"] >= 2
    assert stats["heard"] == pytest.approx(2.0, abs=1.5 / device)
    # But for the fades and what rings out before them, the tone goes on.
    edges = arrivals + [event.time for event in events if event.kind in ("conversation_state", "underrun")]
    assert len(edges) >= 16
    at = clicks(lab.device.sound, device) / device
    assert [t for t in at if not any(-0.001 < t - edge < 0.012 for edge in edges)] == []


@pytest.mark.parametrize(("rate", "device"), PAIRS)
def test_e30_all_that_was_given_is_heard_though_nothing_follows(rate, device):
    lab = Lab(rate, device)
    lab.avatar.yield_audio_data(sine(0.5, rate))
    lab.run(1.0)
    stats = lab.avatar.stats()
    assert (stats["underruns"], stats["buffered_audio"]) == (1, 0.0)
    assert stats["heard"] == pytest.approx(0.5, abs=1.5 / device)
    sounding = np.flatnonzero(np.abs(lab.device.sound) > 1e-3)
    assert sounding[-1] - sounding[0] == pytest.approx((0.5 + 0.005) * device, abs=0.004 * device)


@pytest.mark.parametrize("late_s", [0.001, 0.002, 0.003, 0.005])
@pytest.mark.parametrize(("rate", "device"), PAIRS)
def test_e30_what_comes_a_little_late_fades_in_and_clicks_no_more_than_at_the_devices_rate(rate, device, late_s):
    def roughest(given: int) -> float:
        lab = Lab(given, device)
        lab.device.block = 32
        # Runs dry at a top of the tone, where a gap without fades is heard most.
        dry_s = (200.25) / TONE_HZ
        pcm = sine(1.0, given)
        lab.avatar.yield_audio_data(pcm[: round(dry_s * given)])
        lab.time = dry_s + late_s
        lab.avatar.advance()
        lab.avatar.yield_audio_data(pcm[round(dry_s * given) :], end=True)
        lab.run(0.3)
        sound = lab.device.sound
        around = sound[round((dry_s - 0.02) * device) : round((dry_s + 0.04) * device)]
        return float(np.abs(np.diff(around)).max())

    assert roughest(rate) < 1.3 * roughest(device)


@pytest.mark.parametrize("rate", hostmode.PCM_RATES)
@pytest.mark.parametrize("device", [44100, 48000, 96000])
def test_e30_the_position_that_is_reported_is_the_position_that_is_heard(rate, device):
    lab = Lab(rate, device)
    pulse = np.zeros(rate, np.int16)
    pulse[round(0.5 * rate)] = 20000
    lab.avatar.yield_audio_data(pulse, end=True)
    lab.run(1.2)
    sound = lab.device.sound
    top = int(np.argmax(sound))
    # The top of the pulse lies between frames: that of a parabola through the three highest.
    before, middle, after = sound[top - 1 : top + 2].astype(float)
    at = (top + 0.5 * (before - after) / (before - 2 * middle + after)) / device
    started = Lab(rate, device)
    started.avatar.yield_audio_data(pulse, end=True)
    while started.time < at:
        started.time = min(started.time + 0.005, at)
        started.avatar.advance()
    assert started.avatar.get_audio_time() == pytest.approx(round(0.5 * rate) / rate, abs=0.0001)


@pytest.mark.parametrize(("rate", "device"), PAIRS)
def test_e13_an_interrupt_is_a_fade_of_5_ms_and_silence_whatever_the_rates(rate, device):
    player = Player(rate, PlayerConfig(**QUICK), device_rate=device)
    player.push_audio(np.full(rate, 10000, np.int16), now=0.0)
    out = np.empty(device // 2, np.float32)
    player.render_audio(out, dac_time=0.0)
    assert out[-1] == pytest.approx(10000 / 32768, abs=1e-4)
    player.interrupt(now=0.5)
    after = np.empty(device // 10, np.float32)
    player.render_audio(after, dac_time=0.5)
    fade = math.ceil(0.005 * device)
    assert np.all(np.diff(after[:fade]) < 0)
    assert not after[fade - 1 :].any()


@pytest.mark.parametrize("device", [None, 48000, 44100])
def test_e31_a_bound_refuses_the_same_and_keeps_the_same_whatever_the_rates(device):
    now = [0.0]
    config = PlayerConfig(queue=True, max_audio=10.0)
    with Controller(16000, config=config, output=SilentDevice(device), clock=lambda: now[0]) as avatar:
        for seconds in (1.0, 8.0):
            avatar.yield_audio_data(tone(seconds), end=True)
        with pytest.raises(hostmode.BufferFullError, match="nothing of this call was kept"):
            avatar.yield_audio_data(tone(5.0), end=True)
        assert avatar.stats()["conversations"] == 2
        avatar.yield_audio_data(tone(1.0), end=True)


@pytest.mark.parametrize("device", [None, 48000, 44100])
def test_e5_what_follows_the_watchdogs_end_has_an_id_of_its_own(device):
    now = [0.0]
    config = PlayerConfig(motion_wait=0.0, prebuffer=0.0, max_prebuffer=0.0, end_timeout=0.5)
    with Controller(16000, config=config, output=SilentDevice(device), clock=lambda: now[0]) as avatar:
        first = avatar.yield_audio_data(tone(0.5))
        while now[0] < 2.06:
            now[0] += 0.005
            avatar.advance()
        second = avatar.yield_audio_data(tone(0.5))
        assert second != first
        assert avatar.get_current_conversation_id() == second
        assert avatar.stats()["conversations"] == 2


@pytest.mark.parametrize("device", [None, 48000])
def test_a_buffer_may_be_resized_after_it_was_refused(device):
    config = PlayerConfig(max_audio=1.0)
    with Controller(16000, config=config, output=SilentDevice(device), clock=lambda: 0.0) as avatar:
        buffer = bytearray(64000)
        try:
            avatar.yield_audio_data(buffer)
        except hostmode.BufferFullError:
            del buffer[:320]
        assert len(buffer) == 64000 - 320
        assert avatar.yield_audio_data(np.zeros((0, 1), np.int16)) is None
        avatar.yield_audio_data(np.zeros((160, 1), np.int16))
        with pytest.raises(TypeError, match="strided"):
            avatar.yield_audio_data(np.zeros(320, np.int16)[::2])
        with pytest.raises(TypeError, match="floating-point"):
            avatar.yield_audio_data(np.zeros(320, np.float32))


def test_a_player_keeps_its_id_counters_and_volume_when_the_rate_changes():
    player = Player(16000, PlayerConfig(**QUICK), device_rate=48000)
    player.volume = 0.5
    first = player.push_audio(tone(1.0), now=0.0)
    out = np.empty(24000, np.float32)
    player.render_audio(out, dac_time=0.0)
    player.set_sample_rate(24000, now=0.5)
    assert (player.sample_rate, player.device_rate, player.conversation_id) == (24000, 48000, None)
    second = player.push_audio(tone(1.0, 24000), end=True, now=0.5)
    assert second != first
    heard = []
    for block in range(60):
        player.render_audio(out[:960], dac_time=0.5 + block * 0.02)
        heard.append(out[:960].copy())
        player.advance(0.52 + block * 0.02)
    assert [event.reason for event in player.poll_events() if event.kind == "conversation_end"] == [
        "interrupted",
        "playback_end",
    ]
    sound = np.concatenate(heard)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * 48000 / len(sound) == pytest.approx(440, abs=2)
    assert player.stats().heard == pytest.approx(1.0, abs=0.001)
    with pytest.raises(ValueError, match="sample_rate"):
        player.set_sample_rate(12345, now=2.0)
    with pytest.raises(ValueError, match="device_rate"):
        Player(16000, device_rate=12345)


def test_the_phases_of_a_tone_are_equal_before_and_after_each_chunk():
    rate, device = 22050, 48000
    lab = Lab(rate, device)
    pcm = sine(1.0, rate)
    cuts = [0, *np.sort(np.random.default_rng(3).integers(1, len(pcm), 200)), len(pcm)]
    for start, end in pairwise(cuts):
        lab.avatar.yield_audio_data(pcm[start:end], end=end == len(pcm))
    lab.run(1.2)
    sounding = np.flatnonzero(np.abs(lab.device.sound) > 1e-3)
    inner = lab.device.sound[sounding[0] + 500 : sounding[-1] - 500]
    expected = 12000 / 32768 * np.sin(2 * np.pi * TONE_HZ * (np.arange(len(inner)) + sounding[0] + 500) / device)
    shift = np.fft.rfft(inner)[round(TONE_HZ * len(inner) / device)]
    truth = np.fft.rfft(expected)[round(TONE_HZ * len(inner) / device)]
    assert abs(np.angle(shift / truth)) / (2 * np.pi * TONE_HZ) < 0.0001
