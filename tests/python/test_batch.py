"""Batches: each item once, whole or not at all, and again from where they stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_runner import run_cli

import hostmode
from hostmode import Recording
from hostmode.batching.manifest import Manifest
from hostmode.offline import render_offline

if TYPE_CHECKING:
    from hostmode.batching import Progress

pytestmark = pytest.mark.outer

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


def fill(folder: Path, count: int, keyframes: int = 25) -> None:
    """Write short recordings, no two alike."""
    whole = Recording.embedded()
    for index in range(count):
        chosen = slice(2 * index, 2 * index + keyframes)
        audio = whole.audio[640 * chosen.start : 640 * chosen.stop]
        recording = Recording.from_keyframes(audio, whole.sample_rate, whole.keyframes[chosen])
        recording.save(folder / f"r{index:03}.json")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in").mkdir()
    fill(tmp_path / "in", 4)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(manifest: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in manifest.read_text().splitlines() if line]


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".ndjson"}


def test_batch_exports_each_and_a_second_run_keeps_all(folder: Path) -> None:
    first = hostmode.batch("in/*.json", "out/{stem}.csv", workers=2, rate=30)
    before = {path.name: path.stat().st_mtime_ns for path in Path("out").iterdir() if path.suffix != ".ndjson"}
    second = hostmode.batch("in/*.json", "out/{stem}.csv", workers=2, rate=30)

    assert (first.done, first.kept, first.failed) == (4, 0, 0)
    assert (second.done, second.kept, second.failed) == (0, 4, 0)
    assert before == {p.name: p.stat().st_mtime_ns for p in Path("out").iterdir() if p.suffix != ".ndjson"}
    assert sorted(before) == sorted(f"r{index:03}.{ending}" for index in range(4) for ending in ("csv", "wav"))
    assert first.seconds == pytest.approx(4.0)
    hostmode.export(hostmode.load_recording("in/r002.json"), "alone.csv", rate=30)
    assert Path("out/r002.csv").read_bytes() == Path("alone.csv").read_bytes()


@pytest.mark.parametrize(
    ("to", "do", "settings"),
    [
        ("out/{stem}.wav", None, {}),
        ("out/{stem}.npz", "play", {"rate": 50}),
        ("out/{stem}.json", "inspect", {}),
        ("out/{stem}.csv", "export", {"as_": "poses", "no_sound": True}),
    ],
)
def test_every_action_makes_its_output(folder: Path, to: str, do: str | None, settings: dict[str, object]) -> None:
    done = hostmode.batch("in/*.json", to, do=do, workers=1, **settings)

    assert (done.done, done.failures) == (4, [])
    recording = hostmode.load_recording("in/r001.json")
    output = Path(to.format(stem="r001"))
    if do == "inspect":
        assert json.loads(output.read_text())["keyframes"] == 25
    elif do == "play":
        with np.load(output) as stored:
            np.testing.assert_array_equal(stored["poses"], render_offline(recording, 50).poses)
    else:
        assert output.stat().st_size > 1000
        assert len(list(Path("out").iterdir())) == 5


def test_batch_renders_films(folder: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    pytest.importorskip("moderngl", reason="moderngl is not installed")
    if hostmode.batch("in/r000.json", "out/{stem}.png", workers=1, size=16, fps=5).failed:
        pytest.skip("there is no OpenGL")

    done = hostmode.batch("in/r00[01].json", "out/{stem}.mp4", workers=2, size=32, fps=5)

    assert (done.done, done.failures) == (2, [])
    assert b"ftyp" in Path("out/r001.mp4").read_bytes()[:16]


def test_what_changed_is_done_again_and_nothing_else(folder: Path) -> None:
    hostmode.batch("in/*.json", "out/{stem}.json", workers=1)
    shutil.copy("in/r003.json", "in/r001.json")
    Path("out/r002.json").unlink()
    Path("out/r000.json").write_text("touched")

    done = hostmode.batch("in/*.json", "out/{stem}.json", workers=1)
    other = hostmode.batch("in/*.json", "out/{stem}.json", workers=1, rate=50)

    assert (done.done, done.kept) == (3, 1)
    assert other.done == 4
    assert json.loads(Path("out/r000.json").read_text())["exportFps"] == 50


def test_sound_beside_and_head_belong_to_what_an_output_depends_on(folder: Path) -> None:
    pair = Path("pair")
    pair.mkdir()
    fields = ("translation", 3), ("rotation", 3), ("neckPose", 3), ("jawPose", 3), ("eyePose", 6), ("eyeLid", 2)
    frame = {name: [0.0] * width for name, width in (*fields, ("expression", 100))}
    (pair / "flame_1.json").write_text(json.dumps({"reqId": "r", "keyframesCount": 25, "keyframes": [frame] * 25}))
    np.zeros(16000, "<i2").tofile(pair / "audio_1.pcm")
    np.savez("map.npz", matrix=np.zeros((52, 120)))

    def run() -> int:
        return hostmode.batch("pair/flame_1.json", "out/{stem}.json", workers=1, map="map.npz").done

    assert [run(), run()] == [1, 0]
    np.ones(16000, "<i2").tofile(pair / "audio_1.pcm")
    assert [run(), run()] == [1, 0]
    np.savez("map.npz", matrix=np.ones((52, 120)))
    assert [run(), run()] == [1, 0]


def test_one_bad_file_stops_no_other_and_is_named(folder: Path) -> None:
    Path("in/bad.json").write_text("{")
    Path("in/empty.json").write_bytes(b"")

    output = run_cli("batch", "in/*.json", "--to", "out/{stem}.csv", fails_with=r"in/bad\.json: not JSON")
    again = hostmode.batch("in/*.json", "out/{stem}.csv")

    assert "4 done, 0 kept, 2 failed" in output
    assert "in/empty.json" in output
    assert (again.kept, again.failed) == (4, 2)
    assert not list(Path("out").glob("bad*"))
    assert [str(failure.input) for failure in again.failures] == ["in/bad.json", "in/empty.json"]
    failed = [entry["input"] for entry in lines(Path("out/batch.ndjson")) if "error" in entry]
    assert sorted(failed) == ["in/bad.json"] * 2 + ["in/empty.json"] * 2


@needs_posix
def test_worker_that_dies_costs_its_item_only(folder: Path) -> None:
    program = (
        "import hostmode, os, signal, sys\n"
        "from hostmode.batching import processes\n"
        "started = processes._Worker._started\n"
        "def killed_once(self, seen=[]):\n"
        "    process = started(self)\n"
        "    if not seen:\n"
        "        seen.append(1); os.kill(process.pid, signal.SIGKILL); process.wait()\n"
        "    return process\n"
        "processes._Worker._started = killed_once\n"
        "done = hostmode.batch('in/*.json', 'out/{stem}.csv', workers=1)\n"
        "print(done.done, done.failures[0].error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert run.stdout.strip() == "3 its worker process died of SIGKILL", run.stderr


@needs_posix
def test_killed_half_way_and_started_again_does_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 24
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    fill(Path("in"), count)
    command = [sys.executable, "-m", "hostmode", "batch", "in/*.json", "--workers", "2", "--set", "rate=60"]
    subprocess.run([*command, "--to", "whole/{stem}.npz"], check=True, capture_output=True, timeout=120)

    with subprocess.Popen([*command, "--to", "cut/{stem}.npz"], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        manifest = Path("cut/batch.ndjson")
        while not manifest.exists() or len(manifest.read_text().splitlines()) < count // 2:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
    cut_off = len(outputs(Path("cut")))
    assert 0 < cut_off < 2 * count
    subprocess.run([*command, "--to", "cut/{stem}.npz"], check=True, capture_output=True, timeout=120)

    assert outputs(Path("cut")) == outputs(Path("whole"))
    done = [entry["output"] for entry in lines(manifest) if "output" in entry]
    # A line whose output had not got its name yet is the one thing that may be there twice.
    assert len(done) - len(set(done)) <= 1
    assert len(set(done)) == count
    assert not [path for path in Path("cut").iterdir() if path.name.startswith(".")]


def test_line_that_was_cut_off_is_done_again(folder: Path) -> None:
    hostmode.batch("in/*.json", "out/{stem}.csv", workers=1)
    manifest = Path("out/batch.ndjson")
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[: len(whole) - 40])

    done = hostmode.batch("in/*.json", "out/{stem}.csv", workers=1)

    assert (done.done, done.kept) == (1, 3)
    assert hostmode.batch("in/*.json", "out/{stem}.csv", workers=1).kept == 4


@pytest.mark.parametrize(
    "junk", [b"\xff\xfe", b"[]\n", b"null\n", b'{"output": 3, "key": 1, "outputs": 7}\n', b"{" * 999]
)
def test_manifest_of_somebody_else_is_no_reason_to_fail(folder: Path, junk: bytes) -> None:
    Path("out").mkdir()
    Path("out/batch.ndjson").write_bytes(junk)

    assert hostmode.batch("in/*.json", "out/{stem}.csv", workers=1).done == 4
    assert hostmode.batch("in/*.json", "out/{stem}.csv", workers=1).kept == 4


@needs_posix
def test_two_batches_do_not_write_one_manifest(folder: Path) -> None:
    with Manifest(Path("out/batch.ndjson")), pytest.raises(hostmode.HostModeError, match="another batch writes"):
        hostmode.batch("in/*.json", "out/{stem}.csv")


@needs_posix
def test_full_disk_fails_each_item_in_one_line_and_leaves_nothing(folder: Path) -> None:
    program = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
    program += "sys.argv = ['hostmode', *sys.argv[1:]]; from hostmode.cli import main; main()"
    command = [sys.executable, "-c", program, "batch", "in/*.json", "--to", "out/{stem}.csv"]

    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 4
    assert "File too large" in run.stderr
    assert [path.name for path in Path("out").iterdir()] == ["batch.ndjson"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("in/*.json", "--to", "out/x.csv"), "would both become"),
        (("in/*.json", "--to", "{folder}/x.csv"), "there are {stem}"),
        (("in/*.json", "--to", "in/{stem}.json"), "take the place of an input"),
        (("in/*.txt", "--to", "out/{stem}.csv"), "no file has such a name"),
        (("in/*.json", "--to", "out/{stem}.csv", "--do", "delete"), "none of play"),
        (("in/*.json", "--to", "out/{stem}.csv", "--set", "nonsense=1"), "No such option"),
        (("in/*.json", "--to", "out/{stem}.csv", "--set", "=1"), "NAME=VALUE"),
        (("in/*.json", "--to", "out/{stem}.csv", "--engine", "spark://x"), "ray://HOST:PORT"),
    ],
)
def test_wrong_use_is_said_before_anything_is_done(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    run_cli("batch", *arguments, fails_with=words)

    assert not Path("out").exists()


def test_progress_tells_items_pace_and_time_left(folder: Path) -> None:
    seen: list[tuple[int, float | None, float]] = []

    def progress(state: Progress) -> None:
        seen.append((state.done, state.time_left, state.real_time_factor))

    hostmode.batch("in/*.json", "out/{stem}.csv", workers=1, progress=progress)

    assert [done for done, _, _ in seen] == [1, 2, 3, 4]
    assert all(left is not None and left >= 0 for _, left, _ in seen)
    assert seen[-1][1] == 0
    assert seen[-1][2] > 0


def test_files_with_odd_names_are_done(folder: Path) -> None:
    for name in ("-dash.json", "a b'c.json", "ü.json"):
        shutil.copy("in/r000.json", name)

    done = hostmode.batch(["-dash.json", "a b*.json", "ü.json"], "out/{stem}.csv", workers=1)

    assert (done.done, done.failures) == (3, [])


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_batch_that_is_asked_to_end_leaves_no_worker_and_no_half(folder: Path, number: signal.Signals) -> None:
    fill(Path("in"), 40)
    command = [sys.executable, "-m", "hostmode", "batch", "in/*.json", "--to", "out/{stem}.npz", "--workers", "2"]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A shell's background job hands down that it ignores SIGINT.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:
        manifest = Path("out/batch.ndjson")
        deadline = time.monotonic() + 60
        while not manifest.exists() or len(manifest.read_text().splitlines()) < 6:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        threads = Path(f"/proc/{process.pid}/task").iterdir()
        workers = [int(word) for thread in threads for word in (thread / "children").read_text().split()]
        process.send_signal(number)
        assert process.wait(20) != 0

    assert workers
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
    assert [path.name for path in Path("out").iterdir() if path.name.startswith(".")] == []
    assert hostmode.batch("in/*.json", "out/{stem}.npz", workers=1).done < 40
