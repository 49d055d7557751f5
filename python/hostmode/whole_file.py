"""Files that are there whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Letters of a name that the name to write to instead begins with: it may be no longer than file systems take.
_STEM: Final = 40


@contextlib.contextmanager
def whole_files(*paths: str | os.PathLike[str]) -> Iterator[tuple[Path, ...]]:
    """Yield names to write to instead; they take the places of `paths`, in this order, where nothing was raised.

    The names lie beside those of `paths` and end as they do. What was written is removed where something is raised,
    and what was there before stays.

    Raises
    ------
    OSError
        One of `paths` is there and no file, its folder is not there, or a name cannot be given.
    """
    targets = [Path(os.path.realpath(path)) for path in paths]
    for given, target in zip(paths, targets, strict=True):
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "it is there and no ordinary file", os.fspath(given))
        # Some libraries would make the folder, or find out after minutes of work.
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(given))
    token = secrets.token_hex(4)
    written = tuple(target.with_name(f".{target.stem[:_STEM]}.{token}{target.suffix}") for target in targets)
    try:
        yield written
        for source, target in zip(written, targets, strict=True):
            source.replace(target)
    except OSError as error:
        # People know the name they gave.
        for given, source in zip(paths, written, strict=True):
            if error.filename is not None and Path(os.fsdecode(error.filename)) == source:
                raise OSError(error.errno, error.strerror, os.fspath(given)) from None
        # Which of several it was is not said; the last one is what was asked for, and is not there either.
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, os.fspath(paths[-1])) from None
        raise
    finally:
        for source in written:
            source.unlink(missing_ok=True)
