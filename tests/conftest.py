"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the directory of real recordings, which are not part of the repository."""
    directory = os.environ.get("HOSTMODE_RECORDINGS")
    if not directory:
        pytest.skip("HOSTMODE_RECORDINGS is not set: it names the directory with speech-16k.json")
    return Path(directory)
