"""``hostmode plot``: a picture that matplotlib can read back and that is not empty."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

import hostmode
from hostmode import Recording
from hostmode.cli.app import app
from hostmode.recording.figure import save_figure

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


def test_plot_recording_writes_a_picture_with_every_part(tmp_path: Path) -> None:
    from matplotlib.image import imread

    Recording.embedded().save(tmp_path / "x.json")

    result = CliRunner().invoke(app, ["plot", str(tmp_path / "x.json"), str(tmp_path / "x.png")])
    picture = imread(tmp_path / "x.png")[:, :, :3]

    assert result.exit_code == 0
    height, width, _ = picture.shape
    assert (height, width) == (1140, 1800)
    for quarter in np.array_split(picture, 4):
        assert 0.03 < np.mean(np.any(quarter < 0.95, axis=2)) < 0.95


@pytest.mark.parametrize("keyframes", [0, 1, 2])
def test_plot_recording_with_next_to_nothing_in_it_is_drawn(tmp_path: Path, keyframes: int) -> None:
    motion = np.full((keyframes, 120), 0.1, np.float32)
    recording = Recording.from_keyframes(np.empty(0, np.int16), 16000, motion)

    save_figure(recording, tmp_path / "x.svg", title="almost nothing")

    assert (tmp_path / "x.svg").stat().st_size > 1000


def test_plot_recording_without_sound_or_motion_says_so(tmp_path: Path) -> None:
    save_figure(Recording(np.empty(0, np.int16), 16000, []), tmp_path / "x.svg", title="")

    # Matplotlib draws letters as outlines and names each text in a comment.
    drawn = (tmp_path / "x.svg").read_text()
    assert drawn.count("<!-- no motion -->") == 3
    assert "<!-- no sound -->" in drawn


def test_plot_many_seams_are_marked_at_the_edge_only(tmp_path: Path) -> None:
    few, many = (
        Recording.from_keyframes(np.zeros(16000, np.int16), 16000, np.zeros((count, 120), np.float32))
        for count in (500, 7000)
    )
    save_figure(few, tmp_path / "few.svg", title="")
    save_figure(many, tmp_path / "many.svg", title="")

    assert "<!-- messages meet -->" in (tmp_path / "few.svg").read_text()
    assert "<!-- messages meet -->" not in (tmp_path / "many.svg").read_text()


def test_plot_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(hostmode.HostModeError, match=r"png.*not 'xyz'"):
        save_figure(Recording.embedded(), tmp_path / "x.xyz", title="")


def test_plot_without_matplotlib_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(hostmode.MissingExtraError, match=r'pip install "hostmode\[plot\]"'):
        save_figure(Recording.embedded(), tmp_path / "x.png", title="")
