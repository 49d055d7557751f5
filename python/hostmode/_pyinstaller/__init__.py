"""Tells PyInstaller what a frozen application needs of hostmode; found through the package's entry point."""

from __future__ import annotations

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Return where the hook is."""
    return [str(Path(__file__).parent)]
