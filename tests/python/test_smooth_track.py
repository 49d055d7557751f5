"""Values at keyframes that follow what is wanted, heavy instants closely, and never in jerks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hostmode.motion.track import STEPS, SmoothTrack

KEYFRAMES = 60


def follow(
    wanted: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64] | None = None,
    stiffness: float = 0.9,
    ahead: int = 2,
) -> npt.NDArray[np.float64]:
    """Return the values at all keyframes of which enough is known; the first instant is that of the first one."""
    weights = np.ones_like(wanted) if weights is None else weights
    track = SmoothTrack(stiffness, ahead)
    wanted, weights = (np.pad(part, (STEPS - 1, 0), mode="edge") for part in (wanted, weights))
    size = STEPS * (1 + ahead)
    return np.array(
        [
            track.advance(wanted[begin : begin + size], weights[begin : begin + size])
            for begin in range(0, len(wanted) - size + 1, STEPS)
        ]
    )


@pytest.mark.parametrize("ahead", [1, 2, 5])
@pytest.mark.parametrize("stiffness", [0.1, 0.9, 10.0])
def test_what_moves_evenly_is_followed_exactly_after_a_while(stiffness: float, ahead: int) -> None:
    wanted = 0.3 + 0.02 * np.arange(STEPS * 200)
    values = follow(wanted, stiffness=stiffness, ahead=ahead)
    np.testing.assert_allclose(values[100:], wanted[::STEPS][100 : len(values)], atol=1e-6)


def test_heavy_instants_are_met_more_closely_than_light_ones() -> None:
    wanted = np.full(STEPS * KEYFRAMES, 0.5)
    hole = slice(STEPS * 30 - 3, STEPS * 30 + 4)
    wanted[hole] = 0.0
    heavy = np.ones_like(wanted)
    heavy[hole] = 20.0
    assert follow(wanted, heavy).min() < 0.0 < 0.08 < follow(wanted).min()


@pytest.mark.parametrize(("hertz", "least", "most"), [(1.0, 0.97, 1.03), (2.5, 0.9, 1.1), (10.0, 0.0, 0.3)])
def test_slow_motion_passes_and_fast_motion_does_not(hertz: float, least: float, most: float) -> None:
    values = follow(np.sin(2 * np.pi * hertz * np.arange(STEPS * 400) / (25 * STEPS)))[100:]
    assert least < values.std() * np.sqrt(2) < most


def test_a_hole_is_prepared_before_it_comes() -> None:
    wanted = np.full(STEPS * KEYFRAMES, 0.5)
    wanted[STEPS * 30 :] = 0.0
    values = follow(wanted)
    assert values[28] == pytest.approx(0.5, abs=0.03)
    assert 0.2 < values[30] < values[29] < 0.48
    assert abs(values[32]) < 0.06
