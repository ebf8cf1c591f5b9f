"""SuperGlobal re-ranking of the first 400 images, against the published arithmetic in torch.

    PYTHONPATH=src python benchmarks/super_global.py [--size S|M]

The plain side works on 70 queries at once (a whole revisited benchmark), as the published code does: it sorts
all similarities of a shortlist, gathers the neighbours of all its images and averages them. Both sides are
given the same lists, and compared with the plain side in float64: rounding decides between nearly equal
neighbours.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.reranking.shortlist.super_global import super_global_scores
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, make_world
from timing import peak_mib, report, timed

M, K, BETA = 400, 9, 0.15
BATCH, PRECISE = 70, 10


def batched(
    queries: NDArray[np.floating], index: NDArray[np.floating], positions: NDArray[np.int64]
) -> NDArray[np.floating]:
    """Scores of all shortlists at once."""
    import torch

    vectors = torch.from_numpy(index[positions])
    similarities = torch.einsum("qmd,qnd->qmn", vectors, vectors)
    weights, nearest = torch.sort(similarities, dim=-1, descending=True)
    weights, nearest = weights[..., : K + 1] * BETA, nearest[..., : K + 1]
    weights[..., 0] = 1
    gathered = torch.stack([rows[near] for rows, near in zip(vectors, nearest, strict=True)])
    refined = (gathered * weights[..., None]).sum(dim=2) / weights.sum(dim=2, keepdim=True)
    first = torch.einsum("qd,qmd->qm", torch.from_numpy(queries), refined)
    best = torch.argsort(first, dim=-1, descending=True)[:, : K + 1]
    aggregate = torch.take_along_dim(refined, best[..., None], 1).amax(dim=1)
    second = torch.einsum("qd,qmd->qm", aggregate, refined)
    return ((first + second) / 2).numpy()


def main() -> None:
    """Time both, check that they agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["S", "M"], default="S")
    vectors, _ = make_world(SIZES[parser.parse_args().size])
    queries, index = vectors["queries"], vectors["index"]
    positions = search(queries, index, M).positions
    super_global_scores(queries[:2], index, positions[:2], K, BETA)  # compiles

    before = peak_mib()
    scores, ours = timed(super_global_scores, queries, index, positions, K, BETA, repeats=3)
    between = peak_mib()
    found, plain = timed(batched, queries[:BATCH], index, positions[:BATCH])
    report(f"super_global, M = {M}", len(queries), plain * len(queries) / BATCH, ours)
    print(
        f"memory: plain {peak_mib() - between:.0f} MiB for {BATCH} queries, ours {between - before:.0f} MiB"
    )
    few = slice(PRECISE)
    exact = batched(queries[few].astype(np.float64), index.astype(np.float64), positions[few])
    for name, values in (("plain", found[few]), ("ours", scores[few])):
        print(f"largest difference from float64: {name} {np.abs(values - exact).max():.1e}")


if __name__ == "__main__":
    main()
