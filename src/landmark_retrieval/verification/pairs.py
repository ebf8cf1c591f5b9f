"""Geometric verification of many image pairs, in shards that survive an interruption."""

from __future__ import annotations

import hashlib
import logging
import time

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.storage.parts import Arrays, InMemoryParts, Parts
from landmark_retrieval.verification.evidence import BACKWARD, FORWARD, Evidence
from landmark_retrieval.verification.matcher import portable
from landmark_retrieval.verification.settings import VerificationSettings
from landmark_retrieval.verification.workers import What, Workers

logger = logging.getLogger(__name__)

SHARD_PAIRS = 8192
"""Pairs per shard: some seconds of work, which an interrupted run loses; fewer if matching costs more."""

_VERSION = "verification 1"
"""To be changed when the same pairs and settings give another result."""

Pairs = NDArray[np.int64]


def verify_pairs(
    store: LocalFeatureStore,
    pairs: Pairs,
    settings: VerificationSettings,
    workers: int,
    others: LocalFeatureStore | None = None,
    parts: Parts | None = None,
) -> Evidence:
    """Matches, inliers, transforms and matched points of pairs of images.

    Each unordered pair is computed once: from the image of the smaller id to the other, with a seed derived
    from the two ids. The result depends on nothing but the two images and the settings.

    Args:
        store: local features of the first of each pair.
        pairs: `(m, 2)` int64 rows (image, neighbour) of `store` and of `others`.
        settings: of matching and consensus.
        workers: processes; no effect on the result.
        others: local features of the second of each pair; None for `store`.
        parts: finished shards, under `work_fingerprint` of the same arguments; None keeps them in memory.

    Returns:
        Within one store a row per unordered pair, with two stores a row per pair.

    Raises:
        DataError: a row lies outside its store, or an image is paired with itself.
    """
    others = store if others is None else others
    _check_rows(pairs, store, others)
    once, direction = _each_once(pairs, store, others)
    shards = _take_shards(InMemoryParts() if parts is None else parts, store, others, once, settings, workers)
    joined = {name: np.concatenate([shard[name] for shard in shards]) for name in shards[0]}
    offsets = np.concatenate([[0], joined["inliers"].cumsum(dtype=np.int64)])
    rows = once.astype(np.int32)
    return Evidence(store.image_ids, others.image_ids, rows, direction, **joined, offsets=offsets)


def count_inliers(
    store: LocalFeatureStore,
    pairs: Pairs,
    settings: VerificationSettings,
    workers: int,
    others: LocalFeatureStore | None = None,
) -> NDArray[np.int64]:
    """Matches and inliers of pairs of images, `(m, 2)` int64; arguments as for `verify_pairs`."""
    others = store if others is None else others
    _check_rows(pairs, store, others)
    once, where = _unique_rows(_smaller_id_first(pairs, store, others), len(others))
    with Workers(store, others, settings, workers) as at_work:
        found = _verify(at_work, once, "count", len(once))
    return np.column_stack([found["matches"], found["inliers"]]).astype(np.int64)[where]


def work_fingerprint(
    store: LocalFeatureStore, others: LocalFeatureStore | None, pairs: Pairs, settings: VerificationSettings
) -> str:
    """SHA-256 of everything that determines the shards of `verify_pairs`, whatever the order of pairs."""
    others = store if others is None else others
    once, _ = _each_once(pairs, store, others)
    known = settings.model_copy(update={"matching": portable(settings.matching)})
    digest = hashlib.sha256(f"{_VERSION}\n{_shard_pairs(settings)}\n{known.model_dump_json()}\n".encode())
    digest.update(f"{store.fingerprint}\n{others.fingerprint}\n".encode())
    digest.update(np.ascontiguousarray(once, dtype="<i8").tobytes())
    return digest.hexdigest()


def _take_shards(
    parts: Parts,
    store: LocalFeatureStore,
    others: LocalFeatureStore,
    once: Pairs,
    settings: VerificationSettings,
    workers: int,
) -> list[Arrays]:
    """The arrays of all shards, at least one; finished shards are not recomputed."""
    size = _shard_pairs(settings)
    starts = range(0, max(len(once), 1), size)
    slices = {f"pairs_{start:010d}": once[start : start + size] for start in starts}
    missing = sum(len(pairs) for name, pairs in slices.items() if not parts.has(name))
    if missing < len(once):
        finished = sum(parts.has(name) for name in slices)
        logger.info("verification continued: %d of %d shards found", finished, len(slices))
    with Workers(store, others, settings, workers) as at_work:

        def take(name: str) -> Arrays:
            return parts.get_or_compute(name, lambda: _verify(at_work, slices[name], "evidence", missing))

        return [take(name) for name in slices]


def _shard_pairs(settings: VerificationSettings) -> int:
    return max(1, SHARD_PAIRS // settings.matching.cost)


def _verify(at_work: Workers, pairs: Pairs, what: What, to_come: int) -> Arrays:
    started, found = time.perf_counter(), []
    with tqdm(total=len(pairs), desc="verification", unit="pair", mininterval=0.5, leave=False) as progress:
        for block in at_work.verify(pairs, what, to_come):
            found.append(block)
            progress.update(len(block["matches"]))
    seconds = time.perf_counter() - started
    logger.info("verified %d pairs in %.1f s (%.0f pairs/s)", len(pairs), seconds, len(pairs) / seconds)
    return {name: np.concatenate([block[name] for block in found]) for name in found[0]}


def _each_once(
    pairs: Pairs, store: LocalFeatureStore, others: LocalFeatureStore
) -> tuple[Pairs, NDArray[np.uint8]]:
    """Each pair once, by rows, the smaller id first within one store; and its `direction`."""
    if others is store:
        alone = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
        if len(alone):
            raise DataError(f"pair {alone[0]}: image '{store.image_ids[pairs[alone[0], 0]]}' with itself")
    ordered = _smaller_id_first(pairs, store, others)
    once, where = _unique_rows(ordered, len(others))
    is_swapped = ordered[:, 0] != pairs[:, 0]
    direction = np.zeros(len(once), np.uint8)
    for bit, given in ((FORWARD, ~is_swapped), (BACKWARD, is_swapped)):
        direction[np.unique(where[given])] |= np.uint8(bit)
    return once, direction


def _unique_rows(pairs: Pairs, n_others: int) -> tuple[Pairs, NDArray[np.int64]]:
    """Each pair once, ascending, and the position of each of `pairs`; faster than sorting rows."""
    keys, where = np.unique(pairs[:, 0] * n_others + pairs[:, 1], return_inverse=True)
    return np.stack(np.divmod(keys, max(n_others, 1)), axis=1), where


def _smaller_id_first(pairs: Pairs, store: LocalFeatureStore, others: LocalFeatureStore) -> Pairs:
    """Within one store; pairs of two stores stay as they are."""
    if others is not store:
        return pairs
    rank = np.empty(len(store), np.int64)
    rank[np.argsort(store.image_ids, kind="stable")] = np.arange(len(store))
    swap = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    return np.where(swap[:, None], pairs[:, ::-1], pairs)


def _check_rows(pairs: Pairs, store: LocalFeatureStore, others: LocalFeatureStore) -> None:
    outside = np.flatnonzero(((pairs < 0) | (pairs >= [len(store), len(others)])).any(axis=1))
    if len(outside):
        found = pairs[outside[0]].tolist()
        raise DataError(
            f"pair {outside[0]}: rows {found} of {len(store)} and {len(others)} images with local features"
        )
