"""Diffusion on the graph of all regions of the index (Iscen et al.), pooled into scores of images."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.arrays import Float64s, Floats, Int64s, Ints
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.diffusion.diffusion import diffuse, diffuse_within
from landmark_retrieval.reranking.diffusion.diffusion_step import DiffusionStep, head_of_lists
from landmark_retrieval.reranking.diffusion.generalised_max_pooling import pooling_weights
from landmark_retrieval.reranking.diffusion.mutual_graph import Graph, mutual_graph, normalised
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.lists.sparse_scores import rank_by_sparse_scores
from landmark_retrieval.reranking.regions import RegionEmbeddings, Regions
from landmark_retrieval.search.exact_search import search

_QUERIES = 32  # whose parts of the graph are held at once

Seeds = tuple[Int64s, Float64s]
Flow = tuple[Ints, Floats]


def regional_affinities(queries: RegionEmbeddings, regions: Floats, k_q: int, gamma: float) -> Seeds:
    """`y`: the regions nearest to those of each query, by the sum of their cosines to them.

    Each region of a query finds its `k_q` nearest among `(n_regions, dim)` of the index. The cosines to a
    region found more than once are added up; the `k_q` largest sums count, `max(0, sum)^γ`. Of equal sums the
    smaller row leads.

    Returns:
        Rows `(n_queries, k_q)`, `-1` pads, and `y` there.
    """
    width = min(k_q, len(regions))
    seeds = np.full((len(queries), width), PADDING, dtype=np.int64)
    values = np.zeros((len(queries), width))
    if len(queries.vectors) == 0 or width == 0:
        return seeds, values
    found = search(queries.vectors, regions, width)
    for query, (start, end) in enumerate(pairwise(queries.offsets)):
        rows, number = np.unique(found.positions[start:end], return_inverse=True)
        sums = np.bincount(number.ravel(), found.scores[start:end].ravel(), minlength=len(rows))
        best = np.argsort(-sums, kind="stable")[:width]
        seeds[query, : len(best)] = rows[best]
        values[query, : len(best)] = np.maximum(sums[best], 0) ** gamma
    return seeds, values


class RegionalDiffusion(DiffusionStep):
    """Ranks by what flows from the regions nearest to the query's along the mutual k-NN graph of all regions.

    Attributes:
        k: neighbours of each region in the graph, itself included.
        truncate: run on the regions of this many images only, those that lead each list, normalised again
            (10,000 in the paper, for more than 100,000 images); None runs on all.
        pooling_regulariser: λ of generalised max pooling.
    """

    method: Literal["regional_diffusion"] = "regional_diffusion"
    k: int = Field(default=200, gt=0)
    k_q: int = Field(default=200, gt=0)
    truncate: int | None = Field(default=None, gt=0)
    pooling_regulariser: float = Field(default=1.0, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"regions"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Images with a region that diffusion reaches by their scores, then the others as they were.

        Raises:
            DataError: there is no ranking to start from, or there are no regions.
        """
        before = self.require_ranking(ranking)
        if inputs.regions is None:
            raise DataError("regional_diffusion: expected regions of queries and index, found none")
        index = inputs.regions.index
        pooling = pooling_weights(index, self.pooling_regulariser)
        neighbours = search(index.vectors, index.vectors, self.k)
        graph = mutual_graph(neighbours.positions, neighbours.scores, self.gamma)
        if self.truncate is None:
            flows = self._everywhere(graph, inputs.regions)
        else:
            flows = self._within(graph, before, inputs, inputs.regions)
        images = np.arange(len(index))[None]
        scored = (_pool(rows, f, pooling, index.image_rows, len(index)) for rows, f in flows)
        return rank_by_sparse_scores(before, ((images, scores) for scores in scored), inputs.depth)

    def _everywhere(self, graph: Graph, regions: Regions) -> Iterator[Flow]:
        seeds, values = regional_affinities(regions.queries, regions.index.vectors, self.k_q, self.gamma)
        rows = np.arange(len(graph))
        for f in diffuse(normalised(graph), seeds, values, self):
            yield np.broadcast_to(rows, f.shape), f

    def _within(
        self, graph: Graph, ranking: Ranking, inputs: RerankingInputs, regions: Regions
    ) -> Iterator[Flow]:
        for start in range(0, ranking.n_queries, _QUERIES):
            block = range(start, min(start + _QUERIES, ranking.n_queries))
            heads = head_of_lists(ranking, inputs, self.truncate or 0, slice(block.start, block.stop))
            rows = [_rows_of(regions.index, np.sort(images[images != PADDING])) for images in heads]
            seeds, values = self._seeds_within(regions, block, rows)
            parts = _padded(rows).astype(np.int32)
            yield parts, diffuse_within(graph, parts, seeds, values, self)

    def _seeds_within(self, regions: Regions, block: range, rows: list[Int64s]) -> Seeds:
        """`y` of each query among its own part of the regions."""
        seeds, values = [], []
        for query, part in zip(block, rows, strict=True):
            own = slice(*regions.queries.offsets[query : query + 2])
            one = RegionEmbeddings(regions.queries.vectors[own], np.array([0, own.stop - own.start]))
            places, affinities = regional_affinities(one, regions.index.vectors[part], self.k_q, self.gamma)
            seeds.append(np.append(part, PADDING)[places[0]])
            values.append(affinities[0])
        return _padded(seeds), _padded(values, 0.0)


def _rows_of(regions: RegionEmbeddings, images: Int64s) -> Int64s:
    """Rows of the regions of some images, image after image."""
    sizes = regions.offsets[images + 1] - regions.offsets[images]
    first = np.repeat(regions.offsets[images] - np.cumsum(sizes) + sizes, sizes)
    return first + np.arange(len(first))


def _padded(lists: list[NDArray[Any]], padding: float = PADDING) -> NDArray[Any]:
    width = max(map(len, lists), default=0)
    padded = np.full((len(lists), width), padding, dtype=lists[0].dtype)
    for row, values in zip(padded, lists, strict=True):
        row[: len(values)] = values
    return padded


def _pool(rows: Ints, f: Floats, pooling: Float64s, image_rows: Int64s, n_images: int) -> Float64s:
    """`Σ f_r·c_r` over the regions of each image, `(n_queries, n_images)`; `f` is 0 where rows are padded."""
    scores = np.empty((len(f), n_images))
    for query in range(len(f)):
        reached = np.flatnonzero(f[query])
        owned = rows[query][reached]
        weights = f[query][reached] * pooling[owned]
        scores[query] = np.bincount(image_rows[owned], weights, minlength=n_images)
    return scores
