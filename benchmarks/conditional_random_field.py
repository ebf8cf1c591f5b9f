"""Denoising of similarities on cliques of 1,000 images, against batches in torch, as published.

    PYTHONPATH=src python benchmarks/conditional_random_field.py [--size S|M]

Both run on a part of the images, as every image costs the same. The plain side computes divergences in
float32 as differences of entropies; the same in float64 shows what that costs in digits.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.c_crf_denoising import CliqueField, denoise
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, make_world
from timing import peak_mib, report, timed

IMAGES, PRECISE, BATCH = 60, 6, 15
FIELD = CliqueField()


def batched(neighbours: Ranking, index: NDArray[np.floating]) -> NDArray[np.floating]:
    """Denoised similarities of each clique, in the order of the lists."""
    import torch

    parts = []
    for start in range(0, neighbours.n_queries, BATCH):
        chunk = slice(start, start + BATCH)
        vectors = torch.from_numpy(index[neighbours.positions[chunk]])
        similarities = torch.from_numpy(neighbours.scores[chunk].astype(index.dtype))
        cosines = torch.bmm(vectors, vectors.transpose(1, 2)).clamp(min=0)
        distances = torch.sqrt(torch.relu(2 - 2 * cosines))
        shares = torch.softmax(torch.nn.functional.normalize(cosines, dim=2), dim=2)
        cross = torch.bmm(shares, torch.log(shares).transpose(1, 2))
        divergence = torch.diagonal(cross, dim1=1, dim2=2)[..., None] - cross
        divergence = (divergence + divergence.transpose(1, 2)) / 2
        weights = torch.exp(-(distances**2) / (2 * FIELD.distance_scale**2))
        weights = weights * torch.exp(-(divergence**2) / (2 * FIELD.divergence_scale**2))
        torch.diagonal(weights, dim1=1, dim2=2).zero_()
        matrix = FIELD.pairwise * (torch.diag_embed(weights.sum(dim=2)) - weights)
        torch.diagonal(matrix, dim1=1, dim2=2).add_(FIELD.unary)
        parts.append(_conjugate_gradients(matrix, FIELD.unary * similarities[..., None]).numpy())
    return np.concatenate(parts)


def _conjugate_gradients(matrix, given):  # noqa: ANN001, ANN202 - tensors of torch, imported late
    solution, residual = given, given - matrix @ given
    direction, square = residual, (residual**2).sum(dim=1, keepdim=True)
    enough = FIELD.field_tolerance * given.norm(dim=1, keepdim=True).clamp(min=1)
    for _ in range(FIELD.field_iterations):
        image = matrix @ direction
        step = square / (direction * image).sum(dim=1, keepdim=True)
        solution, residual = solution + step * direction, residual - step * image
        before, square = square, (residual**2).sum(dim=1, keepdim=True)
        if bool((square.sqrt() <= enough).all()):
            break
        direction = residual + square / before * direction
    return solution[..., 0]


def main() -> None:
    """Time both, compare them with the plain side in float64."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["S", "M"], default="S")
    vectors, _ = make_world(SIZES[parser.parse_args().size])
    index = vectors["index"]
    neighbours = search(index[:IMAGES], index, FIELD.clique)

    before = peak_mib()
    denoised, ours = timed(denoise, neighbours, index, FIELD, repeats=2)
    between = peak_mib()
    found, plain = timed(batched, neighbours, index)
    report("c_crf, cliques of 1,000", IMAGES, plain, ours)
    print(f"memory: plain {peak_mib() - before:.0f} MiB, ours {between - before:.0f} MiB")
    few = Ranking(neighbours.positions[:PRECISE], neighbours.scores[:PRECISE], neighbours.n_index)
    exact = -np.sort(-batched(few, index.astype(np.float64)))
    for name, values in (("plain", -np.sort(-found[:PRECISE])), ("ours", denoised.scores[:PRECISE])):
        print(f"largest difference from float64: {name} {np.abs(values - exact).max():.1e}")


if __name__ == "__main__":
    main()
