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


@pytest.mark.parametrize("late", [0.05, 0.15, 0.3, 0.45])
def test_a_sender_who_is_always_late_is_shown_as_it_comes(late: float) -> None:
    given = batches(lambda position: BASE_S + late + position * FRAME_S, 100)
    assert [one for _, positions in given for one in positions] == list(range(100))
    # But for the first, which may have to wait for others.
    after = [(now_s, positions) for now_s, positions in given if now_s > BASE_S + late + 0.3]
    for now_s, positions in after:
        assert len(positions) == 1
        assert now_s - (BASE_S + positions[0] * FRAME_S) == pytest.approx(late, abs=0.011)
