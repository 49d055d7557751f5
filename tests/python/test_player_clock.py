"""A player's time: callers' clocks that start again."""

from __future__ import annotations

import numpy as np
import pytest
from player_rig import START, Rig, motion, tone


@pytest.mark.parametrize("jump", [-1000.0, -0.5, 3600.0, 1.7e9])
def test_reset_clock_leaves_what_plays_as_it_is(jump: float) -> None:
    def levels(jumps: bool) -> tuple[np.ndarray, list[tuple[str, str | None]], float]:
        rig = Rig(seed=1)
        conversation = rig.speak(tone(2.0), end=True)
        rig.move([motion(50, rise=0.02, end=True)], conversation)
        shown = []
        for step in range(300):
            if jumps and step == 80:
                rig.offset = jump
                rig.player.reset_clock(rig.now)
            rig.run(0.01)
            shown.append(rig.pose())
        (end,) = rig.of_kind("conversation_end")
        return np.array(shown), [(event.kind, event.reason) for event in rig.events], end.time

    straight, jumped = levels(False), levels(True)

    np.testing.assert_allclose(jumped[0], straight[0], atol=1e-5)
    assert jumped[1] == straight[1]
    assert straight[2] == pytest.approx(START + 2.0, abs=0.02)
    assert jumped[2] == pytest.approx(straight[2] + jump, abs=1e-5)


def test_reset_clock_of_a_player_that_has_not_begun_does_nothing() -> None:
    rig = Rig()
    rig.player.reset_clock(5.0)
    rig.speak(tone(0.2), end=True)
    rig.run(0.3)

    assert len(rig.ends()) == 1
