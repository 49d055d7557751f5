"""``hostmode demo`` as users with a display and a sound card meet it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from stage import repeated_where_the_machine_stalls

from hostmode import Recording

pytest.importorskip("glfw")
pytest.importorskip("aiohttp")

RATE = 48000


def levels(sound: npt.NDArray[np.int16], rate: int) -> npt.NDArray[np.float64]:
    """Return the level of every 20 ms between the first sound and the last."""
    sounding = np.flatnonzero(sound)
    block = rate // 50
    inner = sound[sounding[0] : sounding[-1]].astype(np.float64)
    return np.sqrt(np.mean(inner[: len(inner) // block * block].reshape(-1, block) ** 2, axis=1))


@repeated_where_the_machine_stalls
def test_demo_in_a_window_is_heard_whole_and_in_sync(stage):
    if shutil.which("xvfb-run") is None:
        pytest.skip("needs xvfb")
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24", sys.executable, "-m", "hostmode", "demo"]
    with tempfile.TemporaryDirectory() as folder, stage.card.record() as recording:
        done = subprocess.run(
            [*command, "--picture", "demo.png", "--film", "demo.mp4"],
            cwd=folder,
            env=stage.card.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        heard = recording.wait(0.2)
        written = {path.name for path in Path(folder).iterdir()}
    assert done.returncode == 0, done.stderr
    assert "demo.png" in written
    assert "demo.mp4" not in written  # it was shown in a window instead
    assert "0 underruns, 0 stalls" in done.stdout
    behind_ms, pictures = map(
        int, re.search(r"face ([+-]\d+) ms from the sound, (\d+) pictures", done.stdout).groups()
    )
    assert abs(behind_ms) <= 20
    assert pictures > 100
    utterance = Recording.embedded()
    shown, given = levels(heard, RATE), levels(utterance.audio, utterance.sample_rate)
    assert len(shown) == pytest.approx(len(given), abs=2)
    both = min(len(shown), len(given))
    assert np.corrcoef(shown[:both], given[:both])[0, 1] > 0.97
