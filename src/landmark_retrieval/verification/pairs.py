"""Verification of many pairs of images."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.store import LocalFeatureStore
from landmark_retrieval.verification.affine import AffineSettings, estimate_affine
from landmark_retrieval.verification.matching import MatchingSettings, match

log = logging.getLogger(__name__)

BLOCK = 256
"""Pairs a worker takes at once: enough to make the hand-over cheap, few enough to move the progress bar."""

WORTH_A_POOL = 4_000
"""Fewer pairs are done before worker processes have started."""


class VerificationSettings(BaseModel):
    """Matching, the transform behind the matches, and the seed of its sampling."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    matching: MatchingSettings
    affine: AffineSettings
    seed: int


def verify_pairs(
    store: LocalFeatureStore,
    pairs: NDArray[np.int64],
    settings: VerificationSettings,
    workers: int,
    others: LocalFeatureStore | None = None,
) -> pd.DataFrame:
    """Matches and inliers of pairs of images.

    A pair is computed once, whichever way round and however often it is asked for: from the image of the
    smaller id to the other, with a seed made from the two ids. Its evidence depends on nothing but the two
    images and the settings.

    Args:
        store: local features of the first of each pair.
        pairs: `(m, 2)` int64 rows of `store` and of `others`.
        settings: of matching and RANSAC.
        workers: processes.
        others: local features of the second of each pair, if not also `store`.

    Returns:
        The table `evidence.PairEvidence`, row by row the pairs.

    Raises:
        DataError: a row lies outside its store.
    """
    others = store if others is None else others
    counts = count_inliers(store, pairs, settings, workers, others)
    return pd.DataFrame(
        {
            "image_id": pd.array(store.image_ids[pairs[:, 0]], dtype="str"),
            "other_id": pd.array(others.image_ids[pairs[:, 1]], dtype="str"),
            "matches": counts[:, 0],
            "inliers": counts[:, 1],
        }
    )


def count_inliers(
    store: LocalFeatureStore,
    pairs: NDArray[np.int64],
    settings: VerificationSettings,
    workers: int,
    others: LocalFeatureStore | None = None,
) -> NDArray[np.int64]:
    """Number of matches and of inliers of pairs of images, `(m, 2)` int64, as `verify_pairs` finds them.

    Raises:
        DataError: a row lies outside its store.
    """
    started = time.perf_counter()
    others = store if others is None else others
    _check_rows(pairs, len(store), len(others))
    asked = _smaller_id_first(pairs, store.image_ids) if others is store else pairs
    once, where = np.unique(asked, axis=0, return_inverse=True)
    counts = _count(store, others, once, settings, workers)[where.ravel()]
    seconds = time.perf_counter() - started
    log.info("verified %d pairs in %.1f s (%.0f pairs/s)", len(once), seconds, len(once) / seconds)
    return counts


def pair_seed(first_id: str, second_id: str, seed: int) -> int:
    """Seed of a pair's RANSAC in 0..2³¹−1, the same for either order of the ids."""
    key = "\n".join([*sorted([first_id, second_id]), str(seed)])
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest()) >> 1


class _Verifier:
    """Verifies pairs of rows of two stores, remembering the features it read last."""

    def __init__(
        self, store: LocalFeatureStore, others: LocalFeatureStore, settings: VerificationSettings
    ) -> None:
        self._ids = store.image_ids, others.image_ids
        self._source = lru_cache(BLOCK)(store.features)
        self._target = self._source if others is store else lru_cache(BLOCK)(others.features)
        self._settings = settings

    def count(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of matches and of inliers, `(m, 2)`."""
        with threadpool_limits(1):
            counts = [self._count_one(first, second) for first, second in pairs.tolist()]
        return np.asarray(counts, dtype=np.int64).reshape(-1, 2)

    def _count_one(self, first: int, second: int) -> tuple[int, int]:
        ids = str(self._ids[0][first]), str(self._ids[1][second])
        source, target = self._source(first), self._target(second)
        if ids[1] < ids[0]:
            source, target = target, source
        rows, columns = match(source.descriptors, target.descriptors, self._settings.matching).T
        seed = pair_seed(*ids, self._settings.seed)
        _, inlier = estimate_affine(
            source.keypoints[rows], target.keypoints[columns], self._settings.affine, seed
        )
        return len(rows), int(inlier.sum())


def _count(
    store: LocalFeatureStore,
    others: LocalFeatureStore,
    pairs: NDArray[np.int64],
    settings: VerificationSettings,
    workers: int,
) -> NDArray[np.int64]:
    blocks = [pairs[i : i + BLOCK] for i in range(0, len(pairs), BLOCK)]
    if workers == 1 or len(pairs) < WORTH_A_POOL:
        return _gather(map(_Verifier(store, others, settings).count, blocks), len(pairs))
    with TemporaryDirectory() as temporary:
        folders = [_folder_of(store, Path(temporary, "store"))]
        if others is not store:
            folders.append(_folder_of(others, Path(temporary, "others")))
        # Processes of their own start, not forks: a fork of a process with threads (torch, MLflow) may hang.
        with ProcessPoolExecutor(workers, get_context("spawn"), _start, (folders, settings)) as pool:
            return _gather(pool.map(_count_in_worker, blocks), len(pairs))


def _folder_of(store: LocalFeatureStore, spare: Path) -> Path:
    """Where workers can map the store: the folder it was loaded from, or a copy."""
    if store.folder is None:
        store.save(spare)
    return store.folder or spare


def _gather(counts: Iterator[NDArray[np.int64]], n_pairs: int) -> NDArray[np.int64]:
    found = [np.zeros((0, 2), np.int64)]
    with tqdm(total=n_pairs, desc="verification", unit="pair", mininterval=0.5) as progress:
        for block in counts:
            found.append(block)
            progress.update(len(block))
    return np.concatenate(found)


_of_this_worker: _Verifier


def _start(folders: list[Path], settings: VerificationSettings) -> None:
    global _of_this_worker  # a worker process has one verifier, opened when it starts
    stores = [LocalFeatureStore.load(folder) for folder in folders]
    _of_this_worker = _Verifier(stores[0], stores[-1], settings)


def _count_in_worker(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    return _of_this_worker.count(pairs)


def _smaller_id_first(pairs: NDArray[np.int64], image_ids: NDArray[np.str_]) -> NDArray[np.int64]:
    swap = image_ids[pairs[:, 0]] > image_ids[pairs[:, 1]]
    return np.where(swap[:, None], pairs[:, ::-1], pairs)


def _check_rows(pairs: NDArray[np.int64], n_first: int, n_second: int) -> None:
    outside = np.flatnonzero(((pairs < 0) | (pairs >= [n_first, n_second])).any(axis=1))
    if len(outside):
        found = pairs[outside[0]].tolist()
        raise DataError(
            f"pair {outside[0]}: rows {found} of {n_first} and {n_second} images with local features"
        )
