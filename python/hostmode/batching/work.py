"""One item of a batch: one command, in a folder of its own."""

from __future__ import annotations

import contextlib
import io
import shutil
import time
import wave
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hostmode.batching.plan import command_error, command_of, hash_file, words_of


@dataclass(frozen=True)
class Task:
    """What a worker is told.

    Attributes
    ----------
    action, options :
        See `Plan`.
    source : str
        The file that is read.
    folder : str
        Made, and holds what comes of it.
    name : str
        Of what comes of it.
    """

    action: str
    options: list[str]
    source: str
    folder: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """What a worker answers.

    Attributes
    ----------
    error : str
        One line, or empty.
    outputs : dict
        SHA-256 of each file in the task's folder by its name.
    seconds : float
        Of sound in the source.
    took : float
        Seconds of work.
    """

    error: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    took: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def work(task: Task) -> Outcome:
    """Do one item. Whatever goes wrong is in the outcome, and leaves nothing behind."""
    begun = time.monotonic()
    folder = Path(task.folder)
    error = _attempt(task, folder)
    took = time.monotonic() - begun
    if error:
        shutil.rmtree(folder, ignore_errors=True)
        return Outcome(error=error, took=took)
    outputs = {path.name: hash_file(path) for path in sorted(folder.iterdir())}
    return Outcome("", outputs, _seconds_of(Path(task.source)), took)


def _attempt(task: Task, folder: Path) -> str:
    from hostmode.cli.ending import one_line

    target = folder / task.name
    printed = io.StringIO()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(printed):
            words = words_of(task.action, task.options, task.source, str(target))
            code = command_of(task.action).main(words, prog_name=f"hostmode {task.action}", standalone_mode=False)
        if task.action == "inspect":
            target.write_text(printed.getvalue(), encoding="utf-8")
    except MemoryError:
        return "not enough memory"
    except Exception as error:  # whatever one file does, the others are done
        if isinstance(error, command_error()):
            error = ValueError(error.format_message())  # type: ignore[attr-defined]
        return one_line(error).replace(f"{folder}/", "")
    return f"ended with exit code {code}" if code else ""


def _seconds_of(source: Path) -> float:
    from hostmode.errors import HostModeError
    from hostmode.recording import load_recording

    with contextlib.suppress(HostModeError, OSError):
        return float(load_recording(source).duration)
    with contextlib.suppress(wave.Error, EOFError, OSError), wave.open(str(source)) as sound:
        return float(sound.getnframes() / sound.getframerate())
    return 0.0
