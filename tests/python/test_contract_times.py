"""Wrong times of the Host Mode contract, E34."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from controller_rig import Stage
from controller_rig import motion as jaw_motion
from controller_rig import tone as spoken
from player_rig import Rig, motion, tone

import hostmode
from hostmode.clock import ControllerClock

WRONG = pytest.mark.parametrize("wrong", [1.7e9, 1e6, 3600.0, 61.0, -3600.0, -1e12], ids=str)
"""Seconds by which a time is wrong."""

READERS = {
    "sample": lambda player, now: player.sample(now),
    "sample_out": lambda player, now: player.sample(now, np.empty(120, np.float32)),
    "sample_into": lambda player, now: player.sample_into(np.array([now]), np.empty((1, 120), np.float32)),
    "sample_many": lambda player, now: hostmode.sample_many([player], now, np.empty((1, 120), np.float32)),
    "audio_time": lambda player, now: player.audio_time(now=now),
}

MOVERS = {
    "push_audio": lambda player, now: player.push_audio(tone(0.1), now=now),
    "push_motion": lambda player, now: player.push_motion([motion(5)], player.conversation_id, now=now),
    "open_conversation": lambda player, now: player.open_conversation(now=now, turn=True),
    "pause": lambda player, now: player.pause(now=now),
    "resume": lambda player, now: player.resume(now=now),
    "interrupt": lambda player, now: player.interrupt(now=now),
    "advance": lambda player, now: player.advance(now),
    "start_silent_clock": lambda player, now: player.start_silent_clock(now=now),
    "stop_silent_clock": lambda player, now: player.stop_silent_clock(now=now),
}


def course(reader: str | None, wrong: float) -> tuple[Any, ...]:
    """Return everything that an utterance without an end shows and tells, with wrong readers every now and then."""
    rig = Rig(end_timeout=1.0, seed=1)
    if reader is not None:
        READERS[reader](rig.player, rig.now + wrong)
    rig.move([motion(20, rise=0.05, req_id="r")], None)  # E6
    conversation = rig.speak(tone(1.0))
    shown = []
    for step in range(400):
        if reader is not None and step % 37 == 5:
            READERS[reader](rig.player, rig.now + wrong)
        rig.run(0.01)
        shown.append(rig.level())
    told = [(event.kind, event.reason, event.state, event.value, event.time) for event in rig.events]
    assert rig.ends() == [(conversation, "watchdog")]
    stats = rig.player.stats()
    return shown, told, stats.heard, stats.keyframes, stats.discarded_expired


@WRONG
@pytest.mark.parametrize("reader", READERS)
def test_e34_reader_with_a_wrong_time_moves_nothing(reader: str, wrong: float) -> None:
    assert course(reader, wrong) == course(None, 0.0)


@WRONG
@pytest.mark.parametrize("mover", MOVERS)
def test_e34_mover_with_a_wrong_time_is_refused_and_changes_nothing(mover: str, wrong: float) -> None:
    rig = Rig()
    conversation = rig.speak(tone(2.0))
    rig.run(0.5)
    state, events = rig.player.state, len(rig.events)

    with pytest.raises(ValueError, match="reset_clock") as refused:
        MOVERS[mover](rig.player, rig.now + wrong)

    assert f"{rig.now + wrong:.6f}" in str(refused.value)
    assert f"{rig.now:.6f}" in str(refused.value)
    assert (rig.player.conversation_id, rig.player.state) == (conversation, state)
    assert len(rig.events) == events
    rig.run(0.5)
    assert rig.audio_time() == pytest.approx(1.0)


@pytest.mark.parametrize("mover", MOVERS)
@pytest.mark.parametrize("off", [-0.9, 0.0, 59.0])
def test_e34_plausible_times_are_taken(mover: str, off: float) -> None:
    rig = Rig()
    rig.speak(tone(0.2))
    rig.run(0.1)

    MOVERS[mover](rig.player, rig.now + off)


def test_e34_any_first_time_is_taken() -> None:
    for first in (-5.0, 0.0, 1.7e9):
        player = hostmode.Player(16000)
        player.sample(first + 1e5)
        assert player.push_audio(tone(0.1), now=first) is not None


def test_e34_player_that_is_only_looked_at_or_rendered_does_not_age() -> None:
    looked_at, rendered = Rig(), Rig()
    looked_at.player.advance(0.0)
    rendered.player.advance(0.0)
    block = np.empty(16000, np.float32)
    for second in range(300):
        looked_at.player.sample(float(second))
        rendered.player.render_audio(block, float(second))

    assert looked_at.player.push_audio(tone(0.1), now=299.5) is not None
    assert rendered.player.push_audio(tone(0.1), now=299.5) is not None


def test_e34_reset_clock_starts_a_new_present() -> None:
    rig = Rig()
    rig.speak(tone(2.0), end=True)
    rig.run(0.5)

    rig.offset = 1.7e9
    rig.player.reset_clock(rig.now)
    rig.run(0.5)

    assert rig.audio_time() == pytest.approx(1.0, abs=1e-5)


def test_e34_player_without_anybody_to_advance_it_keeps_its_edges() -> None:
    """An application that renders and samples, and calls nothing else."""
    player = hostmode.Player(16000, hostmode.PlayerConfig(end_timeout=1.0))
    block, ends = np.empty(160, np.float32), []
    conversation = player.push_audio(tone(1.0), now=10.0)
    for step in range(400):
        player.render_audio(block, 10.0 + step * 0.01)
        player.sample(10.0 + step * 0.01)
        ends += [event for event in player.poll_events() if event.kind == "conversation_end"]

    ((at, reason),) = [(event.time, event.reason) for event in ends]
    assert (reason, ends[0].conversation_id) == ("watchdog", conversation)
    assert at == pytest.approx(12.0, abs=0.4)


def test_e34_audio_time_stays_at_the_end_until_the_end_is_known() -> None:
    rig = Rig()
    rig.speak(tone(0.5), end=True)
    rig.run(0.4)
    block = np.empty(1600, np.float32)
    for at in (0.4, 0.5, 0.6):
        rig.player.render_audio(block, 1000.0 + at)

    times = []
    for step in range(20):
        time_s = rig.player.audio_time(now=1000.4 + step / 100)
        if rig.player.conversation_id is not None:
            times.append(time_s)

    assert times == sorted(times)
    assert times[-1] == pytest.approx(0.5, abs=0.011)


def test_e34_audio_time_stays_at_an_end_that_is_heard_in_the_middle_of_a_block() -> None:
    rig = Rig()
    rig.speak(tone(0.55), end=True)
    rig.run(0.4)
    for at in (0.4, 0.5):
        rig.player.render_audio(np.empty(1600, np.float32), 1000.0 + at)

    times = [rig.player.audio_time(now=1000.5 + step / 100) for step in range(10)]

    assert rig.player.conversation_id is not None
    np.testing.assert_allclose(times, np.minimum(0.5 + np.arange(10) / 100, 0.55), atol=1e-4)


@pytest.mark.parametrize("speaks", [False, True])
def test_e34_catching_up_costs_what_happened_not_how_long_it_was(speaks: bool) -> None:
    player = hostmode.Player(48000)
    player.start_silent_clock(now=0.0)
    if speaks:
        player.push_audio(tone(0.5, 48000), end=True, now=0.0)
    begun = time.process_time()
    for minute in range(1, 6001):
        player.advance(minute * 60.0)
    took = time.process_time() - begun

    assert took < 3.0  # 100 hours; rendered in full they take 12 s on a fast machine
    assert [event.kind for event in player.poll_events()].count("conversation_end") == speaks


# ---- a controller's clock


@pytest.mark.parametrize("first", [1.0, 5.0])
def test_e34_timeline_of_a_caller_loops(first: float) -> None:
    stage = Stage()
    for _ in range(3):
        stage.time = 0.0
        stage.avatar.advance()
        stage.play(first)
        jaws = []
        conversation = stage.avatar.yield_audio_data(spoken(2.0), end=True)
        stage.avatar.yield_frames_data([jaw_motion(2.0, rise=0.01, end=True)], conversation)
        for _ in range(100):
            stage.play(0.03)
            jaws.append(stage.jaw())
        assert np.ptp(jaws) > 0.4
        assert stage.avatar.state == "idle"
    assert stage.ends() == ["playback_end"] * 3


@pytest.mark.parametrize("back", [0.5, 400.0])
def test_e34_scrubbing_back_leaves_what_plays_as_it_is(back: float) -> None:
    stage = Stage()
    stage.avatar.yield_audio_data(spoken(10.0), end=True)
    stage.play(5.0)
    heard = stage.avatar.get_audio_time()

    stage.time -= back
    assert stage.avatar.get_audio_time() == pytest.approx(heard, abs=0.02)
    stage.play(1.0)

    assert stage.avatar.get_audio_time() == pytest.approx(heard + 1.0, abs=0.02)


@pytest.mark.parametrize("leap", [61.0, 600.0, 3 * 3600.0])
def test_e34_clock_of_a_caller_that_leaps_is_caught_up_with(leap: float) -> None:
    stage = Stage()
    stage.avatar.yield_audio_data(spoken(30.0), end=True)
    stage.play(1.0)

    stage.time += leap
    stage.avatar.advance()

    assert stage.avatar.state == "idle"
    (end,) = [event for event in stage.events if event.kind == "conversation_end"]
    assert end.time == pytest.approx(1030.3, abs=0.2)


@pytest.mark.parametrize("unit", [1000.0, 1e9])
def test_e34_clock_of_a_caller_in_another_unit_is_refused(unit: float) -> None:
    stage = Stage()
    stage.play(1.0)
    stage.time *= unit

    with pytest.raises(ValueError, match=r"from 1001\.000 to .* must count seconds"):
        stage.avatar.advance()


@pytest.mark.parametrize("away", [6.0, 20.0, 59.0, 8 * 3600.0])
def test_e34_machine_that_slept_or_process_that_was_stopped_goes_on_where_it_was(away: float) -> None:
    now = [50.0]
    player = hostmode.Player(16000)
    output = Stage().avatar._output
    read = ControllerClock(lambda: now[0], player, output, real_time=True)
    player.start_silent_clock(now=read())
    player.push_audio(tone(10.0), end=True, now=read())
    now[0] += 2.0
    player.advance(read())
    heard = player.audio_time(now=read())

    now[0] += away

    assert player.audio_time(now=read()) == pytest.approx(heard, abs=0.01)
    now[0] += 1.0
    player.advance(read())
    assert player.audio_time(now=read()) == pytest.approx(heard + 1.0, abs=0.01)
