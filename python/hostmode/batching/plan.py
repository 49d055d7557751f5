"""Which files are worked on, by which command, and what comes of each."""

from __future__ import annotations

import glob
import hashlib
import importlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hostmode._core import __version__
from hostmode.errors import MissingExtraError
from hostmode.recording.sound_file import places_of_sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Commands of which each item can be one.
ACTIONS: Final = ("play", "render", "speak", "inspect", "export")

_FILMS: Final = (".mp4", ".webm", ".gif", ".png")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Item:
    """One input, and the file that comes of it."""

    input: Path
    output: Path


@dataclass(frozen=True)
class Plan:
    """What is to be done with each item.

    Attributes
    ----------
    action : str
        One of `ACTIONS`.
    options : tuple of str
        Further words of that command.
    items : tuple of Item
    """

    action: str
    options: tuple[str, ...]
    items: tuple[Item, ...]
    _hashes: dict[Path, str] = field(default_factory=dict, compare=False)

    def words(self, source: str | os.PathLike[str], target: str | os.PathLike[str]) -> list[str]:
        """Return the words of the command for one item."""
        return words_of(self.action, self.options, os.fspath(source), os.fspath(target))

    def option_files(self) -> list[Path]:
        """Return the files among the options, such as a head."""
        return [Path(word) for word in self.options if word and Path(word).is_file()]

    def key(self, item: Item) -> tuple[str, dict[str, str]]:
        """Return what the output depends on as one hash, and the hash of each input file by its path."""
        inputs = {path.as_posix(): hash_file(path) for path in input_files(item.input)}
        options = [self._option_hash(path) for path in self.option_files()]
        # Not the folders: what is moved as a whole is the same.
        names = [[Path(path).name, digest] for path, digest in inputs.items()]
        parts = [__version__, self.action, self.options, item.output.name, names, options]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest(), inputs

    def _option_hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = hash_file(path)
        return self._hashes[path]

    def check_options(self) -> None:
        """Raise what the command says of words it does not know.

        Raises
        ------
        ValueError
            In one line.
        MissingExtraError
            The command line is not installed.
        """
        if not self.items:
            return
        try:
            usage_error = command_error()
        except ImportError as error:
            raise MissingExtraError('batches need the command line: pip install "hostmode[cli]"') from error
        first = self.items[0]
        try:
            command_of(self.action).make_context(self.action, self.words(first.input, first.output))
        except usage_error as error:
            message = error.format_message()  # type: ignore[attr-defined]
            raise ValueError(f"hostmode {self.action}: {' '.join(message.split())}") from None


def words_of(action: str, options: Sequence[str], source: str, target: str) -> list[str]:
    """Return the words after ``hostmode ACTION`` that make `target` of `source`; `inspect` prints what it makes."""
    # A name may begin with a dash.
    source = os.path.join(".", source) if source.startswith("-") else source  # noqa: PTH118 - Path would drop "./"
    if action == "inspect":
        return [source, "--json", *options]
    if action == "play":
        option = "--audio-out" if target.lower().endswith(".wav") else "--poses-out"
        return [source, option, target, *options]
    return [source, target, *options]


def command_error() -> type[Exception]:
    """Return what commands raise where they are used wrongly: Click's, which Typer has a copy of in some versions."""
    import typer

    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def command_of(action: str) -> Any:
    """Return the command, as the command line has it."""
    from typer.main import get_command

    try:
        return get_command(importlib.import_module(f"hostmode.cli.{action}").app)
    except ModuleNotFoundError as error:
        if error.name != f"hostmode.cli.{action}":
            raise
        raise ValueError(f"this hostmode has no command {action!r}") from None


def make_plan(patterns: Iterable[str], to: str, action: str | None, options: Sequence[str]) -> Plan:
    """Find the files and name what comes of them.

    Raises
    ------
    ValueError
        `to` or `action` is no such thing, or two items would write the same file.
    FileNotFoundError
        A pattern matches no file.
    """
    if action is None:
        action = _action_for(to)
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is none of {', '.join(ACTIONS)}")
    inputs: dict[str, None] = {}
    for pattern in patterns:
        found = sorted(path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207
        if not found:
            raise FileNotFoundError(2, "no file has such a name", pattern)
        inputs |= dict.fromkeys(found)
    items = tuple(Item(Path(path), _output(to, Path(path))) for path in inputs)
    _check_outputs(items, to)
    return Plan(action, tuple(options), items)


def _action_for(to: str) -> str:
    ending = Path(to).suffix.lower()
    if ending in _FILMS:
        return "render"
    return "play" if ending == ".wav" else "export"


def _output(to: str, source: Path) -> Path:
    try:
        return Path(to.format(stem=source.stem, name=source.name, parent=source.parent.as_posix()))
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise ValueError(f"{to!r}: {error}; there are {{stem}}, {{name}} and {{parent}}") from None


def _check_outputs(items: tuple[Item, ...], to: str) -> None:
    sources = {os.path.realpath(item.input) for item in items}
    writers: dict[str, Path] = {}
    for item in items:
        place = os.path.realpath(item.output)
        if place in writers:
            raise ValueError(
                f"{writers[place]} and {item.input} would both become {item.output}: add {{stem}} to {to!r}"
            )
        if place in sources:
            raise ValueError(f"{item.output} would take the place of an input: choose another --to")
        writers[place] = item.input


def input_files(path: Path) -> list[Path]:
    """Return the file, and the sound that may lie beside it."""
    return [path, *(place for place in places_of_sound(path) if place.is_file())]


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
