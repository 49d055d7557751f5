"""The code of a Markdown page: its fenced blocks, and what running them means.

A block that cannot run says why on its fence: "```sh not-run: needs a network".
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<ticks>```+)(?P<language>[\w+-]*)(?P<note>[^\n`]*)\n(?P<code>.*?)^(?P=ticks)\s*$", re.M | re.S
)
_NOT_RUN = re.compile(r"not-run: (?P<reason>\S.*)")

#: Blocks in one of these are code and must run or say why not; in the others they are text.
LANGUAGES = ("python", "sh")
PROSE = ("text", "")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    code: str
    not_run: str | None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path, text: str | None = None) -> list[Block]:
    """Return the blocks of a page in order, those of directives such as ```{include} left out."""
    text = page.read_text(encoding="utf-8") if text is None else text
    blocks = []
    for match in _FENCE.finditer(text):
        note = match["note"].strip()
        if note.startswith("{"):
            continue
        reason = _NOT_RUN.fullmatch(note)
        if note and reason is None:
            raise ValueError(f"{page}: the fence says {note!r}; it may say 'not-run: REASON'")
        line = text.count("\n", 0, match.start("code")) + 1
        blocks.append(Block(page, line, match["language"], match["code"], reason["reason"] if reason else None))
    return blocks


def run_page(blocks: list[Block], directory: Path) -> None:
    """Run the blocks of one page in order: Python in one namespace, shell in `directory`."""
    namespace = {"__name__": "__main__"}
    for block in blocks:
        if block.not_run is not None:
            continue
        if block.language == "python":
            # Empty lines first, so that a traceback names the line of the page.
            exec(compile("\n" * (block.line - 1) + block.code, str(block.page), "exec"), namespace)
        elif block.language == "sh":
            run_shell(block, directory)


def run_shell(block: Block, directory: Path) -> None:
    """Run a block as a reader would type it, with this interpreter's commands first in the path."""
    shell = shutil.which("sh")
    assert shell is not None
    setting = f'PATH="{Path(sys.executable).parent}:$PATH"; set -eu\n'
    command = [shell, "-c", setting + block.code]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{block} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
