"""Images worked on side by side, each on one thread: no result depends on how many threads there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from landmark_retrieval.parallel.map_chunks import thread_count


def side_by_side(work: Callable[[int], None], n: int, name: str) -> None:
    """Call `work(0)` to `work(n - 1)`, on every core at once.

    A matrix product that is cut among threads rounds by their number, so each call has its products to
    itself. The first error that a call raises is raised here, and what has not begun by then never does.

    Args:
        work: keeps its result to itself; calls share nothing that they change.
        n: number of calls.
        name: shown beside the progress.
    """
    from threadpoolctl import threadpool_limits

    # some libraries count threads for the whole process, others for each thread that calls them
    workers = ThreadPoolExecutor(thread_count(), initializer=threadpool_limits, initargs=(1, "blas"))
    with threadpool_limits(1, "blas"), workers as pool:
        for _ in tqdm(pool.map(work, range(n)), total=n, desc=name, unit="image", leave=False, disable=None):
            pass
