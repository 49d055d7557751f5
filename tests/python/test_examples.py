"""The examples run as they are, and are short enough to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hostmode import Recording
from hostmode.motion import source_named

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED = {
    "stream_tts_chunks": ("motion: 50 keyframes", "complete", "idle (playback_end)", "underruns: 0"),
    "render_loop": ("jaw", "frames"),
    "asyncio_events": ("playback_started", "playback_end"),
    "barge_in": (
        "interrupted after 1.5",
        "idle (user_action)",
        "late and discarded: 1 sound, 1 motion",
        "second turn",
    ),
    "own_motion": ("a motion source: True", "60 keyframes, 2.4 s heard"),
    "expressions": ("smile", "wink"),
    "fastapi_relay": ("1 client", "playing", "idle (playback_end)", "60 keyframes"),
    "voice_agent": (
        "user: Tell me",
        "for the language model: cut off after",
        "user: Wait",
        "said in full: 2.0 s (playback_end)",
    ),
    "batch_folder": ("short.json", "times real time", "skipped:"),
}

pytestmark = [
    pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of this installation"),
    pytest.mark.outer,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a recording of 2.4 s, and a file that is none."""
    folder = tmp_path_factory.mktemp("recordings")
    whole = Recording.embedded()
    short = Recording.from_keyframes(
        whole.audio[: 60 * 640], whole.sample_rate, whole.keyframes[:60], req_id=whole.req_id
    )
    short.save(folder / "short.json")
    (folder / "broken.json").write_text("{")
    return folder


def test_examples_are_all_tested_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} >= set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example_runs_and_says_what_it_should(name: str, folder: Path, tmp_path: Path) -> None:
    arguments = {"batch_folder": [folder, tmp_path], "expressions": [tmp_path / "x.png"]}.get(
        name, [folder / "short.json"]
    )

    run = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    for words in EXPECTED[name]:
        assert words in run.stdout


def test_batch_folder_writes_sound_and_poses(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "batch_folder.py"), str(folder), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)

    assert (tmp_path / "short.wav").read_bytes().startswith(b"RIFF")
    with np.load(tmp_path / "short.npz") as stored:
        assert stored["poses"].shape == (72, 120)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_example_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80


def test_own_motion_does_not_depend_on_how_its_sound_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    make = source_named("own_motion:OwnMotion")
    sound = Recording.embedded().audio[:20000]
    for size in (1, 777, 20000):
        source = make(16000)
        made = [source.push(sound[start : start + size]) for start in range(0, len(sound), size)]
        keyframes = np.concatenate([*made, source.finish()])
        assert keyframes.shape == (32, 120)
        if size == 1:
            expected = keyframes
        np.testing.assert_array_equal(keyframes, expected)
    assert np.ptp(expected[:, 9]) > 0.02
