"""Loading ahead in threads, so that the network does not wait for decoding."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Loaded = TypeVar("Loaded")

AHEAD = 2
"""Results that wait per worker: enough to even out slow ones, few enough to fit in memory."""


def prefetch(jobs: Iterable[Job], load: Callable[[Job], Loaded], workers: int) -> Iterator[Loaded]:
    """Yield `load(job)` of each job in order, while `workers` threads load the next ones."""
    pool = ThreadPoolExecutor(workers)
    pending: deque[Future[Loaded]] = deque()
    try:
        for job in jobs:
            pending.append(pool.submit(load, job))
            if len(pending) > workers * AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
