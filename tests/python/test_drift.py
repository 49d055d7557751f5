"""Long live streams whose sender's clock is not the device's: the delay stays, and the face stays with the sound."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from player_rig import EXPRESSION, motion

import hostmode

RATE = 8000
BLOCK = RATE // 100
AHEAD = 0.03
"""Seconds from the callback to the ear, three blocks."""

CHUNK = 0.04
PERIOD = 20000
RISE = 0.001
"""Of the level, a keyframe."""


def play(faster: float, seconds: float, live: bool = True) -> tuple[hostmode.Stats, list[float], list[float]]:
    """Play a stream from a sender so much faster.

    Its samples are a ramp that begins anew every PERIOD, its motion a level that rises. Returns the statistics, the
    delay once a second, and by how many seconds the face differs from the sound, as the samples and the pose show.
    """
    config = hostmode.PlayerConfig(layers=False, motion_wait=0.0)
    player = hostmode.Player(RATE, config)
    ramp = np.arange(round(RATE * (seconds + 10))) % PERIOD
    sent = 0
    conversation = None
    delays, offsets = [], []
    blocks: deque[tuple[float, bool]] = deque()
    block = np.empty(BLOCK, np.float32)
    pose = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
    periods, before = 0, 0.0
    for i in range(round(seconds * 100)):
        now = i / 100
        while sent * CHUNK / (1 + faster) <= now:
            samples = ramp[round(sent * CHUNK * RATE) : round((sent + 1) * CHUNK * RATE)]
            opened = player.push_audio(samples.astype(np.int16), now=sent * CHUNK / (1 + faster))
            sent += 1
            if conversation is None:
                conversation = opened
                player.push_motion([motion(round(25 * (seconds + 10)), rise=RISE, end=True)], conversation, now=now)
        if live:
            player.render_audio(block, now + AHEAD, entry_time=now, current_time=now)
        else:
            player.render_audio(block, now + AHEAD)
        first, last = float(block[0]) * 32768, float(block[-1]) * 32768
        periods += first < PERIOD / 2 < before
        before = first
        blocks.append((periods * PERIOD + first, 2500 < first < last < PERIOD - 2500))
        if len(blocks) <= round(AHEAD * 100):
            continue
        position, clear = blocks.popleft()
        if i % 10 == 0 and clear and now > 5.0:
            level = player.sample(now, pose)[EXPRESSION]
            offsets.append(level / RISE / 25 - position / RATE)
        if i % 100 == 0:
            delays.append(now * (1 + faster) - player.audio_time(now=now))
    return player.stats(), delays, offsets


@pytest.mark.parametrize("faster", [0.001, -0.0005])
def test_drift_of_a_sender_keeps_the_delay_and_the_face_with_the_sound(faster: float) -> None:
    stats, delays, offsets = play(faster, 500.0)

    assert stats.drift_ppm == pytest.approx(1e6 * faster, rel=0.15)
    assert stats.underruns == 0
    assert abs(delays[-1] - delays[20]) < 0.08  # half a second, or a quarter, without
    assert abs(delays[-1] - delays[-60]) < 0.003
    assert len(offsets) > 2000
    assert np.abs(offsets).max() < 0.001


def test_drift_is_not_followed_where_nobody_says_when_blocks_are_asked_for() -> None:
    stats, delays, _ = play(0.001, 200.0, live=False)

    assert stats.drift_ppm == 0.0
    assert delays[-1] - delays[20] == pytest.approx(0.001 * 178, abs=0.015)


def test_drift_of_sound_that_is_all_there_is_none() -> None:
    player = hostmode.Player(RATE, hostmode.PlayerConfig(prebuffer=0.0, motion_wait=0.0))
    pcm = np.random.default_rng(1).integers(1, 20000, 200 * RATE).astype(np.int16)
    player.push_audio(pcm, end=True, now=0.0)
    heard = np.empty(100 * RATE, np.int16)
    for i in range(heard.size // BLOCK):
        player.render_audio(heard[i * BLOCK : (i + 1) * BLOCK], i / 100 + AHEAD, entry_time=i / 100)

    np.testing.assert_array_equal(heard[BLOCK:], pcm[BLOCK : heard.size])
    assert player.stats().drift_ppm == 0.0
