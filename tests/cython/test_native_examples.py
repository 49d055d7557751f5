"""The native callers of the documentation, compiled as their readers would."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hostmode

EXAMPLES = Path(__file__).parents[2] / "examples" / "native"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of this installation")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with both extensions."""
    directory = tmp_path_factory.mktemp("native") / "examples"
    shutil.copytree(EXAMPLES, directory)
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    build = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stdout + build.stderr
    return directory


def module(built: Path, name: str) -> Any:
    (path,) = [p for p in built.glob(f"{name}.*") if p.suffix in {".so", ".pyd"}]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def speaking_player(now: float, seed: int = 0) -> hostmode.Player:
    """Return a player that speaks the embedded utterance, unheard, from `now` on."""
    recording = hostmode.Recording.embedded()
    player = hostmode.Player(recording.sample_rate, hostmode.PlayerConfig(seed=seed, motion_wait=0.0))
    player.start_silent_clock(now=now)
    conversation_id = player.push_audio(recording.audio, end=True, now=now)
    player.push_motion(recording.messages, conversation_id, now=now)
    return player


def test_crowd_samples_what_sample_many_does(built: Path) -> None:
    players = [speaking_player(0.0, seed) for seed in range(3)]
    for player in players:
        player.advance(1.0)
    poses, expected = np.empty((2, 3, hostmode.KEYFRAME_FLOATS), np.float32)

    module(built, "crowd").Crowd(players).sample(1.0, poses)

    hostmode.sample_many(players, 1.0, expected)
    assert np.ptp(expected) > 0.1
    np.testing.assert_array_equal(poses, expected)


def test_crowd_refuses_what_is_no_player_and_arrays_of_another_shape(built: Path) -> None:
    crowd = module(built, "crowd").Crowd

    with pytest.raises(TypeError, match=r"wanted a hostmode\.Player"):
        crowd([speaking_player(0.0), "no player"])
    with pytest.raises(ValueError, match="wanted 1 x 120"):
        crowd([speaking_player(0.0)]).sample(0.0, np.empty((2, 120), np.float32))


def test_render_thread_sees_the_jaw_move(built: Path) -> None:
    player = speaking_player(hostmode.now() - 1.0)
    over = threading.Event()

    def play() -> None:
        while not over.wait(0.002):
            player.advance(hostmode.now())

    playing = threading.Thread(target=play)
    playing.start()
    openings = module(built, "render_thread").run(player, frames=50, fps=250.0)
    over.set()
    playing.join()

    assert len(openings) == 50
    assert max(openings) - min(openings) > 0.005
