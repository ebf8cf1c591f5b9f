"""Worker processes of geometric verification."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from types import TracebackType
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.storage.parts import Arrays
from landmark_retrieval.verification.pair_verifier import PairVerifier
from landmark_retrieval.verification.settings import VerificationSettings

BLOCK = 256
"""Pairs per task of a worker: enough to make its transfer cheap, few enough to move the progress bar.

Of this and the next, a matching that costs more than descriptors by their distance has as many less.
"""

WORTH_A_POOL = 20_000
"""Fewer pairs are done before worker processes have started."""

What = Literal["count", "evidence"]


class Workers:
    """Verifies pairs in `workers` processes; with one, or for few pairs, in this process.

    The processes start with the first pairs and end with the `with` block.
    """

    def __init__(
        self,
        store: LocalFeatureStore,
        others: LocalFeatureStore,
        settings: VerificationSettings,
        workers: int,
    ) -> None:
        self._cost = settings.matching.cost
        self._stores = (store,) if others is store else (store, others)
        self._settings = settings
        self._workers = workers
        self._own = PairVerifier(store, others, settings)
        self._pool: ProcessPoolExecutor | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None and error is not None:
            self._pool.shutdown(cancel_futures=True)
        self._stack.close()

    def verify(self, pairs: NDArray[np.int64], what: What, to_come: int) -> Iterator[Arrays]:
        """Results of the method `what` of `PairVerifier`, block by block in order.

        Args:
            pairs: `(m, 2)` rows of the stores.
            what: counts alone, or all evidence.
            to_come: pairs that this object will verify in total, these included.
        """
        size = max(1, BLOCK // self._cost)
        blocks = [pairs[i : i + size] for i in range(0, max(len(pairs), 1), size)]
        if self._workers == 1 or to_come * self._cost < WORTH_A_POOL:
            return (getattr(self._own, what)(block) for block in blocks)
        return self._started().map(_verify_in_worker, blocks, [what] * len(blocks))

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spare = self._stack.enter_context(TemporaryDirectory())
            folders = [_folder_of(s, Path(spare, str(i))) for i, s in enumerate(self._stores)]
            # Processes of their own start, not forks: a fork of a process with threads may hang.
            pool = ProcessPoolExecutor(self._workers, get_context("spawn"), _start, (folders, self._settings))
            self._pool = self._stack.enter_context(pool)
        return self._pool


def _folder_of(store: LocalFeatureStore, spare: Path) -> Path:
    """A folder from which workers can map the store: its own, or a copy."""
    if store.folder is None:
        store.save(spare)
    return store.folder or spare


_of_this_worker: PairVerifier


def _start(folders: list[Path], settings: VerificationSettings) -> None:
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    global _of_this_worker  # a worker process has one verifier, opened when it starts
    stores = [LocalFeatureStore.load(folder) for folder in folders]
    _of_this_worker = PairVerifier(stores[0], stores[-1], settings)


def _end_with(parent: int) -> None:
    """End this process when its parent was killed, of which processes are not notified."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _verify_in_worker(pairs: NDArray[np.int64], what: What) -> Arrays:
    return getattr(_of_this_worker, what)(pairs)
