"""All pairs of 64-bit hashes within a Hamming radius, by multi-index hashing.

The 64 bits are cut into bands, each with a radius of its own, so that the radii plus one add up to the
radius plus one. Two hashes within the radius are then within that of a band in at least one of them (Norouzi,
Punjani, Fleet 2012, "Fast search in Hamming space with multi-index hashing", §3: the pigeonhole principle).
Lists of the hashes with the same band are compared, and each pair found is verified on all 64 bits.

`faiss.IndexBinaryMultiHash` finds the same pairs, but took 5 times as long among 100,000 hashes and 10 to 12
times as long among 200,000 (6 bits, two busy cores).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import combinations
from math import comb
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from landmark_retrieval.arrays import Int32s, Int64s, Ints
from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

MAX_RADIUS = 10
"""Above it there are so many lists to compare that comparing all pairs is as fast."""

_BITS, _WIDEST_BAND = 64, 22
_STEP_OF_A_LIST = 6  # comparisons that take as long as a change of list
_TASKS, _ROOM = 256, 4096


@dataclass(frozen=True, eq=False)
class HashPairs:
    """Pairs of rows and the bits in which their hashes differ.

    Attributes:
        rows: `(p, 2)` int64, the lower row first, ordered.
        distances: `(p,)` uint8 bits.
    """

    rows: Int64s
    distances: NDArray[np.uint8]

    @classmethod
    def of(cls, rows: Int64s, distances: Ints) -> HashPairs:
        """The pairs in order, each with its lower row first."""
        rows = np.sort(rows, axis=1)
        order = np.lexsort((rows[:, 1], rows[:, 0]))
        return cls(rows[order], distances[order].astype(np.uint8))


class _Band(NamedTuple):
    low: int
    width: int
    radius: int

    @property
    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.low


def near_hashes(hashes: NDArray[np.uint64], radius: int, max_pairs: int) -> HashPairs:
    """Every pair of hashes that differ in at most `radius` bits.

    Args:
        hashes: `(n,)` uint64, distinct; for identical ones see `groups`.
        radius: bits, 0 to `MAX_RADIUS`.
        max_pairs: more are an error.

    Raises:
        DataError: a hash is repeated, the radius is out of range, or there are too many pairs.
    """
    if not 0 <= radius <= MAX_RADIUS:
        raise DataError(f"radius: expected 0 to {MAX_RADIUS} bits, found {radius}")
    if len(np.unique(hashes)) != len(hashes):
        raise DataError("hashes: expected distinct ones, found one twice")
    started = perf_counter()
    bands = _bands(len(hashes), radius)
    parts, total = [], 0
    for number, band in enumerate(bands):
        parts += _pairs_of_band(hashes, band, bands[:number], radius, max_pairs - total)
        total = sum(map(len, parts))
    seconds = perf_counter() - started
    logger.info(
        "compared %d hashes in %d bands: %d pairs within %d bits in %.1f s (%.0f hashes a second)",
        len(hashes), len(bands), total, radius, seconds, len(hashes) / max(seconds, 1e-9),
    )  # fmt: skip
    found = np.concatenate([np.empty((0, 3), np.int64), *parts])
    return HashPairs.of(found[:, :2], found[:, 2])


def _bands(n: int, radius: int) -> list[_Band]:
    """The bands with the fewest comparisons for random hashes."""
    fewest = -(-_BITS // _WIDEST_BAND)
    return min((_cut(count, radius) for count in range(fewest, 9)), key=lambda bands: _cost(bands, n))


def _cut(count: int, radius: int) -> list[_Band]:
    edges = [_BITS * band // count for band in range(count + 1)]
    more, left = divmod(radius + 1, count)
    cut = [_Band(edges[b], edges[b + 1] - edges[b], more + (b < left) - 1) for b in range(count)]
    return [band for band in cut if band.radius >= 0]


def _cost(bands: list[_Band], n: int) -> float:
    lists = [sum(comb(band.width, k) for k in range(band.radius + 1)) for band in bands]
    return sum(
        k * n * (_STEP_OF_A_LIST + n / 2**band.width) + 2**band.width
        for band, k in zip(bands, lists, strict=True)
    )


def _pairs_of_band(
    hashes: NDArray[np.uint64], band: _Band, before: list[_Band], radius: int, room: int
) -> list[Int64s]:
    """The pairs `(p, 3)` (row, row, bits) that agree here, but in none of the bands before."""
    from tqdm import tqdm

    from landmark_retrieval.near_duplicates.hash_kernels import pairs_of_tasks

    keys = ((hashes & np.uint64(band.mask)) >> np.uint64(band.low)).astype(np.int64)
    order = np.argsort(keys, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=2**band.width))])
    listed = hashes[order]
    done = np.array([b.mask for b in before], np.uint64), np.array([b.radius for b in before], np.int64)

    def compared(tasks: Int64s, capacity: int) -> tuple[Int32s, Int64s]:
        found = np.empty((len(tasks), capacity, 3), np.int32)
        return found, pairs_of_tasks(listed, starts, _probes(band), tasks, radius, *done, found)

    parts = []
    for tasks in tqdm(_tasks(starts), f"bits {band.low} to {band.low + band.width - 1}", mininterval=1):
        found, counts = compared(tasks, _ROOM)
        room -= int(counts.sum())
        if room < 0:
            raise DataError(f"too many pairs of different hashes within {radius} bits: lower the radius")
        for task in range(len(tasks)):
            full = counts[task] > _ROOM
            of_task = compared(tasks[task : task + 1], counts[task])[0][0] if full else found[task]
            parts.append(of_task[: counts[task]].astype(np.int64))
    for part in parts:
        part[:, :2] = order[part[:, :2]]
    return parts


def _probes(band: _Band) -> Int64s:
    """Differences of two keys that are compared, zero first."""
    chosen = (bits for k in range(band.radius + 1) for bits in combinations(range(band.width), k))
    return np.array([sum(1 << bit for bit in bits) for bits in chosen], np.int64)


def _tasks(starts: Int64s) -> list[Int64s]:
    """Runs of keys with about as many hashes each, in groups of `_TASKS` that are compared together."""
    n, n_keys = int(starts[-1]), len(starts) - 1
    runs = max(1, min(n // 64, 16 * _TASKS))
    edges = np.unique(np.searchsorted(starts, np.linspace(0, n, runs + 1)[1:-1]))
    edges = np.unique(np.concatenate([[0], edges, [n_keys]]))
    tasks = np.stack([edges[:-1], edges[1:]], axis=1)
    return [tasks[first : first + _TASKS] for first in range(0, len(tasks), _TASKS)]
