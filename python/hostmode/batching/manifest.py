"""What a batch has done, one line of JSON an item, so that it can be killed and go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from hostmode.batching.plan import hash_file
from hostmode.errors import HostModeError

if TYPE_CHECKING:
    from types import TracebackType

    from hostmode.batching.plan import Item


class Manifest:
    """A file of lines, of which the last one of an output counts.

    A line is written before its output is given its name, so an output that is there is in the file.

    Raises
    ------
    HostModeError
        Another batch writes to it.
    OSError
        It cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a+", encoding="utf-8", errors="replace")
        try:
            _lock(self._file, path)
            self._done = self._read()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Manifest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _read(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Return key and outputs of what was done, by output."""
        done: dict[str, tuple[str, dict[str, str]]] = {}
        self._file.seek(0)
        whole = True
        for line in self._file:
            # A line that was cut off by a kill says nothing, and the next one must not go on in it.
            whole = line.endswith("\n")
            try:
                entry = json.loads(line)
                output, key, outputs = entry["output"], entry["key"], entry["outputs"]
            except (ValueError, KeyError, TypeError):
                continue
            if isinstance(output, str) and isinstance(outputs, dict):
                done[output] = (key, outputs)
        if not whole:
            self.write_line("")
        return done

    def is_done(self, item: Item, key: str) -> bool:
        """Return whether the item was done with these inputs and settings, and what came of it is there unchanged."""
        known, outputs = self._done.get(item.output.as_posix(), ("", {}))
        if known != key or not outputs:
            return False
        try:
            return all(hash_file(item.output.parent / Path(name).name) == digest for name, digest in outputs.items())
        except OSError:
            return False

    def add(self, entry: dict[str, Any]) -> None:
        """Write down what became of an item."""
        self.write_line(json.dumps(entry))

    def write_line(self, line: str) -> None:
        """Write a line at once: it stays whatever happens to this process."""
        self._file.write(f"{line}\n")
        self._file.flush()


def _lock(file: TextIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows refuses to rename over a file that is open, which does as much
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise HostModeError(f"another batch writes to {path}; wait for it, or give --manifest another name") from None
