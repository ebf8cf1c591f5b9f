import threading
import time
from collections.abc import Iterator

import pytest

from landmark_retrieval.parallel.prefetch import AHEAD, prefetch


@pytest.mark.parametrize("workers", [1, 3])
def test_keeps_the_order(workers: int) -> None:
    def slow_if_even(job: int) -> int:
        time.sleep(0.002 * (job % 2 == 0))
        return job * job

    assert list(prefetch(range(20), slow_if_even, workers)) == [job * job for job in range(20)]


def test_loads_in_other_threads() -> None:
    (thread,) = prefetch([0], lambda _: threading.get_ident(), 1)
    assert thread != threading.get_ident()


def test_takes_only_a_few_jobs_ahead() -> None:
    taken = []

    def jobs() -> Iterator[int]:
        for job in range(100):
            taken.append(job)
            yield job

    loaded = prefetch(jobs(), lambda job: job, workers=2)
    assert next(loaded) == 0
    assert len(taken) == 2 * AHEAD + 1
    loaded.close()


def test_an_error_reaches_the_reader() -> None:
    def load(job: int) -> int:
        if job == 2:
            raise OSError("job 2")
        return job

    loaded = prefetch(range(9), load, workers=2)
    assert [next(loaded), next(loaded)] == [0, 1]
    with pytest.raises(OSError, match="job 2"):
        next(loaded)


def test_no_jobs() -> None:
    assert list(prefetch([], lambda job: job, workers=2)) == []
