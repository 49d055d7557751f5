"""What an installed hostmode consists of."""

from __future__ import annotations

import sys
from importlib.metadata import files
from pathlib import Path, PurePosixPath

import pytest

import hostmode

pytestmark = pytest.mark.outer

SOURCES = Path(__file__).parents[2] / "python"
PACKAGE = Path(hostmode.__file__).parent
HEADERS = {"hostmode/include/hostmode/capi.h", "hostmode/include/hostmode/keyframe.h"}


def package_files() -> dict[str, int]:
    """Return the sizes of the installed files, without metadata, scripts and bytecode, by name."""
    installed = files("hostmode")
    assert installed is not None
    return {
        str(PurePosixPath(file)): file.locate().stat().st_size
        for file in installed
        if file.parts[0] == "hostmode" and file.suffix != ".pyc"
    }


def test_installed_package_holds_the_sources_the_headers_and_one_extension_and_nothing_else() -> None:
    sources = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    installed = set(package_files())
    extensions = {name for name in installed if name.startswith("hostmode/_core.") and not name.endswith(".pyi")}

    assert len(extensions) == 1
    assert installed - extensions == sources | HEADERS


def test_installed_package_stands_alone_at_top_level() -> None:
    installed = files("hostmode")
    assert installed is not None
    top_level = {file.parts[0] for file in installed if file.parts[0] not in {"..", "hostmode"}}

    assert all(name.startswith("hostmode-") and name.endswith(".dist-info") for name in top_level)


@pytest.mark.parametrize("name", ["py.typed", "_core.pyi", "capi.pxd", "__init__.pxd", "data/utterance.npz"])
def test_installed_package_has_what_only_other_tools_read(name: str) -> None:
    assert f"hostmode/{name}" in package_files()


@pytest.mark.as_shipped
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere symbols are kept apart or leave no such name")
def test_installed_extension_is_stripped() -> None:
    (extension,) = PACKAGE.glob("_core.*.so")

    assert b".symtab" not in extension.read_bytes()
