"""Fixtures for the tests of the Python package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from controller_rig import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def stage() -> Iterator[Callable[..., Stage]]:
    """Return a function that makes a `Stage`; its controller is closed after the test."""
    stages: list[Stage] = []

    def make(*arguments: Any, **settings: Any) -> Stage:
        stages.append(Stage(*arguments, **settings))
        return stages[-1]

    yield make
    for made in stages:
        made.avatar.close()
