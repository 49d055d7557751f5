"""What is rendered is what was pushed: samples and keyframes, away from ramps and transitions."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from player_rig import START, Rig, motion, tone

import hostmode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("block", [64, 441, 4096])
@pytest.mark.parametrize("sample_rate", hostmode.PCM_RATES)
def test_sound_at_every_rate_equals_the_pcm_but_for_the_first_5_ms(sample_rate: int, block: int) -> None:
    rig = Rig(sample_rate, block=block)
    pcm = tone(0.5, sample_rate)
    rig.speak(pcm, end=True)

    heard = rig.run(1.0)

    ramp = round(0.005 * sample_rate)
    np.testing.assert_array_equal(heard[ramp : pcm.size], pcm[ramp:])
    assert np.all(np.abs(heard[:ramp]) <= pcm[:ramp])
    assert not heard[pcm.size + ramp :].any()


@pytest.mark.parametrize("block", [1, 2, 7, 160, 1023, 4096])
def test_sound_at_every_block_size_is_the_same(block: int) -> None:
    pcm = tone(0.3)
    rig, usual = Rig(block=block), Rig(block=256)
    for each in (rig, usual):
        each.speak(pcm, end=True)

    np.testing.assert_array_equal(rig.run(0.4)[:6400], usual.run(0.4)[:6400])


def test_float_sound_is_the_pcm_divided_by_32768() -> None:
    player = hostmode.Player(16000, hostmode.PlayerConfig(prebuffer=0, motion_wait=0))
    pcm = tone(0.1)
    player.push_audio(pcm, True, now=START)
    out = np.empty(pcm.size, np.float32)
    player.render_audio(out, START)

    np.testing.assert_array_equal(out[80:], pcm[80:] / np.float32(32768))


@pytest.mark.parametrize("chunk", [1, 3, 319, 640, 5001])
def test_sound_pushed_in_chunks_of_any_size_is_whole(chunk: int) -> None:
    rig = Rig()
    pcm = tone(0.2)
    data = pcm.tobytes()
    for at in range(0, len(data), chunk):
        rig.speak(data[at : at + chunk])
    rig.speak(b"", end=True)

    np.testing.assert_array_equal(rig.run(0.2)[80:], pcm[80:])


def test_volume_scales_the_sound() -> None:
    rig = Rig()
    pcm = tone(0.5)
    rig.player.volume = 0.5
    rig.speak(pcm, end=True)

    heard = rig.run(0.4)[4000:]

    np.testing.assert_allclose(heard, pcm[4000 : 4000 + heard.size] / 2, atol=0.5)


def test_volume_moves_without_a_jump() -> None:
    rig = Rig()
    rig.speak(np.full(16000, 20000, np.int16), end=True)
    rig.run(0.2)
    rig.player.volume = 0.25
    heard = rig.run(0.1).astype(int)

    assert np.abs(np.diff(heard, prepend=20000)).max() <= 20000 / 80 + 1
    assert heard[-1] == 5000


def test_pose_at_a_keyframe_instant_is_the_keyframe() -> None:
    rig = Rig(block=640, speech_transition=0.0)
    conversation = rig.speak(tone(2.0), end=True)
    rig.move([motion(50, level=0.1, rise=0.01, end=True)], conversation)

    levels = []
    for _ in range(50):
        levels.append(rig.level())
        rig.run(0.04)

    np.testing.assert_allclose(levels[1:], 0.1 + 0.01 * np.arange(1, 50), atol=1e-6)


def test_sample_into_gives_what_sample_will_give() -> None:
    rig, ahead = Rig(block=160, seed=3), Rig(block=160, seed=3)
    for each in (rig, ahead):
        conversation = each.speak(tone(2.0), end=True)
        each.move([motion(50, level=0.1, rise=0.01, end=True)], conversation)
        each.run(0.5)
    out = np.empty((1, hostmode.KEYFRAME_FLOATS), np.float32)
    ahead.player.sample_into(np.array([ahead.now]), out)

    np.testing.assert_array_equal(out[0], rig.pose())


def test_recording_with_layers_off_shows_its_keyframes(recordings: Path) -> None:
    recording = json.loads((recordings / "speech-16k.json").read_text())
    messages = [base64.b64decode(message) for message in recording["animation_messages_base64"]]
    batches = [hostmode.decode_message(message).keyframes for message in messages]
    wanted = np.concatenate(batches)
    steps = np.linalg.norm(np.diff(wanted, axis=0), axis=1)
    rig = Rig(block=640)
    conversation = rig.speak(base64.b64decode(recording["audio_base64"]), end=True)
    assert rig.move(messages, conversation) is True

    shown = []
    for _ in wanted:
        shown.append(rig.pose())
        rig.run(0.04)

    checked = np.ones(len(wanted), bool)
    checked[:20] = False  # idle to speaking: eight keyframes, and longer for values that move fast meanwhile
    for seam in np.cumsum([len(batch) for batch in batches])[:-1]:
        if steps[seam - 1] > 2 * np.median(steps[max(0, seam - 64) : seam + 64]):
            checked[seam : seam + 2] = False
    assert checked.sum() > 480
    away = np.abs(np.array(shown) - wanted) > 1e-5
    assert away[9:18].sum(axis=1).max() <= 8
    assert away[18:20].sum(axis=1).max() <= 1
    np.testing.assert_allclose(np.array(shown)[checked], wanted[checked], atol=1e-5)
