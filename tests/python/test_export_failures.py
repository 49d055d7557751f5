"""Exports are there whole or not at all, and what is wrong is said in one line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from cli_runner import run_cli
from exported_files import WRITTEN, exported, short_recording

import hostmode
from hostmode import Recording

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.outer


@pytest.fixture(scope="module")
def recording() -> Recording:
    return short_recording()


@pytest.mark.parametrize("name", WRITTEN)
def test_same_recording_gives_the_same_bytes(recording: Recording, tmp_path: Path, name: str) -> None:
    both = [tmp_path / folder for folder in "ab"]
    for folder in both:
        folder.mkdir()
        exported(recording, folder / name)

    assert (both[0] / name).read_bytes() == (both[1] / name).read_bytes()
    assert sorted(path.name for path in both[0].iterdir()) == sorted({name, "x.wav"})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x.fbx",), "must end in"),
        (("x.csv", "--as", "glb"), "must end in .glb"),
        (("x.csv", "--as", "bvh"), "no format"),
        (("x.csv", "--rate", "12"), "24 to 120"),
        (("x.csv", "--start", "noon"), "no timecode"),
        (("x.vrma", "--shapes", "flame"), "neither vrm nor arkit"),
        (("x.glb", "--start", "01:00:00:00"), "means nothing for glb"),
        (("x.csv", "--shapes", "arkit"), "means nothing for livelink"),
        (("x.csv", "--head", "r.json"), "means nothing for livelink"),
        (("x.npz", "--map", "r.json"), "means nothing for poses"),
        (("r.json",), "take the place of the recording"),
        (("x.glb", "--head", "r.json"), "no head"),
        (("nowhere/x.csv",), "No such file"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    recording: Recording, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    recording.save(tmp_path / "r.json")
    output, *options = (tmp_path / part if part == "r.json" else part for part in arguments)

    run_cli("export", tmp_path / "r.json", tmp_path / output, *options, fails_with=words)

    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_export_to_what_is_no_file_is_refused_and_leaves_it(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()

    with pytest.raises(OSError, match="no ordinary file"):
        hostmode.export(recording, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").is_dir()


@pytest.mark.parametrize(("name", "module", "extra"), [("x.usda", "pxr", "usd"), ("x.parquet", "pyarrow", "parquet")])
def test_missing_package_is_named_with_its_extra(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(hostmode.MissingExtraError, match=rf"hostmode\[{extra}\]"):
        hostmode.export(recording, tmp_path / name)
    assert not list(tmp_path.iterdir())
