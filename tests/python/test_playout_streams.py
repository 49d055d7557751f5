"""More utterances than the audio side holds at once, and a silent device that is started twice."""

from __future__ import annotations

import numpy as np
import pytest
from player_rig import Rig

import hostmode

# The audio side holds 64 of them.
MANY = 70
WORD = 320


def words(count: int) -> list[np.ndarray]:
    """Return so many utterances of 20 ms, each at a level of its own."""
    return [np.full(WORD, 200 * (i + 1), np.int16) for i in range(count)]


def heard_levels(sound: np.ndarray) -> list[int]:
    """Return the levels that stay for 5 ms and more, in order, each once."""
    edges = np.flatnonzero(np.diff(sound)) + 1
    runs = [run for run in np.split(sound, edges) if len(run) > 80 and run[0] != 0]
    return [int(run[0]) for run in runs]


def test_more_utterances_in_a_queue_than_the_audio_side_holds_are_heard_each_in_its_turn() -> None:
    rig = Rig(queue=True, idle_transition=0.0)
    ids = [rig.speak(word, end=True) for word in words(MANY)]
    rig.run(MANY * 0.02 + 2.0)
    assert heard_levels(rig.sound) == [200 * (i + 1) for i in range(MANY)]
    assert [(cid, reason) for cid, reason in rig.ends()] == [(cid, "playback_end") for cid in ids]


def test_one_utterance_after_another_goes_on_for_longer_than_the_audio_side_holds_them() -> None:
    rig = Rig()
    for word in words(MANY):
        assert rig.speak(word, end=True) is not None
        rig.run(0.06)
    assert len(heard_levels(rig.sound)) == MANY
    assert [reason for _, reason in rig.ends()] == ["playback_end"] * MANY


def test_utterances_that_were_cut_off_before_they_were_handed_over_take_no_room() -> None:
    rig = Rig()
    for _ in range(3 * MANY):
        rig.speak(np.full(WORD, 500, np.int16), end=True)
    last = rig.speak(np.full(4 * WORD, 9000, np.int16), end=True)
    rig.run(0.3)
    assert heard_levels(rig.sound)[-1] == 9000
    assert rig.ends()[-1] == (last, "playback_end")


def test_a_silent_clock_that_runs_goes_on_where_it_is_started_again() -> None:
    player = hostmode.Player(16000, hostmode.PlayerConfig(prebuffer=0.0, max_prebuffer=0.0, motion_wait=0.0))
    player.start_silent_clock(now=50.0)
    player.push_audio(np.ones(32000, np.int16), now=50.0)
    for step in range(1, 101):
        player.advance(50.0 + 0.01 * step)
    # By a thread that has read the time a little earlier.
    player.start_silent_clock(now=50.9)
    for step in range(1, 51):
        player.advance(51.0 + 0.01 * step)
    assert player.audio_time(now=51.5) == pytest.approx(1.5, abs=0.011)


@pytest.mark.parametrize("step", [0.02, 3.0])
def test_a_silent_clock_that_nobody_looked_at_for_long_has_played_all_in_its_time(step: float) -> None:
    config = hostmode.PlayerConfig(queue=True, prebuffer=0.0, max_prebuffer=0.0, motion_wait=0.0)
    player = hostmode.Player(16000, config)
    player.start_silent_clock(now=20.0)
    for _ in range(3):
        player.push_audio(np.ones(6400, np.int16), end=True, now=20.0)
    for i in range(round(3.0 / step)):
        player.advance(20.0 + step * (i + 1))
    ends = [event.time for event in player.poll_events() if event.kind == "conversation_end"]
    assert ends == pytest.approx([20.4, 20.8, 21.2], abs=0.03)


def test_a_volume_and_a_pause_are_those_that_were_set() -> None:
    rig = Rig()
    rig.player.volume = 0.25
    assert rig.player.volume == 0.25
    rig.speak(np.full(16000, 8000, np.int16), end=True)
    rig.run(0.2)
    assert rig.sound[-160:].tolist() == [2000] * 160
    rig.pause()
    rig.run(0.1)
    assert rig.player.state == "paused"
    assert not rig.sound[-160:].any()
    rig.resume()
    rig.run(0.1)
    assert rig.player.state == "playing"
    assert rig.sound[-160:].tolist() == [2000] * 160
