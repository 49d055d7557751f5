"""Text that cannot steer a terminal."""

from __future__ import annotations


def printable(text: object) -> str:
    r"""Spell out what is no text, such as ``\x1b``: what comes from a file must not steer the terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(text)
    )
