"""From the start of ``hostmode play FILE --window`` to its first picture, beside bare imports. Prints JSON.

Run it on a display, a virtual one included: ``xvfb-run -a python benchmarks/python/face_first_picture.py``.
The best of some rounds: what else the machine does only adds. Processor time is the process's own, all threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
IMPORTS = "import moderngl, glfw, numpy"


def show(file: str) -> None:
    """Run the command in this process, and end it when its first picture is on the screen."""
    from hostmode.cli import live, main

    show_in = live._show_in

    def show_first(window, *others) -> None:
        draw = window.draw

        def draw_first() -> None:
            draw()
            window._gl.finish()
            os._exit(0)

        window.draw = draw_first
        show_in(window, *others)

    live._show_in = show_first
    sys.argv = ["hostmode", "play", file, "--window"]
    main()


def cost(*command: str) -> tuple[float, float]:
    """Return the wall time and the processor time of a process, in seconds."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: it ended with {process.returncode}")
    return wall_s, usage.ru_utime + usage.ru_stime


def main() -> None:
    from hostmode import Recording

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "utterance.json"
        Recording.embedded().save(file)
        shown = [cost(sys.executable, __file__, str(file)) for _ in range(ROUNDS)]
    bare = [cost(sys.executable, "-c", IMPORTS) for _ in range(ROUNDS)]
    found = {}
    for name, costs in (("first_picture", shown), ("imports", bare)):
        wall, processor = zip(*costs, strict=True)
        found[f"{name}_s"], found[f"{name}_processor_s"] = min(wall), min(processor)
    print(json.dumps(found))


if __name__ == "__main__":
    show(sys.argv[1]) if len(sys.argv) > 1 else main()
