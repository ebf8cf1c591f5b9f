"""Parallel loop of independent calls, each on one thread, so that results do not depend on their number."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from landmark_retrieval.parallel.map_chunks import thread_count


def parallel_for(work: Callable[[int], None], n: int, name: str) -> None:
    """Call `work(0)` to `work(n - 1)` on all cores.

    A matrix product that several threads share is rounded by their number, so each call computes its own on
    one thread. The first error of a call is raised here, and calls that have not begun by then never do.

    `work` stores its own result and shares nothing that it changes; `name` is shown with the progress.
    """
    from threadpoolctl import threadpool_limits

    # some libraries count threads for the whole process, others for each thread that calls them
    workers = ThreadPoolExecutor(thread_count(), initializer=threadpool_limits, initargs=(1, "blas"))
    with threadpool_limits(1, "blas"), workers as pool:
        for _ in tqdm(pool.map(work, range(n)), total=n, desc=name, unit="image", leave=False, disable=None):
            pass
