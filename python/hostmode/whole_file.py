"""Files that are there whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def whole_files(*paths: str | os.PathLike[str]) -> Iterator[tuple[Path, ...]]:
    """Yield names to write to instead; they take the places of `paths`, in this order, where nothing was raised.

    The names lie beside those of `paths` and end as they do. What was written is removed where something is raised,
    and what was there before stays.

    Raises
    ------
    OSError
        One of `paths` is there and no file, or a name cannot be given.
    """
    targets = [Path(os.path.realpath(path)) for path in paths]
    for given, target in zip(paths, targets, strict=True):
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "it is there and no ordinary file", os.fspath(given))
    token = secrets.token_hex(4)
    written = tuple(target.with_name(f".{target.stem}.{token}{target.suffix}") for target in targets)
    try:
        yield written
        for source, target in zip(written, targets, strict=True):
            source.replace(target)
    except OSError as error:
        # People know the name they gave.
        for given, source in zip(paths, written, strict=True):
            if error.filename is not None and Path(os.fsdecode(error.filename)) == source:
                raise OSError(error.errno, error.strerror, os.fspath(given)) from None
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, os.fspath(paths[0])) from None
        raise
    finally:
        for source in written:
            source.unlink(missing_ok=True)
