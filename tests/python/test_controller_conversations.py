"""The contract's rows on sound and conversations, through the Controller, on a clock that the test moves."""

from __future__ import annotations

import numpy as np
import pytest
from controller_rig import RATE, motion, tone

import hostmode
from hostmode import Controller, PlayerConfig


def test_rule1_chunks_of_an_utterance_return_the_same_id(stage):
    avatar = stage().avatar
    ids = {avatar.yield_audio_data(tone(0.1)) for _ in range(5)}
    assert ids == {avatar.get_current_conversation_id()}


def test_e1_an_empty_end_closes_the_conversation_and_returns_its_id(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.2))
    assert s.avatar.yield_audio_data(b"", end=True) == cid
    s.play(1.0)
    assert s.ends() == ["playback_end"]


def test_e2_an_empty_end_with_nothing_open_does_nothing(stage):
    s = stage()
    assert s.avatar.yield_audio_data(b"", end=True) is None
    s.play(0.5)
    assert s.events == []


def test_e3_a_missing_end_is_ended_by_the_watchdog(stage):
    s = stage(config=PlayerConfig(end_timeout=2.0))
    s.avatar.yield_audio_data(tone(0.3))
    s.play(4.0)
    assert s.ends() == ["watchdog"]
    assert s.avatar.state == "idle"


def test_e4_audio_after_end_cuts_the_conversation_off(stage):
    s = stage()
    first = s.avatar.yield_audio_data(tone(5.0), end=True)
    s.play(0.5)
    second = s.avatar.yield_audio_data(tone(0.2), end=True)
    assert second != first
    assert s.avatar.get_current_conversation_id() == second
    s.play(1.0)
    assert s.ends() == ["replaced", "playback_end"]


def test_e4_audio_after_end_waits_with_a_queue(stage):
    s = stage(config=PlayerConfig(queue=True, motion_wait=0.0))
    s.avatar.yield_audio_data(tone(0.5), end=True)
    s.avatar.yield_audio_data(tone(0.5), end=True)
    s.play(2.0)
    assert s.ends() == ["playback_end", "playback_end"]


def test_e5_the_id_is_constant_until_the_conversation_is_replaced(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    first = s.avatar.yield_audio_data(tone(0.3))
    for end in (False, False, True):
        s.play(0.1)
        assert s.avatar.yield_audio_data(tone(0.3), end=end) == first
        assert s.avatar.get_current_conversation_id() == first
    second = s.avatar.yield_audio_data(tone(0.3))
    assert second != first
    assert s.avatar.get_current_conversation_id() == second
    s.play(0.1)
    conversations = {event.conversation_id for event in s.events if event.kind == "conversation_state"}
    assert conversations == {first, second}


def test_e12_a_repeated_end_changes_nothing(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.3), end=True)
    assert s.avatar.yield_audio_data(b"", end=True) == cid
    s.play(1.0)
    assert s.avatar.yield_audio_data(b"", end=True) is None
    assert s.ends() == ["playback_end"]


def test_e13_interrupt_makes_idle_at_once_and_late_motion_is_discarded(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(5.0))
    s.play(0.5)
    s.avatar.interrupt()
    assert s.avatar.get_current_conversation_id() is None
    assert s.avatar.yield_frames_data([motion(1.0)], cid) is False
    s.play(0.1)
    assert s.states[-1] == ("idle", "user_action")


def test_e13_the_position_reported_after_an_interrupt_is_where_the_sound_stopped(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(5.0))
    s.play(0.5)
    started = s.started_at()
    s.avatar.interrupt()
    s.play(0.1)
    # The silent clock has no buffer; the fade of 5 ms is heard.
    assert s.avatar.stats()["heard"] == pytest.approx(1000.5 - started + 0.005, abs=0.001)


def test_e14_interrupt_while_idle_does_nothing(stage):
    s = stage()
    s.avatar.interrupt()
    s.avatar.clear()
    s.play(0.5)
    assert s.events == []


def test_e15_interrupt_while_paused_ends_the_pause_too(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(1.0))
    s.play(0.3)
    s.avatar.pause()
    s.avatar.interrupt()
    s.avatar.yield_audio_data(tone(1.0))
    s.play(0.3)
    assert s.avatar.state == "playing"


def test_e16_pause_holds_the_audio_time_and_resume_goes_on_from_it(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(2.0), end=True)
    s.play(0.5)
    s.avatar.pause()
    s.play(0.1)
    held = s.avatar.get_audio_time()
    s.play(3.0)
    assert s.avatar.get_audio_time() == held
    s.avatar.resume()
    s.play(0.5)
    assert held + 0.4 < s.avatar.get_audio_time() <= held + 0.5 + 1e-6


def test_e17_pause_and_resume_out_of_turn_do_nothing(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.pause()
    s.avatar.resume()
    s.play(0.1)
    assert s.events == []
    s.avatar.yield_audio_data(tone(1.0))
    s.play(0.2)
    s.avatar.resume()
    s.avatar.pause()
    s.avatar.pause()
    s.play(0.1)
    assert [state for state, _ in s.states] == ["active", "playing", "paused"]


def test_e18_an_end_while_paused_plays_out_after_resume(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(0.5))
    s.play(0.2)
    s.avatar.pause()
    s.avatar.yield_audio_data(b"", end=True)
    s.play(5.0)
    assert s.ends() == []
    s.avatar.resume()
    s.play(1.0)
    assert s.ends() == ["playback_end"]


def test_e19_a_dangling_byte_waits_for_the_next_chunk_and_is_counted_at_the_end(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    pcm = tone(0.5)
    s.avatar.yield_audio_data(pcm[:7001])
    s.avatar.yield_audio_data(pcm[7001:] + b"\x01", end=True)
    s.play(1.0)
    assert s.avatar.stats()["dropped_odd_bytes"] == 1
    assert s.ends() == ["playback_end"]


def test_e24_an_underrun_holds_the_clock_and_playback_goes_on(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(0.3))
    s.play(1.5)
    assert s.avatar.state == "playing"
    assert s.avatar.get_audio_time() == pytest.approx(0.3)
    assert "underrun" in s.kinds()
    s.avatar.yield_audio_data(tone(0.3), end=True)
    s.play(1.0)
    assert s.ends() == ["playback_end"]


def test_e25_a_natural_end_is_one_idle_event(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.3), end=True)
    s.avatar.yield_frames_data([motion(0.3, end=True)], cid)
    s.play(3.0)
    assert [state for state in s.states if state[0] == "idle"] == [("idle", "playback_end")]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_e28_pcm_that_is_no_int16_is_refused(stage, bad):
    avatar = stage().avatar
    with pytest.raises(TypeError):
        avatar.yield_audio_data(np.full(100, bad, np.float32))
    with pytest.raises(TypeError):
        avatar.yield_audio_data(np.zeros(100, np.int16)[::2])
    assert avatar.get_current_conversation_id() is None


@pytest.mark.parametrize("rate", [0, 11025, 96000, -1])
def test_e29_a_rate_that_is_not_offered_is_refused_with_those_that_are(rate):
    with pytest.raises(ValueError, match="8000, 16000, 22050, 24000, 32000, 44100, 48000"):
        Controller(rate, output="silent")


def test_e31_twenty_minutes_in_one_call_are_accepted_and_a_bound_refuses_more(stage):
    s = stage(config=PlayerConfig(max_audio=1201.0))
    cid = s.avatar.yield_audio_data(bytes(2 * RATE * 1200))
    with pytest.raises(hostmode.BufferFullError):
        s.avatar.yield_audio_data(bytes(2 * RATE * 2))
    assert s.avatar.yield_audio_data(bytes(2 * RATE)) == cid
    assert s.avatar.stats()["buffered_audio"] == pytest.approx(1201.0)


def test_e32_two_controllers_know_nothing_of_each_other(stage):
    one, other = stage(), stage()
    one.avatar.yield_audio_data(tone(1.0))
    one.play(0.6)
    assert other.avatar.state == "idle"
    assert other.avatar.get_audio_time() == 0.0
    assert other.events == []
