"""Items on a Ray cluster: its scheduling, its retries, its object store."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hostmode._core import __version__
from hostmode.batching.plan import input_files
from hostmode.batching.work import Outcome, Task, work
from hostmode.errors import HostModeError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# A lost node's items are done again elsewhere, as often as it takes within reason.
_RETRIES: Final = 5
_CLIENT_PORT: Final = 10001
_PATIENCE_S: Final = 10.0
_AHEAD: Final = 2  # tasks that wait for each core, so that none is without work


def import_ray() -> Any:
    """Return the module.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError('a cluster needs Ray: pip install "hostmode[ray]"') from error
    return ray


def run_on_ray(tasks: Iterator[tuple[int, Task]], engine: str) -> Generator[tuple[int, Outcome], None, None]:
    """Yield the outcome of each task as it comes; what came of it is in the task's folder on this machine.

    The files of an item travel through the object store, so that nodes need no file system in common; each
    needs the same version of hostmode.

    Parameters
    ----------
    tasks : iterator
        Fetched as nodes become free.
    engine : str
        ``ray://HOST:PORT`` for Ray's client server, ``ray`` for the cluster this machine belongs to.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    HostModeError
        There is no such cluster.
    """
    ray = import_ray()
    address = "auto" if engine == "ray" else engine
    try:
        _require_listener(engine)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises nearly anything here
        raise HostModeError(f"no Ray cluster at {engine}: {' '.join(str(error).split())[:200]}") from None
    try:
        yield from _run(ray, tasks)
    finally:
        ray.shutdown()


def _require_listener(engine: str) -> None:
    """Fail at once where nobody listens; Ray would try for half a minute."""
    place = urlsplit(engine)
    if place.hostname is not None:
        socket.create_connection((place.hostname, place.port or _CLIENT_PORT), timeout=_PATIENCE_S).close()


def _run(ray: Any, tasks: Iterator[tuple[int, Task]]) -> Iterator[tuple[int, Outcome]]:
    remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(work_remotely)
    running: dict[Any, tuple[int, Task]] = {}
    more = True
    while running or more:
        room = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        while more and len(running) < room:
            following = next(tasks, None)
            if following is None:
                more = False
                break
            number, task = following
            try:
                carried = _carried(task)
            except OSError as error:
                yield number, Outcome(error=f"{error.filename}: {error.strerror}")
                continue
            running[remote.remote(__version__, task.action, carried, task.source, task.name)] = (number, task)
        if running:
            (finished,), _ = ray.wait(list(running), num_returns=1)
            number, task = running.pop(finished)
            yield number, _fetched(ray, finished, task)


def _carried(task: Task) -> tuple[list[str], dict[str, bytes]]:
    """Return the options, files among them by a name that is their place in the content, and all files' content."""
    content = {path.name: path.read_bytes() for path in input_files(Path(task.source))}
    options = []
    for index, word in enumerate(task.options):
        if word and Path(word).is_file():
            name = f"option-{index}{Path(word).suffix}"
            content[name] = Path(word).read_bytes()
            word = f"\0{name}"
        options.append(word)
    return options, content


def work_remotely(
    version: str, action: str, carried: tuple[list[str], dict[str, bytes]], source: str, name: str
) -> tuple[Outcome, dict[str, bytes]]:
    """Do one item on a node; return what came of it and the content of its files."""
    if version != __version__:
        return Outcome(error=f"a node of the cluster has hostmode {__version__}, this machine {version}"), {}
    options, content = carried
    with tempfile.TemporaryDirectory(prefix="hostmode-") as scratch:
        inputs, outputs = Path(scratch) / "in", Path(scratch) / "out"
        inputs.mkdir()
        for file, data in content.items():
            (inputs / file).write_bytes(data)
        words = [str(inputs / word[1:]) if word.startswith("\0") else word for word in options]
        outcome = work(Task(action, words, str(inputs / Path(source).name), str(outputs), name))
        if outcome.error:
            said = outcome.error.replace(f"{inputs}{os.sep}{Path(source).name}", source)
            return Outcome(error=said, took=outcome.took), {}
        return outcome, {path.name: path.read_bytes() for path in outputs.iterdir()}


def _fetched(ray: Any, finished: Any, task: Task) -> Outcome:
    try:
        outcome, content = ray.get(finished)
    except ray.exceptions.RayError as error:
        return Outcome(error=f"the cluster lost it: {' '.join(str(error).split())[:200]}")
    folder = Path(task.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in content.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        return Outcome(error=f"{error.filename}: {error.strerror}")
    found: Outcome = outcome
    return found
