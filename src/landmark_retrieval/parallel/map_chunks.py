"""Rows in chunks over threads; each call writes its own rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise

Map = Callable[[Callable[[slice], None], int, int], None]


def thread_count() -> int:
    """Threads that numba may use, or all processors of this process where there is no numba."""
    if find_spec("numba") is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    import numba

    return int(numba.get_num_threads())


def chunks(n: int, most: int, threads: int) -> list[slice]:
    """Rows `0 … n` in equal parts of at most `most`, their number a multiple of `threads` if possible."""
    parts = -(-n // most)
    parts = max(1, min(n, -(-parts // threads) * threads))
    bounds = [n * part // parts for part in range(parts + 1)]
    return [slice(*pair) for pair in pairwise(bounds)]


@contextmanager
def map_chunks() -> Iterator[Map]:
    """`run(function, n, most)`: calls `function` with each chunk of `n` rows, in threads."""
    threads = thread_count()
    with ThreadPoolExecutor(threads) as pool:

        def run(function: Callable[[slice], None], n: int, most: int) -> None:
            list(pool.map(function, chunks(n, most, threads)))

        yield run
