"""The measuring instruments measured: what they say of signals whose truth is known."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest

from hostmode.measure.clicks import JAW_PEAK, click_audio, click_instants, click_motion, find_clicks, find_pulses
from hostmode.measure.interpreter_load import LOADS, InterpreterLoad
from hostmode.measure.ramp import RampCount, count_ramp, ramp
from hostmode.measure.soak import SoakReport, soak
from hostmode.measure.stall_monitor import StallMonitor
from hostmode.measure.sync_meter import match
from hostmode.measure.timed_recording import arrival_line
from hostmode.measure.underruns import STALL_LIMIT_S, UnderrunRun
from hostmode.offline import render_offline
from hostmode.recording import Recording

pytestmark = pytest.mark.outer


def silence(count: int) -> np.ndarray:
    return np.zeros(count, np.int16)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([silence(5), ramp(0, 70000), silence(9)], RampCount(70000, 0, 0, 0, 0)),
        ([ramp(0, 500), silence(20), ramp(500, 500)], RampCount(1020, 1, 20, 0, 0)),
        ([ramp(0, 500), silence(20), ramp(520, 500)], RampCount(1020, 1, 20, 1, 0)),
        ([ramp(0, 500), ramp(501, 500)], RampCount(1000, 0, 0, 1, 0)),
        ([ramp(0, 500), ramp(499, 500)], RampCount(1000, 0, 0, 0, 1)),
        ([ramp(0, 500), ramp(100, 500), silence(1), ramp(600, 9)], RampCount(1010, 1, 1, 0, 1)),
        ([ramp(29900, 200)], RampCount(200, 0, 0, 0, 0)),
        ([silence(100)], RampCount(0, 0, 0, 0, 0)),
    ],
)
def test_ramp_count_tells_gaps_skips_and_repeats_to_the_sample(pieces, expected):
    assert count_ramp(np.concatenate(pieces)) == expected


def test_ramp_count_with_a_fade_compares_only_what_is_between():
    faded = ramp(0, 1000)
    faded[:100] //= 2
    faded[-100:] //= 2
    assert not count_ramp(faded).exact
    assert count_ramp(faded, 100).exact


@pytest.mark.parametrize(
    ("gaps", "frames", "stall_s", "exact", "conclusive"),
    [
        (0, 96000, 0.0, True, True),
        (0, 96000, 1.0, True, True),
        (0, 95000, 0.0, False, True),
        (1, 96000, STALL_LIMIT_S / 2, False, True),
        (1, 96000, STALL_LIMIT_S * 2, False, False),
    ],
)
def test_underrun_run_is_inconclusive_only_if_broken_while_the_machine_stood_still(
    gaps, frames, stall_s, exact, conclusive
):
    run = UnderrunRun("native", "call", 2.0, 48000, RampCount(frames, gaps, gaps, 0, 0), stall_s, 1)
    assert (run.exact, run.conclusive) == (exact, conclusive)
    assert run.as_dict()["gaps_per_minute"] == 30.0 * gaps


@pytest.mark.parametrize("shift", [0, 1, 777])
def test_find_clicks_returns_their_middle_to_a_hundredth_of_a_millisecond(shift):
    heard = np.concatenate([silence(shift), click_audio(10.0, 48000)])
    found = find_clicks(heard, 48000)
    np.testing.assert_allclose((found - shift) / 48000, click_instants(10.0), atol=1e-5)


def test_find_pulses_at_uneven_60_hz_returns_the_instants_of_the_clicks():
    audio = click_audio(10.0, 16000)
    motion = click_motion(10.0)
    rendering = render_offline(Recording(audio=audio, sample_rate=16000, messages=motion), 1000.0, exact=True)
    rng = np.random.default_rng(4)
    at = np.cumsum(rng.normal(1000 / 60, 2.0, 590).clip(5, 40)).astype(int)
    at = at[at < len(rendering.times)]
    from hostmode.measure.clicks import JAW

    jaw = rendering.poses[at, JAW].astype(float)
    assert jaw.max() == pytest.approx(JAW_PEAK, rel=0.1)
    found = find_pulses(rendering.times[at], jaw)
    # The transition from idle is over before the first, and a late frame costs one or two.
    assert len(found) >= 0.8 * len(click_instants(10.0))
    errors = match(click_instants(10.0), found)
    assert np.abs(errors).max() < 0.001


@pytest.mark.parametrize("pace_error", [-30e-6, 0.0, 200e-6])
@pytest.mark.parametrize("busy_s", [(8.0, 38.0), (10.0, 12.5), (3.0, 40.0)])
def test_arrival_line_crosses_a_busy_time_from_quiet_to_quiet(pace_error, busy_s):
    random = np.random.default_rng(5)
    places_s = np.arange(0, 44, 0.01)
    truth_s = 100 + pace_error * places_s
    busy = (places_s > busy_s[0]) & (places_s < busy_s[1])
    # Not one arrival is punctual while the machine is busy, and now and then a second piece passes for a first.
    late_s = np.where(
        busy, 0.002 + random.exponential(0.008, len(places_s)), random.exponential(0.0001, len(places_s))
    )
    late_s[random.random(len(places_s)) < 0.02] -= 0.005
    line_s = np.interp(places_s, *arrival_line(places_s, truth_s + late_s))
    assert np.abs(line_s - truth_s).max() < 0.0003


def test_match_pairs_neighbours_and_drops_what_has_none():
    heard = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(match(heard, np.array([1.04, 3.04])), [0.04, 0.04])
    assert len(match(heard, np.empty(0))) == 0


@pytest.mark.parametrize("load", LOADS)
def test_interpreter_load_keeps_other_threads_waiting(load):
    if load == "call" and sys.platform == "win32":
        pytest.skip("needs usleep of the C library")
    longest_s = 0.0
    with InterpreterLoad(load):
        until = time.monotonic() + 1.5
        while (before := time.monotonic()) < until:
            threading.Event().wait(0.001)
            longest_s = max(longest_s, time.monotonic() - before)
    assert longest_s > 0.03


def test_interpreter_load_of_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="call, json, regex"):
        InterpreterLoad("heavy")


def test_stall_monitor_measures_something():
    with StallMonitor() as monitor:
        time.sleep(0.05)
    assert 0.0 < monitor.longest_s < 10.0


def test_steady_growth_ignores_one_step_and_shows_a_leak():
    def report(*resident_mb: float) -> SoakReport:
        return SoakReport(1, 1, 1.0, 1.0, resident_mb, 1, 1)

    assert report(40.0, 40.0, 40.5, 40.5, 40.5).steady_growth_mb == 0.0
    assert report(40.0, 40.0, 40.5, 40.5, 40.5).growth_mb == 0.5
    assert report(40.0, 40.1, 40.2, 40.3, 40.4).steady_growth_mb == pytest.approx(0.4)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is measured on Linux only")
def test_ten_simulated_minutes_of_many_controllers_end_every_conversation_once_and_start_no_thread():
    report = soak(20, 600.0)
    assert report.simulated_s >= 600.0
    # One utterance in 20 s on average, each ended before the silence in which memory is looked at.
    assert 450 < report.conversations < 750
    assert report.threads_after == report.threads_before
