"""Fixtures for the tests of the Python package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from controller_rig import SilentDevice, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(params=[None, 48000, 44100], ids=["equal", "48000", "44100"])
def stage(request: pytest.FixtureRequest) -> Iterator[Callable[..., Stage]]:
    """Return a function that makes a `Stage`; its controller is closed after the test.

    Each test runs with a device at the rate of the audio, and with devices at others.
    """
    stages: list[Stage] = []

    def make(*arguments: Any, **settings: Any) -> Stage:
        output = SilentDevice(request.param)
        stages.append(Stage(*arguments, **{"output": output, **settings}))
        return stages[-1]

    yield make
    for made in stages:
        made.avatar.close()
