"""Exact search against FAISS and torch, on the same descriptors, in one run.

    PYTHONPATH=src python benchmarks/search.py --size M     # 1k queries, 100k index; S is 10k, L 10k × 762k
    OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 … --busy          # processor time, for a machine that is shared
    ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 …      # as a processor without bfloat16 units

The peers hold the index in memory; the search streams it from a memory-mapped file. Its lists must be the
same bytes for all scans, and those of the peers up to the rounding of their float32 products.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.exact_search import choose_backend, search
from simulated import SIZES, landmarks_of, write_split
from timing import peak_mib, report, timed

K = 100
WORLDS = {"S": SIZES["S"], "M": SIZES["M"], "L": SIZES["GLD-v2"] | {"queries": 10_000}}
REPEATS = {"S": 5, "M": 3, "L": 1}
SCANS = {
    "tiled bfloat16": {"backend": "tiled", "scan": "bfloat16"},
    "tiled float32": {"backend": "tiled", "scan": "float32"},
    "faiss float32": {"backend": "faiss"},
}
_TORCH_QUERIES = 256  # at once: their products with 762k rows are 0.8 GB

Lists = tuple[NDArray[np.float32], NDArray[np.int64]]


def faiss_knn(queries: NDArray[np.float32], index: NDArray[np.float32]) -> Lists:
    """Brute force without an index object."""
    return faiss.knn(queries, index, K, metric=faiss.METRIC_INNER_PRODUCT)


def flat_index(index: NDArray[np.float32]) -> faiss.IndexFlatIP:
    """The usual index object; filling it is not timed."""
    flat = faiss.IndexFlatIP(index.shape[1])
    flat.add(index)
    return flat


def torch_topk(queries: NDArray[np.float32], index: NDArray[np.float32]) -> Lists:
    """Matrix product and `topk`, some queries at a time."""
    columns = torch.from_numpy(index).T
    tops = [(torch.from_numpy(queries[s : s + _TORCH_QUERIES]) @ columns).topk(K, dim=1)
            for s in range(0, len(queries), _TORCH_QUERIES)]  # fmt: skip
    return (
        np.concatenate([top.values.numpy() for top in tops]),
        np.concatenate([top.indices.numpy() for top in tops]),
    )


def agreement(ranking: Ranking, lists: Lists) -> str:
    """How far the lists of a peer are the same."""
    scores, rows = lists
    same = np.mean([len(np.intersect1d(a, b)) for a, b in zip(ranking.positions, rows, strict=True)]) / K
    return f"{same:.4%} of the rows, scores within {np.abs(ranking.scores - scores).max():.1e}"


def write_world(folder: Path, size: str) -> dict[str, Path]:
    """Queries and index on disk."""
    sizes, paths = WORLDS[size], {}
    for number, split in enumerate(("queries", "index")):
        paths[split] = folder / f"{split}.npy"
        write_split(paths[split], sizes[split], landmarks_of(sizes), number, "float32")
    return paths


def main() -> None:
    """Write the world, time both sides, compare the lists."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=WORLDS, default="M")
    parser.add_argument("--busy", action="store_true", help="processor time instead of wall-clock time")
    arguments = parser.parse_args()
    clock = {"repeats": REPEATS[arguments.size], "busy": arguments.busy}
    with TemporaryDirectory() as folder:
        paths = write_world(Path(folder), arguments.size)
        queries, mapped = np.load(paths["queries"]), np.load(paths["index"], mmap_mode="r")
        search(queries[:64], mapped[:5_000], K, "tiled")  # compiles
        before = peak_mib()
        found, ours = {}, {}
        for name, scan in SCANS.items():
            found[name], ours[name] = timed(partial(search, **scan), queries, mapped, K, **clock)
        print(f"peak beyond the queries {peak_mib() - before:.0f} MiB, of which the mapped file is a part")
        print(f"auto is {choose_backend('auto', 'auto', K)}")
        compare(queries, np.load(paths["index"]), found, ours, clock)


def compare(
    queries: NDArray[np.float32],
    index: NDArray[np.float32],
    found: dict[str, Ranking],
    ours: dict[str, float],
    clock: dict[str, int],
) -> None:
    """Time the peers and print the ratios."""
    first, *others = found.values()
    for other in others:
        assert np.array_equal(first.positions, other.positions)
        assert first.scores.tobytes() == other.scores.tobytes()
    flat = flat_index(index)
    peers = {
        "faiss.knn": lambda: faiss_knn(queries, index),
        "faiss IndexFlatIP": lambda: flat.search(queries, K),
        "torch matmul + topk": lambda: torch_topk(queries, index),
    }
    fastest = np.inf
    for name, peer in peers.items():
        lists, seconds = timed(peer, **clock)
        fastest = min(fastest, seconds)
        for scan in ours:
            report(f"{name} / {scan}", len(queries), seconds, ours[scan])
        print(f"    {agreement(first, lists)}")
    ratios = ", ".join(f"{fastest / seconds:.2f} ({scan})" for scan, seconds in ours.items())
    print(f"best peer {fastest:.2f} s; ratio {ratios}; the scans gave the same bytes")


if __name__ == "__main__":
    main()
