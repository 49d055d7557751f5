"""Times contenders turn by turn, so that a machine that slows down slows all of them down."""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUND_S = 0.002


def calls_a_round(call: Callable[[], object]) -> int:
    """Return how many calls take about `ROUND_S`."""
    calls = 1
    while True:
        began = time.perf_counter()
        for _ in range(calls):
            call()
        if (took := time.perf_counter() - began) > ROUND_S / 4:
            return max(1, round(calls * ROUND_S / took))
        calls *= 2


def interleave(contenders: Mapping[str, Callable[[], object]], rounds: int = 301) -> dict[str, float]:
    """Return the median seconds a call of each contender, the loop's own cost included.

    Parameters
    ----------
    contenders : mapping of str to callable
        Called without arguments.
    rounds : int
        In each, every contender runs for about 2 ms, in turn.
    """
    calls = {name: calls_a_round(call) for name, call in contenders.items()}
    took: dict[str, list[float]] = {name: [] for name in contenders}
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in contenders.items():
                repeat = range(calls[name])
                began = time.perf_counter()
                for _ in repeat:
                    call()
                took[name].append((time.perf_counter() - began) / len(repeat))
    finally:
        gc.enable()
    return {name: statistics.median(seconds) for name, seconds in took.items()}
