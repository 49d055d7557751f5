"""A real window, on a virtual display."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hostmode import Recording

pytestmark = pytest.mark.outer

pytest.importorskip("glfw")
pytest.importorskip("Xlib")
PROGRAM = Path(__file__).parent / "window_program.py"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program saw in its window."""
    if shutil.which("xvfb-run") is None:
        pytest.skip("needs xvfb")
    folder = tmp_path_factory.mktemp("window")
    command = ["xvfb-run", "-a", "-s", "-screen 0 800x600x24", sys.executable, str(PROGRAM), str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found["files"] = sorted(path.name for path in folder.iterdir())
    return found


def test_window_shows_a_head_that_speaks(seen: dict[str, Any]) -> None:
    assert seen["shape"] == [360, 320, 3]
    assert seen["spread"] > 20
    assert seen["changed"] > 10
    assert seen["pictures"] > 20


def test_window_shows_that_it_waits(seen: dict[str, Any]) -> None:
    assert seen["state_waiting"] == "active"
    assert seen["dots_idle"] == "000"
    assert seen["dots"] == ["100", "110", "111"]


def test_window_keys_do_what_they_say(seen: dict[str, Any]) -> None:
    assert seen["numbers"] > 5
    assert seen["paused"] == "paused"
    assert seen["volume"] == pytest.approx(0.95)
    assert seen["files"] == ["hostmode-1.png", "speaking.png"]


def test_window_closes_on_escape_of_the_displays_keyboard_and_the_avatar_speaks_on(seen: dict[str, Any]) -> None:
    assert seen["closed_by_escape"] is True
    assert seen["state_closed"] == "playing"


def test_window_the_sound_has_no_gap(seen: dict[str, Any]) -> None:
    assert (seen["underruns"], seen["stalls"]) == (0, 0)


def test_window_and_offscreen_in_one_process_are_refused(seen: dict[str, Any]) -> None:
    if sys.platform.startswith("linux"):
        assert "another process" in seen["mixed"]


def test_play_window_shows_a_recording_to_its_end(tmp_path: Path) -> None:
    if shutil.which("xvfb-run") is None:
        pytest.skip("needs xvfb")
    whole = Recording.embedded()
    recording = Recording.from_keyframes(
        whole.audio[: 2 * whole.sample_rate], whole.sample_rate, whole.keyframes[:50]
    )
    recording.save(tmp_path / "short.json")
    command = ["xvfb-run", "-a", sys.executable, "-m", "hostmode", "play", "short.json", "--window"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "0 underruns, 0 stalls" in done.stdout


def test_window_without_a_display_says_so(tmp_path: Path) -> None:
    program = (
        "from hostmode import Controller\nfrom hostmode.view import Window, GraphicsError\n"
        "try:\n    Window(Controller(16000, output='silent'))\nexcept GraphicsError as error:\n    print(error)\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "no display" in done.stdout, done.stderr
