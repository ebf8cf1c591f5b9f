"""Steps and query vectors that the kinds of diffusion share."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s, Ints
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.offline_diffusion_rows import SystemSettings
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact_search import search


class DiffusionStep(SystemSettings, RerankingStep):
    """A step that solves `(I − αS) f = y` for each query.

    Attributes:
        k_q: nearest neighbours of the query that diffusion starts from.
    """

    k_q: int = Field(default=10, gt=0)


def own_image_first(positions: Ints, scores: Float32s, images: Int64s) -> tuple[Int32s, Float32s]:
    """Move each image to the front of its list; one that is missing replaces the last of the list."""
    listed, cosines = positions.astype(np.int32), scores.copy()
    rows = np.flatnonzero(listed[:, 0] != images)
    own = listed[rows] == images[rows, None]
    own[~own.any(axis=1), -1] = True
    order = np.argsort(~own, axis=1, kind="stable")
    listed[rows] = np.take_along_axis(listed[rows], order, axis=1)
    cosines[rows] = np.take_along_axis(cosines[rows], order, axis=1)
    listed[:, 0] = images
    return listed, cosines


def head_of_lists(
    ranking: Ranking, inputs: RerankingInputs, depth: int, queries: slice = slice(None)
) -> Int64s:
    """First `min(depth, n_index)` images of the lists of some queries; searched where lists are shorter."""
    depth = min(depth, len(inputs.index))
    if ranking.depth >= depth:
        return ranking.positions[queries, :depth]
    return search(inputs.queries.vectors[queries], inputs.index, depth).positions


def query_affinities(inputs: RerankingInputs, nearest: Int64s, gamma: float) -> Float64s:
    """`y = max(0, cos)^γ` at the images nearest to each query, `(n_queries, k_q)`; 0 where `-1` pads.

    Raises:
        DataError: an embedding is not finite.
    """
    cosines = pair_scores(inputs.queries.vectors, inputs.index.vectors, nearest)
    broken = ~np.isfinite(cosines) & (nearest >= 0)
    if broken.any():
        query = int(np.argmax(broken.any(axis=1)))
        raise DataError(f"query row {query}: its embedding or that of a neighbour is not finite")
    return np.maximum(cosines, 0).astype(np.float64) ** gamma
