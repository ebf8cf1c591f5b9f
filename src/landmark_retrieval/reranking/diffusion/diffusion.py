"""Diffusion on the graph of the index (Iscen et al., Efficient Diffusion on Region Manifolds)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.diffusion_step import (
    DiffusionStep,
    head_of_lists,
    query_affinities,
)
from landmark_retrieval.reranking.diffusion.mutual_graph import Graph, mutual_graph, normalised
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.lists.sparse_scores import rank_by_sparse_scores
from landmark_retrieval.reranking.offline_diffusion_rows import SystemSettings

_QUERIES = 1_024  # whose parts of the graph are held at once


def diffuse(graph: Graph, seeds: Int64s, values: Float64s, settings: SystemSettings) -> Iterator[Float64s]:
    """`f` with `(I − αS) f = y` for many `y`, from `f = 0` on.

    A solution depends on its own `y` alone, not on those solved beside it nor on the number of threads.

    Args:
        graph: `S`.
        seeds: `(n_systems, k)` int64 nodes where `y` is not zero, `-1` pads.
        values: `(n_systems, k)` of `y` there, 0 where padded.
        settings: α, tolerance and the number of iterations.

    Yields:
        `(n_block, n)` float64 for consecutive blocks of systems.
    """
    from numba import get_num_threads

    from landmark_retrieval.reranking.diffusion.diffusion_kernels import LANES, solve_on_graph

    step = LANES * get_num_threads()
    for start in range(0, len(seeds), step):
        block = slice(start, start + step)
        yield solve_on_graph(
            graph.arrays,
            np.ascontiguousarray(seeds[block]),
            np.ascontiguousarray(values[block]),
            settings.alpha,
            settings.tolerance,
            settings.max_iterations,
        )


def diffuse_within(
    graph: Graph,
    parts: Int32s,
    seeds: Int64s,
    values: Float64s,
    settings: SystemSettings,
    renormalise: bool = True,
) -> Float32s:
    """`f` with `(I − αS) f = y` on a part of the graph, another part for each `y`; see `diffuse`.

    Args:
        graph: `W`, which is normalised within each part (Iscen et al.), or `S`, which is taken as it is (late
            truncation of Yang et al.).
        parts: `(n_systems, m)` nodes of each part, `-1` pads.
        seeds: nodes outside the part do not count.
        values: of `y` there.
        settings: α, tolerance and the number of iterations.
        renormalise: whether the graph is `W`.

    Returns:
        `(n_systems, m)`, 0 where padded.
    """
    from landmark_retrieval.reranking.diffusion.subgraph_diffusion_kernels import solve_on_subgraphs

    return solve_on_subgraphs(
        graph.arrays,
        np.ascontiguousarray(parts),
        np.ascontiguousarray(seeds),
        np.ascontiguousarray(values),
        renormalise,
        settings.alpha,
        settings.tolerance,
        settings.max_iterations,
    )


class Diffusion(DiffusionStep):
    """Ranks by what flows from the query's nearest images along the mutual k-NN graph of the index.

    Attributes:
        k: neighbours of each image in the graph, itself included.
        truncate: run on the graph of this many images only, those that lead each list, normalised again; None
            runs on the whole graph.
    """

    method: Literal["diffusion"] = "diffusion"
    k: int = Field(default=50, gt=0)
    truncate: int | None = Field(default=None, gt=0)

    @property
    def neighbours_needed(self) -> int:
        """As many as the graph has."""
        return self.k

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Images that diffusion reaches by its scores, then the others as they were."""
        before = self.require_ranking(ranking)
        seeds = head_of_lists(before, inputs, self.k_q)
        values = query_affinities(inputs, seeds, self.gamma)
        neighbours = inputs.neighbours(self.k)
        graph = mutual_graph(neighbours.positions, neighbours.scores, self.gamma)
        if self.truncate is None:
            everything = np.arange(len(graph))[None]
            scored = ((everything, f) for f in diffuse(normalised(graph), seeds, values, self))
            return rank_by_sparse_scores(before, scored, inputs.depth)
        return rank_by_sparse_scores(before, self._within(graph, before, inputs, seeds, values), inputs.depth)

    def _within(
        self, graph: Graph, ranking: Ranking, inputs: RerankingInputs, seeds: Int64s, values: Float64s
    ) -> Iterator[tuple[Int32s, Float32s]]:
        for start in range(0, len(seeds), _QUERIES):
            block = slice(start, start + _QUERIES)
            parts = head_of_lists(ranking, inputs, self.truncate or 0, block).astype(np.int32)
            yield parts, diffuse_within(graph, parts, seeds[block], values[block], self)
