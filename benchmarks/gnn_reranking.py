"""GNN re-ranking against full matrices in torch, as published, search included on both sides.

    PYTHONPATH=src python benchmarks/gnn_reranking.py [--size S|M]

The plain side holds several matrices of (queries + index)² float32: 0.5 GB each at S; at M it would be
41 GB each, and it is left out.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.graphs.gnn import GNN
from landmark_retrieval.reranking.inputs import RerankingInputs
from simulated import SIZES, make_world
from timing import peak_mib, report, timed

DEPTH = 100


def full_matrices(
    queries: NDArray[np.float32], index: NDArray[np.float32], k1: int, k2: int, weight: float
) -> NDArray[np.float32]:
    """Scores of the first `DEPTH` images of each query."""
    import torch

    vectors, n_queries = torch.from_numpy(np.vstack([queries, index])), len(queries)
    similarities = vectors @ vectors.T
    direct = similarities[:n_queries, n_queries:].clone()
    cosines, nearest = similarities.topk(k1, dim=1)
    features = torch.zeros_like(similarities)
    del similarities
    features.scatter_(1, nearest, 1.0)
    weights = cosines[:, :k2] ** 2
    for _ in range(2):
        features = features + features.T
        spread = torch.zeros_like(features)
        for place in range(k2):
            spread += weights[:, place, None] * features[nearest[:, place]]
        features = spread / spread.norm(dim=1, keepdim=True)
    scores = (1 - weight) * features[:n_queries] @ features[n_queries:].T + weight * direct
    return scores.topk(DEPTH, dim=1).values.numpy()


def main() -> None:
    """Time both, check that they agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["S", "M"], default="S")
    size = parser.parse_args().size
    vectors, _ = make_world(SIZES[size] | {"train": 2 * SIZES[size]["index"]})
    sides = [
        Embeddings(np.array([f"{name}{row}" for row in range(len(vectors[name]))]), vectors[name])
        for name in ("queries", "index")
    ]
    unknown = [LabelPrediction(np.full(len(side), -1), np.zeros(len(side), np.float32)) for side in sides]
    inputs, step = RerankingInputs(*sides, *unknown, depth=DEPTH), GNN()
    del vectors
    step.apply(None, RerankingInputs(*sides[:1], *sides[:1], *unknown[:1], *unknown[:1]))  # compiles

    before = peak_mib()
    ranking, ours = timed(step.apply, None, inputs)
    between = peak_mib()
    print(f"{size}: {ours:.1f} s, {between - before:.0f} MiB more", flush=True)
    if size == "S":
        expected, plain = timed(
            full_matrices, sides[0].vectors, sides[1].vectors, step.k1, step.k2, step.weight
        )
        report("gnn", len(sides[0]), plain, ours)
        worst = np.abs(np.asarray(expected) - ranking.scores).max()
        print(f"largest difference {worst:.1e}; memory: plain {peak_mib() - before:.0f} MiB")


if __name__ == "__main__":
    main()
