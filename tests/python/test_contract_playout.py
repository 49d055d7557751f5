"""Playing out in the Host Mode contract, E21 to E25: shortages and the end, on virtual time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from player_rig import RAMP, Rig, motion, tone


def test_e21_motion_that_runs_out_eases_towards_idle_and_audio_goes_on() -> None:
    rig = Rig()
    pcm = tone(3.0)
    conversation = rig.speak(pcm, end=True)
    rig.move([motion(20, level=1.0)], conversation)
    rig.run(0.7)
    assert rig.level() == pytest.approx(1.0)

    assert rig.largest_step(1.2) < 0.1
    assert rig.level() == pytest.approx(0.0, abs=1e-3)

    heard = rig.sound
    np.testing.assert_array_equal(heard[RAMP:], pcm[RAMP : heard.size])
    assert rig.of_kind("playback_stall") == []


def test_e21_motion_that_comes_back_rejoins_without_a_jump() -> None:
    rig = Rig()
    conversation = rig.speak(tone(4.0), end=True)
    rig.move([motion(20, level=1.0)], conversation)
    rig.run(1.2)
    eased = rig.level()
    assert 0.1 < eased < 0.9

    rig.move([motion(80, level=1.0, end=True)], conversation)

    assert rig.level() == pytest.approx(eased, abs=0.01)
    assert rig.largest_step(1.0) < 0.1
    assert rig.level() == pytest.approx(1.0)


def test_e21_strict_sync_holds_the_audio_and_reports_the_stall() -> None:
    rig = Rig(frame_starvation_mode="strict_sync")
    pcm = tone(2.0)
    conversation = rig.speak(pcm, end=True)
    rig.move([motion(11)], conversation)
    rig.run(1.0)

    assert [event.value for event in rig.of_kind("playback_stall")] == [1.0]
    held = rig.audio_time()
    assert held == pytest.approx(0.4, abs=0.041)
    assert not rig.run(0.5).any()
    assert rig.audio_time() == held

    rig.move([motion(39, end=True)], conversation)
    resumed_at = rig.sound.size
    rig.run(2.0)

    assert [event.value for event in rig.of_kind("playback_stall")] == [1.0, 0.0]
    assert rig.ends() == [(conversation, "playback_end")]
    at = round(held * 16000)
    np.testing.assert_array_equal(rig.sound[resumed_at + RAMP : resumed_at + pcm.size - at], pcm[at + RAMP :])
    assert rig.player.stats().stalls == 1


def test_e21_strict_sync_without_any_motion_holds_the_audio_from_the_start() -> None:
    rig = Rig(frame_starvation_mode="strict_sync")
    pcm = tone(0.5)
    conversation = rig.speak(pcm, end=True)

    assert not rig.run(1.0).any()
    rig.move([motion(14, end=True)], conversation)

    np.testing.assert_array_equal(rig.run(0.5)[RAMP:], pcm[RAMP:])


def test_e21_strict_sync_audio_only_never_stalls() -> None:
    rig = Rig(frame_starvation_mode="strict_sync")
    conversation = rig.speak(tone(0.5), end=True)
    rig.move([], conversation)
    rig.run(0.6)

    assert rig.of_kind("playback_stall") == []
    assert rig.ends() == [(conversation, "playback_end")]


def test_e22_motion_longer_than_audio_plays_out_before_idle() -> None:
    rig = Rig(speech_transition=0.0)
    conversation = rig.speak(tone(0.4), end=True)
    rig.move([motion(26, rise=0.02, end=True)], conversation)
    rig.run(0.8)

    assert rig.level() == pytest.approx(0.4, abs=1e-4)
    assert rig.audio_time() == pytest.approx(0.8)
    assert rig.player.state == "playing"
    rig.run(0.15)
    assert rig.ends() == []
    rig.run(0.15)

    (end,) = rig.of_kind("conversation_end")
    assert end.time == pytest.approx(1001.0, abs=0.041)


def test_e22_without_end_silence_is_not_media_time() -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.4))
    rig.move([motion(26, rise=0.02, end=True)], conversation)
    rig.run(0.8)

    assert rig.audio_time() == pytest.approx(0.4)


def test_e23_without_motion_audio_plays_and_the_animation_stays_idle() -> None:
    rig = Rig()
    pcm = tone(1.0)
    rig.speak(pcm, end=True)
    poses = [rig.pose()]
    for _ in range(9):
        rig.run(0.1)
        poses.append(rig.pose())

    assert rig.states() == ["active", "playing"]
    assert rig.of_kind("animation_state") == []
    assert all(not np.array_equal(before, after) for before, after in pairwise(poses))
    np.testing.assert_array_equal(rig.sound[RAMP:], pcm[RAMP:14400])


def test_e24_underrun_stops_clock_and_lips_and_resumes_with_a_fade() -> None:
    rig = Rig(speech_transition=0.0)
    pcm = tone(1.0)
    conversation = rig.speak(pcm[:6400])
    rig.move([motion(50, rise=0.02, end=True)], conversation)
    rig.run(0.6)
    level = rig.level()

    assert rig.audio_time() == pytest.approx(0.4)
    assert level == pytest.approx(0.2, abs=1e-4)
    assert rig.player.state == "playing"
    assert len(rig.of_kind("underrun")) == 1
    assert not rig.run(0.1).any()
    assert rig.level() == pytest.approx(level)

    rig.speak(pcm[6400:], end=True)
    heard = rig.run(0.3)

    assert np.all(heard[: RAMP - 1] < pcm[6400 : 6400 + RAMP - 1])
    np.testing.assert_array_equal(heard[RAMP:], pcm[6400 + RAMP : 6400 + heard.size])
    assert rig.audio_time() == pytest.approx(0.7)
    assert rig.player.stats().underruns == 1


@pytest.mark.parametrize("silence", [0.1, 0.34])
def test_e24_end_of_an_underrun_tells_the_seconds_of_silence(silence: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.4))
    rig.run(0.4 + silence)
    assert rig.of_kind("underrun_end") == []

    rig.speak(tone(0.2), end=True)
    rig.run(0.3)

    (begun,), (ended,) = rig.of_kind("underrun"), rig.of_kind("underrun_end")
    assert begun.conversation_id == ended.conversation_id == conversation
    assert ended.value == pytest.approx(silence, abs=1e-6)
    assert ended.time - begun.time == pytest.approx(silence, abs=1e-6)


def test_e24_every_underrun_ends_once_whatever_ends_it() -> None:
    rig = Rig(end_timeout=1.0)
    rig.speak(tone(0.2))
    rig.run(0.3)
    rig.pause()
    rig.run(0.2)
    rig.resume()
    rig.run(0.1)
    rig.speak(tone(0.2))  # and now nothing more
    rig.run(3.0)
    rig.speak(tone(0.2))
    rig.run(0.4)
    rig.interrupt()

    assert [event.value for event in rig.of_kind("underrun_end")] == pytest.approx([0.4, 1.0, 0.2], abs=0.011)
    assert len(rig.of_kind("underrun")) == 3


def rig_that_ran_dry(**config: float) -> tuple[Rig, str]:
    """Return a rig that has played 0.4 s with its motion, and then 0.2 s of silence."""
    rig = Rig(motion_wait=0.3, **config)
    conversation = rig.speak(tone(0.4))
    assert conversation is not None
    rig.move([motion(10)], conversation)
    rig.run(0.6)
    assert len(rig.of_kind("underrun")) == 1
    return rig, conversation


def test_e24_sound_waits_for_its_motion_after_an_underrun() -> None:
    rig, conversation = rig_that_ran_dry(max_prebuffer=0.2)
    rig.speak(tone(0.5))
    assert not rig.run(0.1).any()

    rig.move([motion(13)], conversation)

    assert rig.run(0.02).any()
    assert rig.audio_time() == pytest.approx(0.42, abs=0.011)


def test_e24_sound_waits_no_longer_for_its_motion_after_an_underrun_than_at_the_start() -> None:
    rig, _ = rig_that_ran_dry(max_prebuffer=0.2)
    rig.speak(tone(1.0))
    heard = rig.run(0.5)

    assert np.flatnonzero(heard)[0] / 16000 == pytest.approx(0.3, abs=0.011)


def test_e24_sound_whose_motion_is_all_there_waits_for_no_more_of_it_after_an_underrun() -> None:
    rig, conversation = rig_that_ran_dry(max_prebuffer=0.2)
    rig.move([motion(1, end=True)], conversation)
    rig.speak(tone(0.5))

    assert rig.run(0.02).any()


@pytest.mark.parametrize("late", [1, 2, 4])
def test_e24_sound_that_runs_dry_again_within_a_fade_does_not_click(late: int) -> None:
    rig = Rig(block=16)
    level = 8000
    rig.speak(np.full(1600, level, np.int16))
    rig.run(0.1)
    rig.run(late * 0.001)
    rig.speak(np.full(24, level, np.int16), end=True)
    rig.run(0.1)

    steps = np.abs(np.diff(rig.sound.astype(int)))
    assert steps.max() <= 2 * level / RAMP + 1
    assert not rig.sound[-16:].any()


def test_e25_natural_end_is_one_idle_event_when_the_transition_starts() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)
    rig.move([motion(26, level=1.0, end=True)], conversation)
    rig.run(3.0)

    (idle,) = [event for event in rig.of_kind("conversation_state") if event.state == "idle"]
    assert (idle.reason, idle.conversation_id) == ("playback_end", conversation)
    assert idle.time == pytest.approx(1001.0, abs=0.041)
    assert rig.states() == ["active", "playing", "idle"]
    assert [event.state for event in rig.of_kind("animation_state")] == ["mono", "idle"]
    assert rig.ends() == [(conversation, "playback_end")]


def test_e25_pose_returns_to_idle_over_the_transition() -> None:
    rig = Rig()
    conversation = rig.speak(tone(1.0), end=True)
    rig.move([motion(26, level=1.0, end=True)], conversation)
    rig.run(1.0)

    assert rig.largest_step(1.0) < 0.1
    assert rig.level() == pytest.approx(0.0, abs=1e-6)
