"""Two hundred recordings by one worker and by two, and by two that are killed half way: prints seconds and MB
as JSON.

Arguments: the number of recordings, 200 unless given.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hostmode

ROUNDS = 2


def generate(folder: Path, count: int) -> float:
    """Write recordings of eight to twelve seconds, no two alike; return how many seconds they are."""
    whole = hostmode.Recording.embedded()
    seconds = 0.0
    for index in range(count):
        length = 200 + index % 101
        start = index % (len(whole.keyframes) - length)
        chosen = slice(start, start + length)
        audio = whole.audio[640 * chosen.start : 640 * chosen.stop]
        recording = hostmode.Recording.from_keyframes(audio, whole.sample_rate, whole.keyframes[chosen])
        recording.save(folder / f"r{index:04}.json")
        seconds += recording.duration
    return seconds


def command(source: Path, target: Path, workers: int) -> list[str]:
    """Return a batch that exports weights, 120 a second: work without waiting, on one core each."""
    words = ["batch", f"{source}/*.json", "--to", f"{target}/{{stem}}.csv", "--set", "rate=120"]
    return [sys.executable, "-m", "hostmode", *words, "--workers", str(workers)]


def timed(source: Path, target: Path, workers: int) -> float:
    """Run a batch to its end; return the seconds it took, its start and end included."""
    begun = time.perf_counter()
    subprocess.run(command(source, target, workers), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def done(target: Path) -> list[str]:
    """Return the outputs in the manifest, one for each time they were done."""
    manifest = target / "batch.ndjson"
    lines = manifest.read_text().splitlines() if manifest.exists() else []
    return [line for line in lines if line.startswith('{"input"') and line.endswith("}")]


def killed_and_resumed(source: Path, target: Path, count: int) -> float:
    """Kill a batch with SIGKILL when half is done, run it again, and return the seconds of the second run."""
    with subprocess.Popen(command(source, target, 2), stdout=subprocess.DEVNULL) as process:
        while len(done(target)) < count // 2:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    return timed(source, target, 2)


def peak_mb(process: subprocess.Popen[bytes]) -> float:
    """Return the most memory that a process itself has had so far, its workers apart; NaN where it has ended."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return float("nan")


def parent_memory(source: Path, target: Path, count: int) -> tuple[float, float]:
    """Return the peak memory in MB of the process that hands out items: after an eighth of them, and after all."""
    early = late = float("nan")
    with subprocess.Popen(command(source, target, 2), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            present, items = peak_mb(process), len(done(target))
            if not math.isnan(present):
                late = present
                if items <= count // 8:
                    early = present
            time.sleep(0.02)
    return early, late


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".ndjson"}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "in"
        source.mkdir()
        seconds = generate(source, count)
        times: dict[int, list[float]] = {1: [], 2: []}
        for turn in range(ROUNDS):
            for workers in times:
                times[workers].append(timed(source, Path(scratch) / f"by{workers}-{turn}", workers))
        resumed = killed_and_resumed(source, Path(scratch) / "resumed", count)
        early, late = parent_memory(source, Path(scratch) / "memory", count)
        whole, again = outputs(Path(scratch) / "by1-0"), outputs(Path(scratch) / "resumed")
        entries = done(Path(scratch) / "resumed")
        print(
            json.dumps(
                {
                    "recordings": count,
                    "seconds_of_sound": seconds,
                    "one_worker_s": min(times[1]),
                    "two_workers_s": min(times[2]),
                    "ratio": min(times[1]) / min(times[2]),
                    "resumed_s": resumed,
                    "parent_mb_early": early,
                    "parent_mb": late,
                    "done_twice": len(entries) - count,
                    "differing": sum(whole[name] != again.get(name) for name in whole) + len(again) - len(whole),
                }
            )
        )


if __name__ == "__main__":
    main()
