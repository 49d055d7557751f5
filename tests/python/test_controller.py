"""The rows of the Host Mode contract, through the Controller, on a clock that the test moves."""

from __future__ import annotations

import numpy as np
import pytest

import hostmode
from hostmode import Controller, PlayerConfig
from hostmode.audio import SilentOutput, SounddeviceOutput, WavOutput

RATE = 16000


class Stage:
    """A controller on a silent clock, and everything that it has told."""

    def __init__(self, **settings) -> None:
        self.time = 1000.0
        self.avatar = Controller(output="silent", clock=lambda: self.time, **settings)
        self.states: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.stalls: list[bool] = []
        self.events = []
        self.avatar.on_conversation_state = lambda state, reason: self.states.append((state, reason))
        self.avatar.on_error = lambda error: self.errors.append(error.code)
        self.avatar.on_playback_stall = self.stalls.append
        self.avatar.on_event = self.events.append

    def play(self, seconds: float) -> None:
        end = self.time + seconds
        while self.time < end - 1e-9:
            self.time = min(self.time + 0.01, end)
            self.avatar.advance()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def ends(self) -> list[str]:
        return [event.reason for event in self.events if event.kind == "conversation_end"]


@pytest.fixture
def stage():
    stages = []

    def make(**settings) -> Stage:
        stages.append(Stage(**settings))
        return stages[-1]

    yield make
    for made in stages:
        made.avatar.close()


def tone(seconds: float, rate: int = RATE) -> bytes:
    t = np.arange(round(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * 440 * t)).astype("<i2").tobytes()


def motion(seconds: float, *, end: bool = False, req_id: str = "", avatar_id: str = "") -> bytes:
    keyframes = np.zeros((round(seconds * 25), 120), np.float32)
    return hostmode.encode_message(keyframes, req_id=req_id, end=end, avatar_id=avatar_id)


# ---- the four rules


def test_rule1_chunks_of_an_utterance_return_the_same_id(stage):
    avatar = stage().avatar
    ids = {avatar.yield_audio_data(tone(0.1)) for _ in range(5)}
    assert ids == {avatar.get_current_conversation_id()}


def test_rule3_motion_with_a_foreign_id_changes_nothing_and_is_counted(stage):
    s = stage()
    s.avatar.yield_audio_data(tone(1.0))
    assert s.avatar.yield_frames_data([motion(1.0, end=True)], "20200101000000_abcdefghijkl") is False
    s.play(0.1)
    assert s.avatar.stats()["discarded_wrong_id"] == 1
    assert s.avatar.stats()["keyframes"] == 0
    assert "motion_discarded" in s.kinds()


@pytest.mark.parametrize("nothing", [[], None])
def test_rule4_empty_motion_makes_this_conversation_audio_only(stage, nothing):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.5), end=True)
    s.avatar.yield_frames_data(nothing, cid)
    assert s.avatar.yield_frames_data([motion(0.5, end=True)], cid) is False
    s.play(1.0)
    assert ("playing", "fallback_mode") in s.states
    cid = s.avatar.yield_audio_data(tone(0.5), end=True)
    assert s.avatar.yield_frames_data([motion(0.5, end=True)], cid) is True


# ---- the edge cases


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


def test_e6_motion_before_audio_is_kept_for_it(stage):
    s = stage()
    s.avatar.yield_frames_data([motion(0.5, end=True, req_id="r1")], None)
    s.avatar.yield_audio_data(tone(0.5), end=True)
    s.play(0.2)
    assert s.avatar.stats()["keyframes"] == 12


def test_e7_motion_after_the_audio_end_is_accepted(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0), end=True)
    s.play(0.3)
    assert s.avatar.yield_frames_data([motion(1.0, end=True)], cid) is True


def test_e9b_one_bytes_is_a_list_of_one(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0))
    assert s.avatar.yield_frames_data(motion(1.0, end=True), cid) is True


def test_e10_a_malformed_message_raises_and_the_conversation_goes_on(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.3), end=True)
    with pytest.raises(hostmode.DecodeError) as caught:
        s.avatar.yield_frames_data([motion(0.2), motion(0.2)[:-3]], cid)
    assert caught.value.offset >= 0
    s.play(1.0)
    assert s.errors == ["invalid_animation_data"]
    assert s.avatar.stats()["keyframes"] == 0
    assert s.ends() == ["playback_end"]


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


def test_e21_strict_sync_reports_a_stall_and_its_end(stage):
    s = stage(config=PlayerConfig(frame_starvation_mode="strict_sync"))
    cid = s.avatar.yield_audio_data(tone(2.0), end=True)
    s.avatar.yield_frames_data([motion(0.5)], cid)
    s.play(1.5)
    assert s.stalls == [True]
    s.avatar.yield_frames_data([motion(1.6, end=True)], cid)
    s.play(3.0)
    assert s.stalls == [True, False]
    assert s.ends() == ["playback_end"]


def test_e22_motion_longer_than_audio_is_shown_to_its_end(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(0.4), end=True)
    s.avatar.yield_frames_data([motion(2.0, end=True)], cid)
    s.play(1.5)
    assert s.ends() == []
    s.play(1.0)
    assert s.ends() == ["playback_end"]


def test_e23_without_motion_the_state_is_playing_and_the_animation_idle(stage):
    s = stage()
    animation = []
    s.avatar.on_animation_state = animation.append
    s.avatar.yield_audio_data(tone(1.0), end=True)
    s.play(0.6)
    assert s.avatar.state == "playing"
    assert animation == []


def test_e24_an_underrun_holds_the_clock_and_playback_goes_on(stage):
    s = stage(config=PlayerConfig(motion_wait=0.0))
    s.avatar.yield_audio_data(tone(0.3))
    s.play(1.0)
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


def test_e26_motion_of_an_interrupted_turn_never_captures_the_next(stage):
    s = stage()
    cid = s.avatar.yield_audio_data(tone(1.0))
    s.avatar.yield_frames_data([motion(0.2, req_id="old")], cid)
    s.avatar.interrupt()
    cid = s.avatar.yield_audio_data(tone(1.0))
    s.avatar.yield_frames_data([motion(0.2, req_id="old")], cid)
    s.avatar.yield_frames_data([motion(0.2, req_id="new")], cid)
    stats = s.avatar.stats()
    assert (stats["discarded_tombstoned"], stats["discarded_other_req_id"]) == (1, 0)


def test_e27_motion_for_another_avatar_is_an_error(stage):
    s = stage(config=PlayerConfig(avatar_id="ann"))
    cid = s.avatar.yield_audio_data(tone(0.5))
    s.avatar.yield_frames_data([motion(0.2, avatar_id="bob")], cid)
    s.play(0.1)
    assert s.errors == ["avatar_mismatch"]


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


# ---- names and settings


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
    pytest.importorskip("soxr")
    s.avatar.set_audio_format(sample_rate=48000)
    assert s.avatar.get_current_conversation_id() is None
    s.avatar.yield_audio_data(tone(1.0, 48000), end=True)
    s.play(0.9)
    assert s.avatar.get_audio_time() == pytest.approx(0.9, abs=0.03)
    s.play(0.3)
    assert s.ends() == ["interrupted", "playback_end"]


@pytest.mark.parametrize("audio_format", ["opus", "mp3"])
def test_audio_format_other_than_pcm_is_refused_and_nothing_changes(stage, audio_format):
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


def test_a_wav_file_holds_what_would_have_been_heard(tmp_path):
    import wave

    time = 0.0
    avatar = Controller(output=WavOutput(tmp_path / "out.wav"), clock=lambda: time)
    ramp = (np.arange(RATE) % 20000 + 1000).astype("<i2")
    avatar.yield_audio_data(ramp, end=True)
    while time < 2.0:
        time += 1 / 60
        avatar.advance()
    avatar.close()
    with wave.open(str(tmp_path / "out.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)
    assert len(heard) == pytest.approx(2.0 * RATE, abs=RATE / 60)
    first = np.flatnonzero(heard == ramp[1000])[0] - 1000
    # The first and the last 5 ms are faded.
    assert np.array_equal(heard[first + 100 : first + RATE - 100], ramp[100:-100])
    assert not heard[first + RATE + 100 :].any()


def test_the_silent_output_may_be_given_as_an_object():
    with Controller(output=SilentOutput()) as avatar:
        assert avatar.stats()["audio_output"] == "silent"
    with pytest.raises(ValueError, match="output"):
        Controller(output="loud")
