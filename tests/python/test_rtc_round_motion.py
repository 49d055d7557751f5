"""Keyframes of a round, given out in time with its sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hostmode.rtc.round_motion import RoundMotion

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_S = 0.04
BEHIND_S = 0.04
BASE_S = 1.0


def batches(arrives_s: Callable[[int], float], frames: int) -> list[tuple[float, list[int]]]:
    """Return (the sound's end, positions given then), with sound that comes every 10 ms."""
    motion, given, placed, next_frame = RoundMotion(), [], False, 0
    for tick in range(round(100 * (BASE_S + frames * FRAME_S + 3.0))):
        now_s = tick / 100
        while next_frame < frames and arrives_s(next_frame) <= now_s:
            motion.take(next_frame, np.full(120, next_frame, np.float32), now_s)
            next_frame += 1
        if next_frame == 0:
            continue
        if not placed:
            motion.base_s, placed = BASE_S, True
            motion.place(BASE_S)
        out = motion.frames_until(now_s - BEHIND_S)
        if len(out):
            given.append((now_s, [round(float(one[0])) for one in out]))
    return given


def lateness_s(given: list[tuple[float, list[int]]]) -> list[float]:
    """Return by how much each batch that is late came after its first frame was to be given."""
    late = [now_s - (BASE_S + positions[0] * FRAME_S) - BEHIND_S for now_s, positions in given]
    return [one for one in late if one > 0.015]


def test_what_a_network_held_up_for_long_is_given_in_one_go() -> None:
    def arrives_s(position: int) -> float:
        sent_s = BASE_S - 0.09 + position * FRAME_S
        # Nothing goes through for 2.5 s; then it comes a few at a time, 1.5 ms apart.
        return max(sent_s, 6.5 + 0.0015 * (position - 75)) if position >= 75 else sent_s

    given = batches(arrives_s, 200)
    assert [one for _, positions in given for one in positions] == list(range(200))
    assert len(lateness_s(given)) == 1


def test_what_is_late_always_and_held_up_besides_is_given_in_one_go() -> None:
    def arrives_s(position: int) -> float:
        sent_s = BASE_S + 0.15 + position * FRAME_S
        return max(sent_s, 6.5 + 0.0015 * (position - 75)) if position >= 75 else sent_s

    given = batches(arrives_s, 200)
    assert [one for _, positions in given for one in positions] == list(range(200))
    (caught_up,) = (positions for now_s, positions in given if now_s >= 6.5 and 75 in positions)
    assert len(caught_up) > 55


def moved(by_s: float, at_frame: int) -> list[float]:
    """Return what is shown of 50 keyframes whose place is another one from a frame on."""
    motion, shown = RoundMotion(), []
    for position in range(50):
        motion.take(position, np.full(120, position, np.float32), 0.0)
    motion.base_s = BASE_S
    motion.place(BASE_S)
    for frame in range(40):
        if frame == at_frame:
            motion.base_s += by_s
        shown += [float(one[0]) for one in motion.frames_until(BASE_S + frame * FRAME_S)]
    return shown


@pytest.mark.parametrize("by_s", [-0.06, 0.1])
def test_another_place_is_gone_to_at_a_quarter_more_or_less_of_the_speed(by_s: float) -> None:
    steps = np.diff(moved(by_s, 20))
    assert steps.min() > 0.74
    assert steps.max() < 1.26
    shown = moved(by_s, 20)
    assert shown[-1] == pytest.approx(len(shown) - 1 - by_s / FRAME_S, abs=0.15)


def test_a_round_that_has_just_begun_is_at_another_place_at_once() -> None:
    shown = moved(-0.06, 1)
    assert shown[1:] == pytest.approx([frame + 1.5 for frame in range(1, len(shown))], abs=1e-3)


def test_a_place_that_nobody_can_tell_from_the_other_leaves_keyframes_as_they_are() -> None:
    shown = moved(0.004, 20)
    assert shown == [float(position) for position in range(len(shown))]


def test_jitter_is_what_packets_vary_by_and_not_what_one_was_held_up() -> None:
    motion, rng = RoundMotion(), np.random.default_rng(1)
    for position in range(60):
        now_s = position * FRAME_S + rng.uniform(0.0, 0.05) + (0.4 if position == 30 else 0.0)
        motion.take(position, np.zeros(120, np.float32), now_s)
        motion.arrive(position, now_s)
        motion.arrive(position + 500, now_s)  # of another round
    assert motion.jitter_s == pytest.approx(0.05, abs=0.012)


def test_after_a_reconnection_jitter_and_arrival_are_those_of_the_new_network() -> None:
    motion = RoundMotion()
    for position in range(40):
        later_s = 0.01 * (position % 2) if position < 20 else 0.3 + 0.04 * (position % 2)
        if position == 20:
            motion.forget_arrivals()
        motion.take(position, np.zeros(120, np.float32), position * FRAME_S + later_s)
        motion.arrive(position, position * FRAME_S + later_s)
    assert motion.jitter_s == pytest.approx(0.04)
    assert motion.first_arrival_s == pytest.approx(0.3)


@pytest.mark.parametrize("late", [0.05, 0.15, 0.3, 0.45])
def test_a_sender_who_is_always_late_is_shown_as_it_comes(late: float) -> None:
    given = batches(lambda position: BASE_S + late + position * FRAME_S, 100)
    assert [one for _, positions in given for one in positions] == list(range(100))
    # But for the first, which may have to wait for others.
    after = [(now_s, positions) for now_s, positions in given if now_s > BASE_S + late + 0.3]
    for now_s, positions in after:
        assert len(positions) == 1
        assert now_s - (BASE_S + positions[0] * FRAME_S) == pytest.approx(late, abs=0.011)
