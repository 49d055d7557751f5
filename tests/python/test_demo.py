"""``hostmode demo``: plain speech, motion made of it, a relay, a controller, a face."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_runner import run_cli
from graphics import needs_graphics
from test_speak import mouth_pixels

from hostmode import Recording

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

pytestmark = pytest.mark.outer

FILM_HZ = 25
EXCERPT_S = 5.0


@pytest.fixture
def speech(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Recording:
    """Let the embedded utterance be its first seconds; its motion, which must not be used, lies at rest."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    whole, seconds = Recording.embedded(), getattr(request, "param", 1.0)
    audio = whole.audio[: round(seconds * whole.sample_rate)]
    short = Recording.from_keyframes(audio, whole.sample_rate, np.zeros((round(seconds * 25), 120), np.float32))
    monkeypatch.setattr(Recording, "embedded", classmethod(lambda cls: short))
    return short


def demo(folder: Path) -> str:
    return run_cli("demo", "--picture", folder / "x.png", "--film", folder / "x.mp4")


def test_demo_without_matplotlib_still_plays_and_says_so(
    monkeypatch: pytest.MonkeyPatch, speech: Recording, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert 'picture  none: plotting needs matplotlib: pip install "hostmode[plot]"' in demo(tmp_path)


def test_demo_without_aiohttp_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, speech: Recording, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    run_cli("demo", "--picture", tmp_path / "x.png", "--film", tmp_path / "x.mp4", fails_with=r"hostmode\[relay\]")


def test_demo_says_in_a_line_what_each_stage_did(speech: Recording, tmp_path: Path) -> None:
    lines = dict(line.split(maxsplit=1) for line in demo(tmp_path).splitlines() if line[:1].isalpha())
    assert lines["speech"] == "1.00 s at 16000 Hz, without motion"
    assert lines["motion"].startswith("25 keyframes made of it here")
    assert lines["relay"].startswith("1.00 s of sound and 25 keyframes over ws://127.0.0.1:")
    assert lines["relay"].endswith("byte for byte what was sent")
    assert "25 keyframes, 0 late" in lines["buffers"]
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def loudness(path: Path, pictures: int) -> npt.NDArray[np.float64]:
    """Return the RMS of a film's sound around each of its pictures."""
    av = pytest.importorskip("av")
    with av.open(str(path)) as file:
        parts = [frame.to_ndarray().astype(np.float64).mean(axis=0) for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    sound, size = np.concatenate(parts) ** 2, rate / FILM_HZ
    edges = ((np.arange(pictures + 1) - 0.5).clip(0) * size).astype(int)
    return np.sqrt([np.mean(sound[a:b]) if b > a and a < len(sound) else 0.0 for a, b in itertools.pairwise(edges)])


@needs_graphics
@pytest.mark.parametrize("speech", [EXCERPT_S], indirect=True)
def test_demo_film_moves_lips_with_its_sound_and_is_the_same_every_time(speech: Recording, tmp_path: Path) -> None:
    films = []
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        assert str(tmp_path / name / "x.mp4") in demo(tmp_path / name).replace("\n", "")
        films.append([(tmp_path / name / file).read_bytes() for file in ("x.mp4", "x-sheet.png")])
    assert films[0] == films[1]

    opening = mouth_pixels(tmp_path / "first" / "x.mp4")
    heard = loudness(tmp_path / "first" / "x.mp4", len(opening))
    assert len(opening) == pytest.approx((EXCERPT_S + 1.0) * FILM_HZ, abs=1)
    lags = range(-6, 7)
    likeness = [np.corrcoef(heard[6:-6], np.roll(opening, -lag)[6:-6])[0, 1] for lag in lags]
    # Within 40 ms, which is one picture.
    assert abs(lags[int(np.argmax(likeness))]) <= 1, likeness
    assert max(likeness) > 0.5
