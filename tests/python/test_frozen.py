"""What PyInstaller is told about hostmode, so that a frozen application finds its data and its commands."""

from __future__ import annotations

import runpy
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import hostmode
from hostmode.cli.app import COMMANDS

pytestmark = pytest.mark.outer

pytest.importorskip("PyInstaller", reason="pip install pyinstaller")


@pytest.fixture(scope="module")
def hook() -> dict[str, list]:
    """Return what the hook says, found as PyInstaller finds it."""
    (entry,) = [one for one in entry_points(group="pyinstaller40") if one.value.startswith("hostmode.")]
    (folder,) = entry.load()()
    return runpy.run_path(str(Path(folder) / "hook-hostmode.py"))


def test_frozen_application_is_given_every_data_file(hook):
    package = Path(hostmode.__file__).parent
    given = {
        Path(source).relative_to(package).as_posix()
        for source, _ in hook["datas"]
        if Path(source).is_relative_to(package)
    }
    needed = {path.relative_to(package).as_posix() for path in (package / "data").rglob("*") if path.is_file()}
    needed |= {path.relative_to(package).as_posix() for path in package.glob("view/shaders/*")}

    assert "data/utterance.npz" in needed
    assert needed <= given


def test_frozen_application_is_given_every_module_that_is_imported_by_name(hook):
    modules = set(hook["hiddenimports"])

    assert {f"hostmode.cli.{command}" for command in COMMANDS} <= modules
    assert {"hostmode.cli.bench.sync", "hostmode.controller", "hostmode.recording", "hostmode.offline"} <= modules
    assert not [name for name in modules if name.startswith("hostmode._pyinstaller")]
