"""What importing hostmode costs and brings along."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest

import hostmode

# Timed in an interpreter of its own, after NumPy, with the bytecode cached by the runs before it.
MEASURE = """
import json, sys, time
import numpy
before = set(sys.modules)
start = time.process_time()  # of this process alone, however busy the machine is
import hostmode
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before)}))
"""

# What the extras bring.
OPTIONAL = {
    "av",
    "glfw",
    "matplotlib",
    "moderngl",
    "rich",
    "sounddevice",
    "typer",
    "websockets",
    "pythonosc",
    "pxr",
    "pyarrow",
    "ray",
}


def measured_import() -> dict[str, object]:
    run = subprocess.run([sys.executable, "-c", MEASURE], check=True, capture_output=True, text=True)
    result: dict[str, object] = json.loads(run.stdout)
    return result


@pytest.mark.as_shipped
@pytest.mark.alone
def test_import_costs_less_than_50_ms_beyond_numpy() -> None:
    # The least of several runs: the first may compile, and caches are cold where others run.
    assert min(float(measured_import()["seconds"]) for _ in range(5)) < 0.05  # type: ignore[arg-type]


def test_import_brings_no_optional_dependency_and_no_event_loop() -> None:
    modules = {name.partition(".")[0] for name in measured_import()["modules"]}  # type: ignore[attr-defined]

    assert not modules & (OPTIONAL | {"asyncio"})


def test_import_is_lazy_about_the_live_half() -> None:
    modules = set(measured_import()["modules"])  # type: ignore[call-overload]

    assert not modules & {"hostmode.controller", "hostmode.recording", "hostmode.audio", "hostmode.cli"}


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python needs its GIL")
def test_import_leaves_the_gil_off() -> None:
    source = "import hostmode, sys; sys.exit(sys._is_gil_enabled())"

    assert subprocess.run([sys.executable, "-W", "error", "-c", source], check=False).returncode == 0


def test_version_is_that_of_the_distribution() -> None:
    assert hostmode.__version__ == version("hostmode")


def test_dir_lists_every_public_name() -> None:
    assert set(hostmode.__all__) <= set(dir(hostmode))


@pytest.mark.parametrize("name", hostmode.__all__)
def test_public_name_resolves(name: str) -> None:
    assert getattr(hostmode, name) is not None


def test_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'hostmode' has no attribute 'Contoller'"):
        _ = hostmode.Contoller  # type: ignore[attr-defined]


def test_get_include_holds_the_headers() -> None:
    assert (Path(hostmode.get_include()) / "hostmode" / "keyframe.h").is_file()
