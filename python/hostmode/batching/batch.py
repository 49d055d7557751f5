"""A batch from beginning to end."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hostmode._core import __version__
from hostmode.batching.manifest import Manifest
from hostmode.batching.plan import make_plan
from hostmode.batching.processes import available_cores, run_on_processes
from hostmode.batching.work import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hostmode.batching.plan import Item, Plan
    from hostmode.batching.work import Outcome

_MANIFEST: Final = "batch.ndjson"


@dataclass(frozen=True)
class Failure:
    """An item that could not be done, and why, in one line."""

    input: Path
    error: str


@dataclass
class Progress:
    """How far a batch has come.

    Attributes
    ----------
    items : int
        All of them.
    done : int
        Those done now.
    kept : int
        Those that were done before.
    failed : int
        Those that cannot be done.
    seconds : float
        Of sound in those done now.
    elapsed : float
        Seconds since the first one began.
    """

    items: int
    done: int = 0
    kept: int = 0
    failed: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0

    @property
    def real_time_factor(self) -> float:
        """Seconds of sound that are done in a second."""
        return self.seconds / self.elapsed if self.elapsed else 0.0

    @property
    def time_left(self) -> float | None:
        """Seconds that the rest will take at the pace so far; ``None`` before the first item is done."""
        worked = self.done + self.failed
        return self.elapsed / worked * (self.items - worked - self.kept) if worked else None


@dataclass
class Batched(Progress):
    """What `batch` returns: `Progress` at its end, and

    Attributes
    ----------
    manifest : Path
    failures : list of Failure
    """

    manifest: Path = Path(_MANIFEST)
    failures: list[Failure] = field(default_factory=list)


def batch(
    patterns: str | Sequence[str],
    to: str,
    *,
    do: str | None = None,
    workers: int | None = None,
    engine: str | None = None,
    manifest: str | os.PathLike[str] | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
    words: Sequence[str] = (),
    **options: object,
) -> Batched:
    """Play, render, speak, inspect or export many files; started again, do what is missing.

    ::

        hostmode.batch("recordings/*.json", to="videos/{stem}.mp4", size=256, fps=30)

    An item is the command ``hostmode DO INPUT OUTPUT`` (extra `cli`), in a process that does one after the other.
    What comes of it gets its name when it is whole. One that fails stops no other. An item whose input, settings and
    version of hostmode are those of a line in the manifest, and whose output is as it was, is kept.

    Parameters
    ----------
    patterns : str or sequence of str
        Files, with ``*``, ``?`` and ``**``.
    to : str
        The output of each, with ``{stem}``, ``{name}`` and ``{parent}`` of the input.
    do : str, optional
        ``"render"``, ``"export"``, ``"play"``, ``"speak"`` or ``"inspect"``; by the ending of `to` a video or picture
        is rendered, a .wav played, anything else exported.
    workers : int, optional
        Processes; one a core unless given.
    engine : str, optional
        ``"ray://HOST:PORT"``, or ``"ray"`` for the cluster that this machine belongs to (extra `ray`).
    manifest : path, optional
        ``batch.ndjson`` in the folder of the outputs unless given.
    progress : callable, optional
        Called after each item.
    words : sequence of str
        Further words of the command, as in a shell.
    **options
        Further options of the command: ``size=256`` is ``--size 256``, ``transparent=True`` is ``--transparent``, and
        ``as_`` is ``--as``.

    Returns
    -------
    Batched
        Look at its `failures`.

    Raises
    ------
    ValueError
        An option is none of the command's, two items would write the same file, or a number is out of range.
    FileNotFoundError
        A pattern matches no file.
    HostModeError
        Another batch writes to the manifest, or there is no such cluster.
    OSError
        The manifest or an output cannot be written.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}; it must be at least 1")
    if engine is not None and not re.fullmatch(r"ray|ray://[^\s/]+", engine):
        raise ValueError(f"engine is {engine!r}; it must be ray or ray://HOST:PORT")
    listed = [patterns] if isinstance(patterns, str) else patterns
    plan = make_plan(listed, to, do, [*words, *_words_of(options)])
    plan.check_options()
    path = _default_manifest(to) if manifest is None else Path(manifest)
    with Manifest(path) as written:
        run = _Run(plan, written, progress)
        try:
            if engine is None:
                outcomes = run_on_processes(run.tasks(), workers or available_cores())
            else:
                from hostmode.batching.cluster import run_on_ray

                outcomes = run_on_ray(run.tasks(), engine)
            # Workers end here, whatever ends this.
            with contextlib.closing(outcomes):
                run.settle(outcomes)
        finally:
            run.clean()
    # Not in the order in which workers happened to come upon them.
    run.result.failures.sort(key=lambda failure: failure.input)
    return run.result


def _words_of(options: dict[str, object]) -> list[str]:
    words: list[str] = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            words += [option, str(value)]
    return words


def _default_manifest(to: str) -> Path:
    fixed = to.partition("{")[0]
    folder = fixed if fixed.endswith("/") else Path(fixed).parent
    return Path(folder) / _MANIFEST


class _Run:
    """One run of a plan."""

    def __init__(self, plan: Plan, manifest: Manifest, progress: Callable[[Progress], None]) -> None:
        self._plan = plan
        self._manifest = manifest
        self._progress = progress
        self._working: dict[int, tuple[str, dict[str, str]]] = {}
        self._begun = time.monotonic()
        self.result = Batched(len(plan.items), manifest=manifest.path)
        self._folders = {item.output.parent: self._folder(item) for item in plan.items}
        # What a run that was killed left behind.
        self.clean()
        settings = {"hostmode": __version__, "do": plan.action, "options": list(plan.options)}
        manifest.add({**settings, "items": len(plan.items)})

    def _folder(self, item: Item) -> Path:
        # On the same file system as the output, which takes its name by being moved there.
        return item.output.parent / f".{self._manifest.path.name}.work"

    def clean(self) -> None:
        """Remove the folders in which was worked."""
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)

    def tasks(self) -> Iterator[tuple[int, Task]]:
        """Yield what is missing, looked for as it is asked for."""
        for number, item in enumerate(self._plan.items):
            try:
                key, inputs = self._plan.key(item)
            except OSError as error:
                self._fail(item, f"{error.filename}: {error.strerror}", 0.0)
                continue
            if self._manifest.is_done(item, key):
                self.result.kept += 1
                self._tell()
                continue
            self._working[number] = key, inputs
            folder = self._folder(item) / str(number)
            yield (
                number,
                Task(self._plan.action, list(self._plan.options), str(item.input), str(folder), item.output.name),
            )

    def settle(self, outcomes: Iterable[tuple[int, Outcome]]) -> None:
        """Write down what has become of each item, and give what came of it its name."""
        for number, outcome in outcomes:
            item = self._plan.items[number]
            key, inputs = self._working.pop(number)
            if outcome.error:
                self._fail(item, outcome.error, outcome.took)
                continue
            entry: dict[str, Any] = {
                "input": item.input.as_posix(),
                "output": item.output.as_posix(),
                "key": key,
                "inputs": inputs,
                "outputs": outcome.outputs,
                "seconds": round(outcome.seconds, 6),
                "took": round(outcome.took, 3),
            }
            self._manifest.add(entry)
            folder = self._folder(item) / str(number)
            try:
                _place(folder, item.output, list(outcome.outputs))
            except OSError as error:
                self._fail(item, f"{item.output}: {error.strerror}", outcome.took)
                continue
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            self.result.done += 1
            self.result.seconds += outcome.seconds
            self._tell()

    def _fail(self, item: Item, error: str, took: float) -> None:
        error = error.removeprefix(f"{item.input}: ")
        self.result.failures.append(Failure(item.input, error))
        self.result.failed += 1
        self._manifest.add({"input": item.input.as_posix(), "error": error, "took": round(took, 3)})
        self._tell()

    def _tell(self) -> None:
        self.result.elapsed = time.monotonic() - self._begun
        self._progress(self.result)


def _place(folder: Path, output: Path, names: list[str]) -> None:
    """Give what came of an item its names. What lies beside comes first: where the output is, all is."""
    if output.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    for name in sorted(names, key=lambda name: name == output.name):
        (folder / name).replace(output.parent / name)
