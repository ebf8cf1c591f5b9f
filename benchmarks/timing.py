"""Seconds, memory, and the line that reports a ratio."""

from __future__ import annotations

import resource
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any


def timed(
    function: Callable[..., Any], *arguments: Any, repeats: int = 1, busy: bool = False
) -> tuple[Any, float]:
    """Result and seconds of the fastest call; `busy` counts processor time, for a machine that is shared."""
    clock, seconds = process_time if busy else perf_counter, []
    for _ in range(repeats):
        started = clock()
        result = function(*arguments)
        seconds.append(clock() - started)
    return result, min(seconds)


def report(step: str, items: int, loop: float, ours: float) -> None:
    """One line of figures; `loop` and `ours` in seconds for the same `items`."""
    print(
        f"{step:34s} loop {loop:9.3f} s ({1e3 * loop / items:9.4f} ms each)   "
        f"ours {ours:8.4f} s ({1e3 * ours / items:8.4f} ms each)   ratio {loop / ours:7.1f}",
        flush=True,
    )


def peak_mib() -> float:
    """Largest resident memory of the process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
