"""A sound card for every test that needs one, and nothing else beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from stage import Stage

from hostmode.measure.virtual_sound_card import VirtualSoundCard, missing_parts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "stage" in getattr(item, "fixturenames", ()):
            item.add_marker("alone")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a stage with a sound card of its own."""
    try:
        import sounddevice  # noqa: F401
    except ImportError:
        pytest.skip("sounddevice is not installed: pip install 'hostmode[audio]'")
    except OSError as error:
        pytest.skip(f"{error} (Debian: libportaudio2)")
    if missing := missing_parts():
        pytest.skip(f"no virtual sound card: {missing}")
    with VirtualSoundCard() as card:
        made = Stage(card)
        yield made
        made.clear()
