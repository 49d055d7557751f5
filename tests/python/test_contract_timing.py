"""The timing of the Host Mode contract: start, transitions, keyframes and idle motion, on virtual time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from player_rig import EXPRESSION, RAMP, START, Rig, keyframes, motion, tone

import hostmode


def test_start_waits_for_the_first_motion_at_most_motion_wait() -> None:
    rig = Rig(motion_wait=0.3)
    rig.speak(tone(1.0), end=True)

    assert not rig.run(0.29).any()
    rig.run(0.1)

    (started,) = rig.of_kind("playback_started")
    assert started.value == pytest.approx(0.3, abs=0.011)


def test_start_comes_as_soon_as_motion_is_there() -> None:
    rig = Rig(motion_wait=0.3)
    conversation = rig.speak(tone(1.0), end=True)
    rig.run(0.1)
    rig.move([motion(25)], conversation)

    assert rig.run(0.1)[RAMP:].any()
    (started,) = rig.of_kind("playback_started")
    assert started.value == pytest.approx(0.1, abs=0.011)


def test_start_comes_though_less_than_the_prebuffer_ever_comes() -> None:
    rig = Rig(motion_wait=0.1, prebuffer=0.4, max_prebuffer=0.5)
    rig.speak(tone(0.1))

    assert not rig.run(0.3).any()
    assert rig.run(0.6).any()


@pytest.mark.parametrize("motion_wait", [0.3, 2.5])
def test_start_again_comes_a_second_after_an_underrun_however_much_is_wanted(motion_wait: float) -> None:
    rig = Rig(motion_wait=motion_wait, prebuffer=1.5, max_prebuffer=3.0)
    conversation = rig.speak(tone(2.0))
    rig.move([motion(50)], conversation)
    rig.run(2.6)
    rig.speak(tone(0.1))

    heard = np.flatnonzero(rig.run(2.0))

    assert heard[0] / 16000 == pytest.approx(0.4, abs=0.011)


def test_silent_clock_plays_unheard_in_place_of_a_device() -> None:
    player = hostmode.Player(16000, hostmode.PlayerConfig(prebuffer=0, motion_wait=0))
    player.start_silent_clock(now=0.0)
    conversation = player.push_audio(tone(1.0), True, now=0.0)
    player.advance(0.5)
    assert player.audio_time(now=0.5) == pytest.approx(0.5, abs=0.011)

    player.advance(1.1)

    ends = [event for event in player.poll_events() if event.kind == "conversation_end"]
    assert [(end.conversation_id, end.reason) for end in ends] == [(conversation, "playback_end")]


def stream(rig: Rig, gap: float, chunk: float, count: int) -> np.ndarray:
    """Speak an utterance in chunks, each `gap` seconds after the one before; return all that is heard."""
    heard = []
    for index in range(count):
        rig.speak(tone(chunk, seed=index), end=index == count - 1)
        heard.append(rig.run(gap))
    return np.concatenate([*heard, rig.run(count * chunk + 2.0)])


def pieces(sound: np.ndarray) -> list[tuple[float, bool]]:
    """Return the runs of sound and of silence of 20 ms and more: their seconds, and whether they sound."""
    block = 16000 // 50
    sounds = np.abs(sound[: len(sound) // block * block].astype(float)).reshape(-1, block).max(axis=1) > 0
    edges = [0, *(np.flatnonzero(np.diff(sounds)) + 1), len(sounds)]
    return [((b - a) * 0.02, bool(sounds[a])) for a, b in itertools.pairwise(edges)]


def adaptive(**config: float) -> Rig:
    return Rig(**{"prebuffer": 0.04, "max_prebuffer": 2.0, "motion_wait": 0.0} | config)


def test_start_prebuffer_adapts_to_how_audio_arrives() -> None:
    steady, held = adaptive(), adaptive()
    for _ in range(12):
        stream(steady, gap=0.02, chunk=0.1, count=20)
        stream(held, gap=0.4, chunk=0.5, count=6)

    assert steady.player.stats().prebuffer < 0.15
    assert held.player.stats().prebuffer > 0.3


def test_start_risk_that_is_smaller_waits_for_more() -> None:
    waits = []
    for risk in (0.2, 0.06, 0.02):
        rig = adaptive(stall_risk=risk)
        for _ in range(5):
            stream(rig, gap=0.25, chunk=0.3, count=8)
        waits.append(rig.player.stats().prebuffer)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


@pytest.mark.parametrize("least", [0.04, 0.3, 0.7])
def test_start_is_never_below_the_prebuffer(least: float) -> None:
    rig = adaptive(prebuffer=least, stall_risk=0.5)
    for _ in range(8):
        stream(rig, gap=0.01, chunk=0.1, count=20)
    rig.speak(tone(least - 0.02))
    assert not rig.run(0.3).any()
    rig.speak(tone(0.04, seed=2))
    assert rig.run(0.1)[RAMP:].any()


def test_start_after_an_underrun_waits_for_a_second_at_most() -> None:
    rig = adaptive(stall_risk=0.001)
    rig.speak(tone(2.5))
    rig.run(3.0)
    rig.speak(tone(0.2, seed=2))
    rest = rig.run(1.2)
    assert not rest[: int(0.4 * 16000)].any()
    assert rest.any()


@pytest.mark.parametrize("chunk", [0.1, 0.5])
def test_start_policy_plays_slow_speech_in_few_long_pieces(chunk: float) -> None:
    rig = adaptive()
    sounding = [seconds for seconds, sounds in pieces(stream(rig, 1.5 * chunk, chunk, round(20 / chunk))) if sounds]
    assert len(sounding) <= 10
    assert np.median(sounding) > 1.5


def test_start_after_a_second_without_news_plays_what_is_there() -> None:
    rig = adaptive(stall_risk=0.001)
    rig.speak(tone(0.3))
    assert not rig.run(0.9).any()
    assert rig.run(0.2).any()


def test_clock_pose_is_that_of_the_sound_that_is_heard_now() -> None:
    ahead = 0.2  # what the device has taken and not played
    player = hostmode.Player(
        16000, hostmode.PlayerConfig(prebuffer=0, motion_wait=0, speech_transition=0, layers=False)
    )
    conversation = player.push_audio(tone(1.0), True, now=START - ahead)
    player.push_motion([motion(26, rise=0.02, end=True)], conversation, now=START - ahead)
    block = np.empty(160, np.int16)
    for i in range(60):
        player.render_audio(block, START + i * 0.01)
    heard = START + 60 * 0.01 - ahead

    pose = player.sample(heard, np.empty(hostmode.KEYFRAME_FLOATS, np.float32))

    assert player.audio_time(now=heard) == pytest.approx(0.4)
    assert pose[EXPRESSION] == pytest.approx(0.4 * 25 * 0.02, abs=1e-5)


def test_keyframe_time_of_keyframe_i_is_i_25ths_of_a_second() -> None:
    rig = Rig(block=40, speech_transition=0.0)
    conversation = rig.speak(tone(1.0), end=True)
    spike = keyframes(26)
    spike[12, EXPRESSION] = 1.0
    rig.move([hostmode.encode_message(spike, end=True)], conversation)

    levels = {}
    while rig.audio_time() < 0.9:
        levels[round(rig.audio_time(), 4)] = rig.level()
        rig.run(0.0025)

    assert max(levels, key=lambda time: levels[time]) == pytest.approx(12 / 25)
    assert levels[0.48] == pytest.approx(1.0)
    assert [levels[time] for time in (0.4, 0.44, 0.52, 0.56)] == pytest.approx([0.0] * 4, abs=1e-6)


def test_transition_defaults_are_8_and_20_keyframe_intervals() -> None:
    config = hostmode.PlayerConfig()

    assert config.speech_transition == pytest.approx(8 / 25)
    assert config.idle_transition == pytest.approx(20 / 25)


def test_transition_to_speech_takes_its_time_and_sound_does_not_wait() -> None:
    rig = Rig()
    pcm = tone(1.0)
    conversation = rig.speak(pcm, end=True)
    rig.move([motion(26, level=1.0, end=True)], conversation)

    heard = rig.run(0.16)
    halfway = rig.level()
    rig.run(0.14)
    almost = rig.level()
    rig.run(0.03)

    np.testing.assert_array_equal(heard[RAMP:], pcm[RAMP : heard.size])
    assert halfway == pytest.approx(0.5, abs=0.01)
    assert 0.98 < almost < 0.995
    assert rig.level() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("offset", [-0.1, 0.0, 0.1])
def test_transition_begins_with_the_idle_pose_of_its_instant(offset: float) -> None:
    speaking, idle = Rig(seed=5, av_offset=offset), Rig(seed=5, av_offset=offset)
    for _ in range(6):
        speaking.run(1.5)
        begins = speaking.now + offset
        conversation = speaking.speak(tone(0.3), end=True)
        speaking.move([motion(8, level=1.0, end=True)], conversation)
        speaking.run(0.25)
        idle.run(1.75)

        seen, expected = (rig.player.sample(begins, np.empty(120, np.float32)) for rig in (speaking, idle))

        np.testing.assert_allclose(seen, expected, atol=2e-5)
        speaking.run(1.5)
        idle.run(1.5)


def test_transition_to_idle_takes_its_time() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)
    rig.move([motion(26, level=1.0, end=True)], conversation)

    rig.run(1.4)
    halfway = rig.level()
    rig.run(0.36)
    almost = rig.level()
    rig.run(0.1)

    assert halfway == pytest.approx(0.5, abs=0.06)
    assert 0.001 < almost < 0.05
    assert rig.level() == pytest.approx(0.0, abs=1e-6)


def test_transition_looks_the_same_to_viewers_who_come_at_different_times() -> None:
    frequent, rare = Rig(block=160), Rig(block=1600)
    for rig in (frequent, rare):
        rig.run(0.5)
        conversation = rig.speak(tone(1.0), end=True)
        rig.move([motion(26, level=1.0, end=True)], conversation)
    for _ in range(20):
        frequent.run(0.01)
        frequent.pose()
    rare.run(0.2)

    assert 0.1 < frequent.level() < 0.9
    np.testing.assert_allclose(frequent.pose(), rare.pose(), atol=1e-6)


def test_idle_breathes_blinks_and_looks_around() -> None:
    rig = Rig(block=640, seed=5)
    poses = []
    for _ in range(500):
        rig.run(0.04)
        poses.append(rig.pose())
    seen = np.array(poses).view(hostmode.KEYFRAME_DTYPE)[:, 0]

    assert np.ptp(seen["neck_pose"], axis=0).max() > 0.01
    assert np.ptp(seen["eye_pose"], axis=0).max() > 0.03
    assert seen["eye_lid"].max() > 0.7
    assert (seen["eye_lid"].max(axis=1) > 0.1).mean() < 0.2


@pytest.mark.parametrize("layers", [True, False])
def test_layers_blink_over_speech_whose_eyelids_stand_still(layers: bool) -> None:
    rig = Rig(block=640, layers=layers, seed=5)
    conversation = rig.speak(tone(20.0), end=True)
    rig.move([motion(501, end=True)], conversation)
    rig.run(1.0)

    poses = []
    for _ in range(400):
        rig.run(0.04)
        poses.append(rig.pose())
    seen = np.array(poses).view(hostmode.KEYFRAME_DTYPE)[:, 0]

    assert bool(seen["eye_lid"].max() > 0.7) is layers
    assert bool(np.ptp(seen["eye_pose"], axis=0).max() > 0.03) is layers


def test_layers_leave_eyelids_alone_that_move_by_themselves() -> None:
    rig = Rig(block=640, layers=True, speech_transition=0.0)
    conversation = rig.speak(tone(10.0), end=True)
    values = keyframes(251)
    lids = 0.1 + 0.05 * np.sin(np.arange(251)).astype(np.float32)
    values.view(hostmode.KEYFRAME_DTYPE)["eye_lid"][:, 0, :] = lids[:, None]
    rig.move([hostmode.encode_message(values, end=True)], conversation)

    seen = []
    for _ in range(240):
        rig.run(0.04)
        seen.append(rig.pose().view(hostmode.KEYFRAME_DTYPE)["eye_lid"][0, 0])

    np.testing.assert_allclose(seen, lids[1:241], atol=1e-6)


@pytest.mark.parametrize("gap", [0.01, 0.1, 0.4])
def test_transition_that_begins_during_another_takes_its_place(gap: float) -> None:
    rig = Rig()
    first = rig.speak(tone(1.0), end=True)
    rig.move([motion(26, level=1.0, end=True)], first)
    rig.run(0.6)
    rig.interrupt()
    rig.run(gap)
    second = rig.speak(tone(1.0, seed=2), end=True)
    rig.move([motion(26, level=1.0, end=True)], second)

    levels = [rig.level()]
    for _ in range(33):
        rig.run(0.01)
        levels.append(rig.level())

    assert max(levels) <= 1.0 + 1e-5
    assert np.abs(np.diff(levels)).max() < 0.1
    assert levels[-1] == pytest.approx(1.0, abs=1e-5)
