"""A controller's turns: late data, pauses of the agent, where the user was cut off, and who waits for the end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
import pytest
from controller_rig import JAW, RATE, Stage, motion, tone

import hostmode
from hostmode import ClosedError, Controller, PlayerConfig

QUIET = PlayerConfig(layers=False, motion_wait=0.0)


def still(seconds: float, level: float, **envelope: Any) -> bytes:
    return motion(seconds, level=level, **envelope)


def end_values(stage: Stage) -> dict[str, tuple[str, float]]:
    ends = [event for event in stage.events if event.kind == "conversation_end"]
    return {event.conversation_id: (event.reason, event.value) for event in ends}


def test_turn_is_played_and_says_where_it_is():
    stage = Stage(config=QUIET)
    turn = stage.avatar.open_turn()
    assert (turn.state, turn.heard, turn.reason) == ("active", 0.0, None)
    assert turn.audio(tone(1.0))
    assert not turn.motion([still(0.5, 0.2, req_id="a")])
    assert turn.motion(still(0.5, 0.2, req_id="a", end=True))
    turn.end()
    stage.play(0.5)
    assert turn.state == "playing"
    assert turn.heard == pytest.approx(0.5, abs=0.06)
    assert stage.avatar.get_current_conversation_id() == turn.id
    stage.avatar.pause()
    assert turn.state == "paused"
    stage.avatar.resume()
    stage.play(1.0)
    assert (turn.state, turn.reason) == ("ended", "playback_end")
    assert turn.heard == pytest.approx(1.0, abs=1e-3)
    assert end_values(stage) == {turn.id: ("playback_end", turn.heard)}


@pytest.mark.parametrize("pause", [2.0, 4.0, 6.0, 12.0, 55.0])
def test_agent_that_pauses_in_mid_answer_goes_on_with_the_same_turn(pause: float):
    stage = Stage(config=QUIET)
    turn = stage.avatar.open_turn()
    turn.audio(tone(1.0))
    turn.motion(still(1.0, 0.2, req_id="answer"))
    stage.play(1.0 + pause, 0.02)
    assert turn.state in ("playing", "active")

    assert turn.audio(tone(1.0))
    assert turn.motion(still(1.0, 0.2, req_id="answer", end=True))
    turn.end()
    stage.play(0.6)

    assert stage.jaw() == pytest.approx(0.2, abs=0.005)
    stage.play(1.0)
    assert turn.reason == "playback_end"
    assert turn.heard == pytest.approx(2.0, abs=1e-3)
    assert stage.errors == []
    stats = stage.avatar.stats()
    assert (stats["discarded_wrong_id"], stats["discarded_tombstoned"], stats["late_audio"]) == (0, 0, 0)


def test_turn_that_nobody_ends_is_given_up_after_its_own_timeout():
    stage = Stage(config=PlayerConfig(turn_timeout=3.0, end_timeout=0.5))
    turn = stage.avatar.open_turn()
    turn.audio(tone(0.2))
    stage.play(2.5)
    assert turn.reason is None
    stage.play(2.0)
    assert turn.reason == "watchdog"


@pytest.mark.parametrize("over", ["interrupted", "replaced", "playback_end", "network_error"])
def test_what_comes_late_to_a_turn_goes_nowhere(over: str):
    stage = Stage(config=QUIET)
    turn = stage.avatar.open_turn()
    turn.audio(tone(0.4))
    following = None
    if over == "playback_end":
        turn.motion(still(0.4, 0.1, req_id="a", end=True))
        turn.end()
        stage.play(1.0)
    else:
        stage.play(0.2)
    if over == "interrupted":
        turn.interrupt()
    elif over == "network_error":
        stage.avatar.report_failure("network_error", "gone")
    elif over == "replaced":
        following = stage.avatar.open_turn()
        stage.play(0.1)
    assert turn.reason == over

    assert not turn.audio(tone(0.4))
    assert not turn.motion([still(0.4, 1.0, req_id="a", end=True)])
    turn.end()
    stage.play(0.5)

    assert stage.avatar.get_current_conversation_id() == (following.id if following else None)
    assert abs(stage.jaw()) < 0.05
    assert stage.avatar.stats()["late_audio"] == 1
    assert [event.conversation_id for event in stage.events if event.kind == "audio_discarded"] == [turn.id]
    assert turn.interrupt() == turn.heard
    assert stage.avatar.get_current_conversation_id() == (following.id if following else None)


@pytest.mark.parametrize("heard", [0.013, 0.3, 0.777])
def test_interrupt_says_how_much_was_heard_and_so_does_the_event(heard: float):
    stage = Stage(config=PlayerConfig(layers=False, motion_wait=0.0, prebuffer=0.0))
    turn = stage.avatar.open_turn()
    turn.audio(tone(3.0))
    stage.play(heard, 0.001)

    told = turn.interrupt()

    assert told == pytest.approx(heard, abs=0.0071)
    stage.play(0.1)
    assert end_values(stage) == {turn.id: ("interrupted", told)}
    assert turn.heard == told
    assert stage.avatar.stats()["heard"] == pytest.approx(told, abs=1e-3)
    assert stage.avatar.interrupt() is None


def test_queued_turn_waits_and_then_plays():
    stage = Stage(config=PlayerConfig(queue=True, motion_wait=0.0))
    first, second = stage.avatar.open_turn(), stage.avatar.open_turn()
    second.audio(tone(0.3))
    second.end()
    first.audio(tone(0.3))
    first.end()
    stage.play(0.2)
    assert (first.state, second.state, second.heard) == ("playing", "active", 0.0)
    for _ in range(30):
        stage.play(0.1)
    assert (first.reason, second.reason) == ("playback_end", "playback_end")
    assert second.heard == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize("code", ["network_error", "server_error"])
def test_reported_failure_ends_the_turn_with_that_reason(code: str):
    stage = Stage(config=QUIET)
    turn = stage.avatar.open_turn()
    turn.audio(tone(1.0))
    stage.play(0.3)

    stage.avatar.report_failure(code, "the link is gone")
    stage.play(0.1)

    assert stage.errors == [code]
    assert stage.states[-1] == ("idle", code)
    assert turn.reason == code
    assert end_values(stage)[turn.id][0] == code
    following = stage.avatar.open_turn()
    following.audio(tone(0.1))
    stage.play(0.05)
    following.interrupt()
    stage.play(0.05)
    assert stage.states[-1] == ("idle", "user_action")


def test_failure_while_idle_is_told_and_changes_nothing():
    stage = Stage()
    stage.avatar.report_failure("network_error", "the link is gone")
    stage.play(0.1)
    assert (stage.errors, stage.states) == (["network_error"], [])
    with pytest.raises(ValueError, match="'network_error', 'server_error' or 'unsupported_motion'"):
        stage.avatar.report_failure("user_action")


def test_open_conversation_gives_an_id_for_motion_that_comes_first():
    stage = Stage(config=QUIET)
    cid = stage.avatar.open_conversation()
    assert stage.avatar.open_conversation() == cid
    assert stage.avatar.yield_frames_data([still(0.5, 0.2, end=True)], cid)
    assert stage.avatar.yield_audio_data(tone(0.5), end=True) == cid
    stage.play(0.45)
    assert stage.jaw() > 0.1


def test_audio_with_the_id_of_an_interrupted_conversation_opens_nothing():
    stage = Stage()
    cid = stage.avatar.yield_audio_data(tone(1.0))
    stage.play(0.2)
    stage.avatar.interrupt()
    assert stage.avatar.yield_audio_data(tone(1.0), conversation_id=cid) is None
    assert stage.avatar.get_current_conversation_id() is None
    assert stage.avatar.yield_audio_data(tone(1.0)) not in (None, cid)


def test_closing_ends_the_turn_and_everything_after_it_is_refused():
    stage = Stage(config=QUIET)
    turn = stage.avatar.open_turn()
    turn.audio(tone(1.0))
    stage.play(0.3)
    stage.avatar.close()
    assert (turn.state, turn.reason) == ("ended", "interrupted")
    assert turn.heard == pytest.approx(0.3, abs=0.06)
    for call in (lambda: turn.audio(b""), turn.end, lambda: turn.motion([]), stage.avatar.open_turn):
        with pytest.raises(ClosedError):
            call()


# ---- in real time


@pytest.mark.parametrize("how", ["to its end", "interrupt", "close", "already over"])
def test_finished_is_awaited(how: str):
    async def talk() -> tuple[float, str | None]:
        async with Controller(RATE, output="silent", config=QUIET) as avatar:
            turn = avatar.open_turn()
            turn.audio(tone(0.3 if how in ("to its end", "already over") else 30.0))
            turn.end()
            if how == "interrupt":
                threading.Timer(0.2, turn.interrupt).start()
            elif how == "close":
                threading.Timer(0.2, avatar.close).start()
            elif how == "already over":
                await avatar.idle()
            heard_s = await asyncio.wait_for(turn.finished(), 20)
            return heard_s, turn.reason

    heard_s, reason = asyncio.run(talk())

    assert reason == ("interrupted" if how in ("interrupt", "close") else "playback_end")
    assert 0.0 <= heard_s <= 3.0
    if reason == "playback_end":
        assert heard_s == pytest.approx(0.3, abs=1e-3)


def test_finished_that_is_cancelled_harms_nobody():
    async def talk() -> float:
        async with Controller(RATE, output="silent", config=QUIET) as avatar:
            turn = avatar.open_turn()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(turn.finished(), 0.05)
            turn.audio(tone(0.2))
            turn.end()
            return (await asyncio.gather(turn.finished(), turn.finished()))[0]

    assert asyncio.run(talk()) == pytest.approx(0.2, abs=1e-3)


def test_idle_is_awaited_and_callbacks_have_run():
    async def talk() -> list[str]:
        states: list[str] = []
        async with Controller(RATE, output="silent") as avatar:
            avatar.on_conversation_state = lambda state, reason: states.append(state)
            await avatar.idle()
            avatar.yield_audio_data(tone(0.2), end=True)
            await asyncio.wait_for(avatar.idle(), 20)
            return list(states)

    assert asyncio.run(talk())[-1] == "idle"


def test_turn_is_what_the_avatar_shows():
    stage = Stage(config=QUIET)
    turn = stage.avatar.open_turn()
    turn.audio(tone(1.0))
    turn.motion([motion(1.0, rise=0.01, end=True)])
    turn.end()
    stage.play(0.7)
    shown = stage.avatar.sample(out=np.empty(hostmode.KEYFRAME_FLOATS, np.float32))[JAW]
    assert shown == pytest.approx(turn.heard * 25 * 0.01, abs=0.01)
