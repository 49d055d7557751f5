"""The native callback, called as PortAudio calls it, without PortAudio and without a device."""

from __future__ import annotations

import numpy as np
import pytest
from callback_device import BLOCK, RATE, CallbackOutput, Device

import hostmode
from hostmode import Controller, Player, PlayerConfig, _core


@pytest.fixture
def player():
    return Player(RATE, PlayerConfig(motion_wait=0.0))


def ramp(frames: int) -> np.ndarray:
    return (np.arange(frames) % 20000 + 1000).astype(np.int16)


def test_every_channel_carries_the_same_sound(player):
    device = Device(player, channels=2)
    player.push_audio(ramp(RATE), end=True, now=hostmode.now())
    blocks = np.concatenate([device.call() for _ in range(20)])
    assert np.array_equal(blocks[:, 0], blocks[:, 1])
    assert np.ptp(blocks) > 0.1


def test_samples_arrive_in_order_whatever_the_block_size(player):
    device = Device(player)
    player.push_audio(ramp(RATE), end=True, now=hostmode.now())
    sizes = np.random.default_rng(1).integers(1, 1500, 60)
    heard = np.rint(np.concatenate([device.call(int(n)) for n in sizes])[:, 0] * 32768).astype(int)
    start = int(np.flatnonzero(heard == 3000)[0]) - 2000
    assert np.array_equal(heard[start + 240 : start + 19000], ramp(RATE)[240:19000])


def test_the_first_callback_after_interrupt_holds_only_the_fade(player):
    device = Device(player)
    player.push_audio(ramp(5 * RATE), now=hostmode.now())
    for _ in range(20):
        device.call()
    player.interrupt(now=hostmode.now())
    after = np.abs(device.call()[:, 0])
    fade = round(0.005 * RATE)
    assert np.all(np.diff(after[:fade]) <= 0)
    assert not after[fade:].any()
    assert not device.call().any()


@pytest.mark.parametrize("block", [64, 100, 480, 2048])
def test_e13_the_first_callback_after_interrupt_returns_holds_only_the_fade(block):
    output = CallbackOutput()
    with Controller(RATE, config=PlayerConfig(motion_wait=0.0), output=output) as avatar:
        avatar.yield_audio_data(np.full(RATE, 10000, np.int16))
        for _ in range(RATE // 2 // block):
            before = output.device.call(block)[:, 0]
        assert before[-1] == np.float32(10000 / 32768)
        avatar.interrupt()
        after = np.concatenate([output.device.call(block)[:, 0] for _ in range(RATE // 10 // block)])
    fade = round(0.005 * RATE)
    steps = np.diff(after[:fade])
    # Straight down to nothing within 5 ms, whatever the block.
    np.testing.assert_allclose(steps, -before[-1] / fade, rtol=1e-3)
    assert not after[fade - 1 :].any()


def test_e13_the_heard_position_after_interrupt_is_that_of_the_last_sample(player):
    device = Device(player, latency=0.1)
    player.push_audio(ramp(5 * RATE), now=hostmode.now())
    start = hostmode.now()
    blocks = []
    while (now := hostmode.now()) < start + 0.4:
        if device.frames / RATE <= now - start:
            called = now
            blocks.append(device.call())
    # Not later: where this process had to wait since, the device's buffer would have been heard meanwhile.
    player.interrupt(now=called)
    at_interrupt = player.stats().heard
    # What is in the device's buffer is not heard yet.
    assert at_interrupt < len(blocks) * BLOCK / RATE - 0.05
    blocks += [device.call() for _ in range(3)]
    player.advance(hostmode.now() + 1.0)
    sound = np.flatnonzero(np.concatenate(blocks)[:, 0])
    played = (sound[-1] - sound[0] + 1) / RATE
    assert player.stats().heard == pytest.approx(played, abs=0.001)


@pytest.mark.parametrize("rate", [44100, 96000, 16000])
def test_a_device_at_another_rate_hears_the_same_sound(player, rate):
    device = Device(player, rate=rate)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    player.push_audio((tone * 32768).astype(np.int16), end=True, now=hostmode.now())
    heard = np.concatenate([device.call(512) for _ in range(rate // 512 // 2)])[:, 0]
    steady = heard[len(heard) // 4 :]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady))))
    peak = np.argmax(spectrum) * rate / len(steady)
    assert peak == pytest.approx(1000.0, abs=2 * rate / len(steady))
    assert np.abs(steady).max() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_the_audio_time_is_that_of_the_ear_at_the_devices_latency(player, rate):
    device = Device(player, rate=rate, latency=0.1)
    player.push_audio(ramp(2 * RATE), end=True, now=hostmode.now())
    before = hostmode.now()
    device.call(rate // 5)
    after = hostmode.now()
    first_heard = before + 0.1
    assert player.audio_time(now=first_heard - 0.01) == 0.0
    later = after + 0.1 + 0.05
    # A filter between the player and a device at another rate takes its time: half its length.
    delay = 0.0 if rate == RATE else 69 / RATE
    assert player.audio_time(now=later) == pytest.approx(0.05 - delay, abs=after - before + 0.001)


def test_the_device_offset_delays_what_is_heard(player):
    device = Device(player)
    device.stream.device_offset = 0.2
    player.push_audio(ramp(2 * RATE), end=True, now=hostmode.now())
    before = hostmode.now()
    device.call(RATE // 5)
    after = hostmode.now()
    assert player.audio_time(now=before + 0.29) == 0.0
    assert player.audio_time(now=after + 0.35) == pytest.approx(0.05, abs=after - before + 0.005)


def test_counters_tell_holes_flags_and_the_last_sound(player):
    device = Device(player)
    for _ in range(60):
        device.call()
    assert device.stream.stats()["sounding_until"] == 0.0
    assert device.stream.stats()["holes"] == 0
    device.latency += 1.0
    device.call(flags=4)
    player.push_audio(ramp(RATE), end=True, now=hostmode.now())
    before = hostmode.now()
    device.call()
    after = hostmode.now()
    stats = device.stream.stats()
    assert stats["callbacks"] == 62
    assert stats["frames"] == 62 * BLOCK
    assert stats["holes"] == 1
    assert stats["hole_time"] == pytest.approx(1.0, abs=0.02)
    assert stats["underflow_flags"] == 1
    assert stats["sounding_until"] == pytest.approx(after + 1.1 + 0.01, abs=after - before + 0.02)


def test_a_stream_of_nonsense_is_refused(player):
    with pytest.raises(ValueError, match="channels"):
        _core.PortAudioStream(player, 0, RATE)
    with pytest.raises(ValueError, match="rate"):
        _core.PortAudioStream(player, 1, 0)
