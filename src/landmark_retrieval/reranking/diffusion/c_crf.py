"""Diffusion on similarities denoised by clique-based random fields (C-CRF, ICIP 2025)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.diffusion.c_crf_denoising import CliqueField, denoise
from landmark_retrieval.reranking.diffusion.diffusion import diffuse_within
from landmark_retrieval.reranking.diffusion.diffusion_step import (
    DiffusionStep,
    head_of_lists,
    own_image_first,
    query_affinities,
)
from landmark_retrieval.reranking.diffusion.mutual_graph import Graph, normalised
from landmark_retrieval.reranking.diffusion.offline_diffusion import combine_rows
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.lists.sparse_scores import rank_by_sparse_scores
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion


def averaged_graph(neighbours: Ranking, k: int, gamma: float) -> Graph:
    """`(A + Aᵀ) / 2` of `A_ij = max(0, similarity)^γ` over the first `k` of each list, without loops.

    An edge that only one side lists has half its weight, where the mutual graph has none. The image itself
    counts among the `k` where it is listed.
    """
    from scipy.sparse import coo_array

    positions, similarities = neighbours.positions[:, :k], neighbours.scores[:, :k]
    own = np.arange(len(positions))[:, None]
    edge = (positions != PADDING) & (positions != own) & (similarities > 0)
    rows, columns = np.broadcast_to(own, positions.shape)[edge], positions[edge]
    weights = similarities[edge].astype(np.float64) ** gamma / 2
    both = np.concatenate([rows, columns]), np.concatenate([columns, rows])
    matrix = coo_array((np.concatenate([weights, weights]), both), shape=(len(own), len(own))).tocsr()
    return Graph(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)


class CCRF(CliqueField, DiffusionStep):
    """Offline diffusion on the graph of denoised similarities, all of it within the step.

    Attributes:
        k_d: denoised neighbours of each image in the graph, itself included.
        n_trunc: nearest images, by cosine, within which an image diffuses, its own included.
    """

    method: Literal["c_crf"] = "c_crf"
    k_d: int = Field(default=50, gt=0)
    n_trunc: int = Field(default=1_000, gt=0)

    @property
    def neighbours_needed(self) -> int:
        """What cliques and rows are made of."""
        return max(self.clique, self.n_trunc)

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Images that diffusion reaches by its scores, then the others as they were."""
        before = self.require_ranking(ranking)
        if len(inputs.index) == 0:
            return before
        neighbours = inputs.neighbours(self.neighbours_needed)
        denoised = denoise(neighbours, inputs.index.vectors, self)
        graph = normalised(averaged_graph(denoised, self.k_d, self.gamma))
        images = np.arange(len(inputs.index))
        nearest = neighbours.positions[:, : self.n_trunc], neighbours.scores[:, : self.n_trunc]
        parts, _ = own_image_first(*nearest, images)
        ones = np.ones((len(images), 1))
        values = diffuse_within(graph, parts, images[:, None], ones, self, renormalise=False)
        rows = OfflineDiffusion(parts, values, self.model_dump_json())
        seeds = head_of_lists(before, inputs, self.k_q)
        affinities = query_affinities(inputs, seeds, self.gamma)
        return rank_by_sparse_scores(before, combine_rows(rows, seeds, affinities), inputs.depth)
