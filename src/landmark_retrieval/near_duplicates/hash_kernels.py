"""Comparison of lists of hashes, compiled; each task compares a run of lists."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landmark_retrieval.arrays import Int32s, Int64s


@njit(cache=True, inline="always")
def bits_set(x: np.uint64) -> np.uint64:
    """Number of bits set; LLVM turns this form into the one instruction for it."""
    x -= (x >> np.uint64(1)) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(parallel=True, cache=True)
def pairs_of_tasks(
    hashes: NDArray[np.uint64],
    starts: Int64s,
    probes: Int64s,
    tasks: Int64s,
    radius: int,
    done: NDArray[np.uint64],
    done_radii: Int64s,
    found: Int32s,
) -> Int64s:
    """Compare every list with itself and with the lists whose keys differ from its own by a probe.

    Args:
        hashes: `(n,)`, list after list.
        starts: `(n_keys + 1,)` where the list of each key begins.
        probes: `(n_probes,)` bits in which the keys of two lists to compare differ; the first is 0.
        tasks: `(n_tasks, 2)` first key and the one after the last.
        radius: bits in which a pair may differ.
        done: `(n_done,)` masks of the bands compared before.
        done_radii: `(n_done,)` bits in which pairs found by them differ there, at most.
        found: `(n_tasks, capacity, 3)` two places in `hashes` and the bits that differ, written.

    Returns:
        `(n_tasks,)` pairs of each task; those beyond the capacity are only counted.
    """
    counts = np.zeros(len(tasks), dtype=np.int64)
    for task in prange(len(tasks)):
        count, room = 0, found[task]
        for key in range(tasks[task, 0], tasks[task, 1]):
            for i in range(starts[key], starts[key + 1]):
                for probe in probes:
                    other = key ^ probe
                    if other < key:
                        continue
                    first = i + 1 if other == key else starts[other]
                    for j in range(first, starts[other + 1]):
                        differing = hashes[i] ^ hashes[j]
                        distance = bits_set(differing)
                        if distance <= radius and not _was_found(differing, done, done_radii):
                            if count < len(room):
                                room[count, 0], room[count, 1], room[count, 2] = i, j, distance
                            count += 1
        counts[task] = count
    return counts


@njit(cache=True)
def _was_found(differing: np.uint64, done: NDArray[np.uint64], done_radii: Int64s) -> bool:
    for band in range(len(done)):  # noqa: SIM110 - what numba compiles
        if bits_set(differing & done[band]) <= done_radii[band]:
            return True
    return False
