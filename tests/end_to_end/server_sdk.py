"""The published server SDKs, each in a directory of its own: two of them cannot be imported into one process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

VERSIONS = {"avatarkit": "0.1.7", "spatius": "1.1.1", "spatialreal": "0.2.2"}
_STORE = Path(__file__).parents[2] / "build" / "server-sdks"
_PATIENCE_S = 300


def environment_with(sdk: str) -> dict[str, str]:
    """Return an environment in which this interpreter finds the SDK; skip the test where it cannot be had."""
    folder = _STORE / f"{sdk}-{VERSIONS[sdk]}-{sys.version_info[0]}.{sys.version_info[1]}"
    if not folder.exists():
        _STORE.mkdir(parents=True, exist_ok=True)
        # Beside it first: other processes may want the same at the same time, and see it whole or not at all.
        with tempfile.TemporaryDirectory(dir=_STORE) as beside:
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
            command += ["--target", f"{beside}/{sdk}", f"{sdk}=={VERSIONS[sdk]}"]
            installed = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
            if installed.returncode != 0:
                pytest.skip(f"{sdk} cannot be installed: {installed.stderr.strip().splitlines()[-1:]}")
            with suppress(OSError):  # another process was quicker
                Path(beside, sdk).rename(folder)
    # Behind what hostmode needs, so that both see the same NumPy and protobuf.
    return {**os.environ, "PYTHONPATH": str(folder)}
