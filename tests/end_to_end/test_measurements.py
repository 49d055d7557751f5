"""The goals on a virtual sound card, each measured as ``hostmode bench`` does, only shorter."""

from __future__ import annotations

import pytest
from stage import ATTEMPTS

from hostmode.measure.interpreter_load import LOADS
from hostmode.measure.sync_meter import SyncReport, measure_sync
from hostmode.measure.underruns import STALL_LIMIT_S, measure_underruns

pytestmark = pytest.mark.usefixtures("stage")


def sync(injected_s: float) -> SyncReport:
    """Measure until the machine does not stand still, or the spread says that it did no harm."""
    for _ in range(ATTEMPTS):
        report = measure_sync(12.0, injected_s)
        if report.longest_stall_s < STALL_LIMIT_S or report.spread_ms <= 5.0:
            return report
    pytest.skip(f"this machine stands still for {1000 * report.longest_stall_s:.0f} ms at a time")


@pytest.mark.parametrize("load", LOADS)
def test_a_ramp_arrives_exact_to_the_sample_while_the_interpreter_lock_is_held(load):
    run = measure_underruns("native", load, 12.0, ATTEMPTS)
    if not run.conclusive:
        pytest.skip(f"this machine stands still for {1000 * run.longest_stall_s:.0f} ms at a time")
    assert run.exact, run


def test_an_ordinary_python_callback_drops_out_under_the_same_load():
    run = measure_underruns("python", "call", 5.0, 1)
    assert run.count.frames > 0
    assert run.count.gaps > 5


def test_the_face_is_in_time_with_the_sound_and_an_injected_error_shows():
    report = sync(0.0)
    assert report.matched >= 0.8 * report.clicks
    assert abs(report.median_ms) <= 10.0
    assert report.spread_ms <= 5.0
    injected = sync(0.04)
    assert injected.median_ms - report.median_ms == pytest.approx(40.0, abs=5.0)
