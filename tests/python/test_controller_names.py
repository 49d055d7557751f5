"""The names of the Controller: callbacks, settings, formats, and what is refused."""

from __future__ import annotations

import sys

import pytest
from controller_rig import tone

import hostmode
from hostmode import Controller, PlayerConfig
from hostmode.audio import SilentOutput, SounddeviceOutput

CALLS = {
    "yield_audio_data": lambda a: a.yield_audio_data(b""),
    "yield_frames_data": lambda a: a.yield_frames_data([], None),
    "set_audio_format": lambda a: a.set_audio_format(16000),
    "pause": lambda a: a.pause(),
    "resume": lambda a: a.resume(),
    "interrupt": lambda a: a.interrupt(),
    "clear": lambda a: a.clear(),
    "volume": lambda a: a.volume,
    "set_volume": lambda a: a.set_volume(0.5),
    "get_volume": lambda a: a.get_volume(),
    "sample": lambda a: a.sample(),
    "get_audio_time": lambda a: a.get_audio_time(),
    "get_current_conversation_id": lambda a: a.get_current_conversation_id(),
    "state": lambda a: a.state,
    "sample_rate": lambda a: a.sample_rate,
    "wait_until_idle": lambda a: a.wait_until_idle(),
    "stats": lambda a: a.stats(),
    "advance": lambda a: a.advance(),
    "enter": lambda a: a.__enter__(),
}


@pytest.mark.parametrize("name", CALLS)
def test_e33_any_call_after_close_raises(stage, name):
    avatar = stage().avatar
    avatar.close()
    avatar.close()
    with pytest.raises(hostmode.ClosedError):
        CALLS[name](avatar)


@pytest.mark.parametrize("name", ["onConversationState", "on_conversation_status", "on_Error", "frames"])
def test_an_unknown_callback_name_is_refused_with_those_that_exist(stage, name):
    with pytest.raises(AttributeError, match="on_conversation_state"):
        setattr(stage().avatar, name, print)


def test_a_callback_that_cannot_be_called_is_refused(stage):
    with pytest.raises(TypeError, match="on_error"):
        stage().avatar.on_error = "print"


@pytest.mark.parametrize("volume", [-0.1, 1.1, float("nan")])
def test_a_volume_outside_its_range_is_refused(stage, volume):
    avatar = stage().avatar
    with pytest.raises(ValueError, match="volume"):
        avatar.volume = volume
    avatar.set_volume(0.25)
    assert avatar.get_volume() == avatar.volume == 0.25


def test_an_exception_in_a_callback_is_logged_and_playback_goes_on(stage, caplog):
    s = stage()

    def fail(state, reason):
        raise RuntimeError("oops")

    s.avatar.on_conversation_state = fail
    s.avatar.yield_audio_data(tone(0.3), end=True)
    s.play(1.0)
    assert s.ends() == ["playback_end"]
    assert "on_conversation_state" in caplog.text
    assert "oops" in caplog.text


def test_a_callback_may_close_the_controller(stage):
    s = stage()
    s.avatar.on_conversation_state = lambda state, reason: s.avatar.close()
    s.avatar.yield_audio_data(tone(0.3), end=True)
    s.time += 0.01
    s.avatar.advance()
    assert s.events == []
    with pytest.raises(hostmode.ClosedError):
        s.avatar.advance()


def test_set_audio_format_interrupts_and_applies_to_what_follows(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(5.0))
    s.play(0.2)
    s.avatar.set_audio_format(sample_rate=48000)
    assert s.avatar.get_current_conversation_id() is None
    s.avatar.yield_audio_data(tone(1.0, 48000), end=True)
    s.play(0.9)
    assert s.avatar.get_audio_time() == pytest.approx(0.9, abs=0.03)
    s.play(0.3)
    assert s.ends() == ["interrupted", "playback_end"]


@pytest.mark.parametrize("audio_format", ["aac", "mp3"])
def test_audio_format_other_than_pcm_and_opus_is_refused_and_nothing_changes(stage, audio_format):
    avatar = stage().avatar
    cid = avatar.yield_audio_data(tone(1.0))
    with pytest.raises(ValueError, match=audio_format):
        avatar.set_audio_format(audio_format=audio_format)
    assert avatar.get_current_conversation_id() == cid


def test_frame_rate_info_reports_the_last_two_seconds(stage):
    s = stage()
    infos = []
    s.avatar.on_frame_rate_info = infos.append
    for _ in range(300):
        s.time += 1 / 60
        s.avatar.sample()
        s.avatar.advance()
    assert infos[-1].display_fps == pytest.approx(60.0, abs=0.5)
    assert infos[-1].longest_frame == pytest.approx(1 / 60, rel=0.01)
    assert 4 <= len(infos) <= 6


def test_a_live_output_with_a_clock_of_the_caller_is_refused():
    with pytest.raises(ValueError, match="SounddeviceOutput"):
        Controller(output=SounddeviceOutput(), clock=lambda: 0.0)


def test_the_silent_output_may_be_given_as_an_object():
    with Controller(output=SilentOutput()) as avatar:
        assert avatar.stats()["audio_output"] == "silent"
    with pytest.raises(ValueError, match="output"):
        Controller(output="loud")


def test_frame_rate_info_comes_once_a_second_however_many_events_there_are(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    infos = []
    s.avatar.on_frame_rate_info = infos.append
    for _ in range(300):
        s.avatar.yield_audio_data(tone(0.1), end=True)
        s.time += 1 / 60
        s.avatar.sample()
        s.avatar.advance()
    assert len(s.events) > 600
    assert 4 <= len(infos) <= 6


def test_an_exit_in_a_callback_is_logged_and_playback_goes_on(stage, caplog):
    s = stage()
    s.avatar.on_conversation_state = lambda state, reason: sys.exit(3)
    s.avatar.yield_audio_data(tone(0.3), end=True)
    s.play(1.0)
    assert s.ends() == ["playback_end"]
    assert "on_conversation_state" in caplog.text


def test_an_output_serves_one_controller():
    output = SilentOutput()
    with Controller(output=output), pytest.raises(ValueError, match="SilentOutput"):
        Controller(output=output)


def test_odd_bytes_stay_counted_when_the_format_changes(stage):
    s = stage()
    s.avatar.set_audio_format(sample_rate=48000)
    s.avatar.yield_audio_data(tone(0.1, 48000) + b"x", end=True)
    assert s.avatar.stats()["dropped_odd_bytes"] == 1
    s.avatar.set_audio_format(sample_rate=24000)
    assert s.avatar.stats()["dropped_odd_bytes"] == 1
