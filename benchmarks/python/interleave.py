"""Times contenders turn by turn, so that a machine that slows down slows all of them down."""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUND_S = 0.002


def each(call: Callable[[], object]) -> Callable[[int], None]:
    """Return a contender that calls `call` again and again."""

    def run(count: int) -> None:
        for _ in range(count):
            call()

    return run


def seconds_for(run: Callable[[int], object], count: int) -> float:
    """Return how long `count` calls take."""
    began = time.perf_counter()
    run(count)
    return time.perf_counter() - began


def calls_a_round(run: Callable[[int], object]) -> int:
    """Return how many calls take about `ROUND_S`."""
    count = 1
    while (took := seconds_for(run, count)) < ROUND_S / 4:
        count *= 2
    return max(1, round(count * ROUND_S / took))


def interleave(contenders: Mapping[str, Callable[[int], object]], rounds: int = 301) -> dict[str, float]:
    """Return the median seconds a call of each contender.

    Parameters
    ----------
    contenders : mapping of str to callable
        Called with the number of calls to make, in a loop of its own as tight as can be.
    rounds : int
        In each, every contender runs for about 2 ms, in turn.
    """
    counts = {name: calls_a_round(run) for name, run in contenders.items()}
    took: dict[str, list[float]] = {name: [] for name in contenders}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, run in contenders.items():
                took[name].append(seconds_for(run, counts[name]) / counts[name])
    finally:
        gc.enable()
    return {name: statistics.median(seconds) for name, seconds in took.items()}
