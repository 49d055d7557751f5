"""``hostmode bench``: the group, and what it says where a part is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from hostmode.cli.app import app
from hostmode.measure import sync_meter, underruns, virtual_sound_card
from hostmode.measure.ramp import RampCount
from hostmode.measure.sync_meter import SyncReport
from hostmode.measure.underruns import UnderrunRun

if TYPE_CHECKING:
    from click.testing import Result

pytestmark = pytest.mark.outer


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)], prog_name="hostmode")


def report(median_ms: float, spread_ms: float, injected_s: float = 0.0, stall_s: float = 0.0) -> SyncReport:
    half = spread_ms / 2
    return SyncReport(
        median_ms, median_ms - half, median_ms + half, 10, 9, injected_s, 0.1, stall_s, (median_ms,) * 9
    )


def test_bench_lists_its_measurements() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in ("sync", "underruns", "soak"):
        assert name in result.stdout


@pytest.mark.parametrize("command", ["sync", "underruns"])
def test_bench_without_pulseaudio_says_what_to_install(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    for module in (sync_meter, underruns):
        monkeypatch.setattr(module, "load_sounddevice", lambda: None)
    monkeypatch.setattr(virtual_sound_card.shutil, "which", lambda name: None)
    result = run(command)
    assert result.exit_code == 5
    (line,) = result.stderr.splitlines()
    assert "apt install pulseaudio pulseaudio-utils libasound2-plugins" in line


@pytest.mark.parametrize("command", ["sync", "underruns"])
def test_bench_without_sounddevice_says_what_to_install(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    result = run(command)
    assert result.exit_code == 6
    (line,) = result.stderr.splitlines()
    assert 'pip install "hostmode[audio]"' in line


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (report(-0.4, 0.3), "met"),
        (report(-10.4, 0.3), "missed"),
        (report(0.4, 5.3), "missed"),
        (report(40.2, 0.3, injected_s=0.04), "met"),
        (report(0.2, 0.3, injected_s=0.04), "missed"),
    ],
)
def test_bench_sync_judges_by_the_goals(monkeypatch: pytest.MonkeyPatch, measured: SyncReport, verdict: str) -> None:
    monkeypatch.setattr(sync_meter, "measure_sync", lambda seconds, inject, load: measured)
    lines = run("sync").stdout.splitlines()
    (goals,) = [line for line in lines if line.startswith("goals")]
    assert goals.endswith(f": {verdict}")
    assert any(line.startswith("injected") for line in lines) == bool(measured.injected_s)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (report(-0.9, 4.9), "met"),
        (report(-1.1, 0.3), "missed"),
        (report(0.4, 5.3), "missed"),
        (replace(report(0.4, 3.0), errors_ms=(0.4, -8.2)), "missed"),
        (replace(report(0.4, 3.0), errors_ms=(0.4, -7.8)), "met"),
    ],
)
def test_bench_sync_under_load_judges_by_the_goals_of_a_busy_machine(
    monkeypatch: pytest.MonkeyPatch, measured: SyncReport, verdict: str
) -> None:
    monkeypatch.setattr(sync_meter, "measure_sync", lambda seconds, inject, load: measured)
    (goals,) = [line for line in run("sync", "--load", 24).stdout.splitlines() if line.startswith("goals")]
    assert "largest within 8 ms" in goals
    assert goals.endswith(f": {verdict}")


def test_bench_sync_passes_its_options_on_and_prints_json(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, float, int]] = []

    def measure(seconds: float, inject: float, load: int) -> SyncReport:
        asked.append((seconds, inject, load))
        return report(1.5, 0.5, inject)

    monkeypatch.setattr(sync_meter, "measure_sync", measure)
    printed = json.loads(run("sync", "--seconds", 9, "--inject", 0.04, "--load", 3, "--json").stdout)
    assert asked == [(9.0, 0.04, 3)]
    assert (printed["median_ms"], printed["spread_ms"], len(printed["errors_ms"])) == (1.5, 0.5, 9)


@pytest.mark.parametrize(("spread_ms", "excused"), [(9.0, True), (0.5, False)])
def test_bench_sync_that_misses_its_goals_says_if_the_machine_stood_still(
    monkeypatch: pytest.MonkeyPatch, spread_ms: float, excused: bool
) -> None:
    measured = report(1.5, spread_ms, stall_s=0.2)
    monkeypatch.setattr(sync_meter, "measure_sync", lambda seconds, inject, load: measured)
    assert ("stood still for 200 ms" in run("sync").stdout) == excused


def test_bench_underruns_shows_every_load_with_both_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(callback: str, load: str, seconds: float, attempts: int) -> UnderrunRun:
        gaps = 0 if callback == "native" else 7
        count = RampCount(round(48000 * seconds), gaps, 480 * gaps, gaps, 0)
        return UnderrunRun(callback, load, seconds, 48000, count, 0.001, attempts)

    monkeypatch.setattr(underruns, "measure_underruns", measure)
    printed: list[dict[str, Any]] = json.loads(run("underruns", "--seconds", 30, "--json").stdout)
    assert [(one["load"], one["callback"], one["gaps_per_minute"], one["exact"]) for one in printed] == [
        (load, callback, 14.0 * (callback == "python"), callback == "native")
        for load in ("call", "json", "regex")
        for callback in ("native", "python")
    ]
    table = run("underruns", "--load", "json").stdout
    assert ("json" in table, "regex" in table, "exact" in table, "broken" in table) == (True, False, True, True)


def test_bench_underruns_with_an_unknown_load_is_refused() -> None:
    result = run("underruns", "--load", "heavy")
    assert result.exit_code == 2
    assert "regex" in result.stderr


@pytest.mark.as_shipped
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is measured on Linux only")
def test_bench_soak_memory_of_a_process_stays_flat_for_a_simulated_hour() -> None:
    # A process of its own: here, other tests would count.
    arguments = ["bench", "soak", "--controllers", "20", "--minutes", "60", "--json"]
    told = json.loads(subprocess.check_output([sys.executable, "-m", "hostmode", *arguments], timeout=280))
    assert told["conversations"] > 3000
    assert told["threads_after"] == told["threads_before"]
    assert told["steady_growth_mb"] <= 0.1
