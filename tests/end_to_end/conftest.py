"""A sound card for every test that needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stage import Stage

from hostmode.measure.virtual_sound_card import VirtualSoundCard, missing_parts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a stage with a sound card of its own."""
    pytest.importorskip("sounddevice", reason="sounddevice is not installed: pip install 'hostmode[audio]'")
    if missing := missing_parts():
        pytest.skip(f"no virtual sound card: {missing}")
    with VirtualSoundCard() as card:
        made = Stage(card)
        yield made
        made.clear()
