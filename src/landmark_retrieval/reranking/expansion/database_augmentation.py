"""Database-side augmentation: every index image moves towards its neighbours, then the queries search."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from tqdm import tqdm

from landmark_retrieval.arrays import Float32s, Floats, Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.expansion.query_expansion import expand_queries
from landmark_retrieval.reranking.expansion.weights import (
    RankWeights,
    WeightedByCosine,
    WeightedByRank,
    neighbour_weights,
)
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep

_ROWS = 16_384  # augmented at once, so that what is computed on the way stays small


def augment_index(
    index: Floats, neighbours: Ranking, n_neighbours: int, alpha: float = 0.0, by_rank: RankWeights = "equal"
) -> Float32s:
    """`x' = norm(x + Σ_r w_r · max(0, cos(x, x_r))^α · x_r)` over the neighbours of each image but itself.

    All are computed from the vectors as they were: no image sees another one augmented. The image itself
    counts once, with weight 1, wherever it stands in its list.

    Args:
        index: `(n_index, dim)` float32 or float16, L2-normalised, possibly memory-mapped.
        neighbours: ranking of the index for its own images; of `n_neighbours + 1` images, as an image is
            usually among its neighbours. Equal images may stand before it or push it out of its list.
        n_neighbours: images that are added to each one; fewer where the lists are shorter.
        alpha: power of the cosine, 0 or more.
        by_rank: weights by rank, see `neighbour_weights`.

    Returns:
        `(n_index, dim)`, L2-normalised.

    Raises:
        DataError: the neighbours are not of this index, or a vector holds NaN or infinity.
    """
    if (neighbours.n_queries, neighbours.n_index) != (len(index), len(index)):
        raise DataError(
            f"neighbours of the index: expected {len(index)} lists over {len(index)} rows, "
            f"found {neighbours.n_queries} over {neighbours.n_index}"
        )
    weights = neighbour_weights(by_rank, n_neighbours)
    augmented = np.empty(index.shape, dtype=np.float32)
    for start in tqdm(range(0, len(index), _ROWS), desc="augmented", unit="block", leave=False, disable=None):
        chunk = slice(start, start + _ROWS)
        others = other_images(neighbours.positions[chunk, : n_neighbours + 1], start, n_neighbours)
        try:
            expand_queries(index[chunk], index, others, alpha, weights, out=augmented[chunk])
        except DataError as error:
            raise DataError(f"index rows from {start} on, as queries: {error}") from error
    return augmented


def other_images(positions: Int64s, first: int, n: int) -> Int64s:
    """The first `n` neighbours of each image that are not the image itself, `-1` pads the end.

    Args:
        positions: `(m, k)` neighbours of the index rows `first`, `first + 1` …, `-1` pads.
        first: index row of the first list.
        n: neighbours wanted, at most `k`.
    """
    itself = positions == np.arange(first, first + len(positions))[:, None]
    order = np.argsort(itself, axis=1, kind="stable")[:, :n]
    return np.take_along_axis(np.where(itself, PADDING, positions), order, axis=1)


class DatabaseAugmentation(RerankingStep):
    """What DBA and αDBA share: later steps see the augmented index.

    Neighbours, offline diffusion and the ranking that came before are of the old vectors, and are left
    behind. Landmarks and votes stay those predicted from the original descriptors.

    Attributes:
        n: neighbours that are added to each index image, which comes in addition to them.
        k: length of the new lists, images; None is the requested depth.
    """

    is_search = True

    n: int = Field(default=20, gt=0)
    k: int | None = Field(default=None, gt=0)

    @property
    @abstractmethod
    def weighting(self) -> tuple[float, RankWeights]:
        """Power of the cosine, and weights by rank."""

    @property
    def neighbours_needed(self) -> int:
        """One more than are added, as an image is usually among its neighbours."""
        return self.n + 1

    changes_inputs: ClassVar[bool] = True

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The original queries searched in the augmented index."""
        return self.run(ranking, inputs)[0]

    def run(self, ranking: Ranking | None, inputs: RerankingInputs) -> tuple[Ranking, RerankingInputs]:
        """The original queries searched in the augmented index, and the inputs with that index."""
        alpha, by_rank = self.weighting
        vectors = augment_index(inputs.index.vectors, inputs.neighbours(self.n + 1), self.n, alpha, by_rank)
        index = Embeddings(inputs.index.image_ids, vectors)
        augmented = dataclasses.replace(inputs, index=index, index_neighbours=None, offline_diffusion=None)
        return augmented.search(self.k), augmented


class DBA(WeightedByRank, DatabaseAugmentation):
    """Database-side augmentation with equal weights or weights by rank (Gordo et al.)."""

    method: Literal["dba"] = "dba"


class AlphaDBA(WeightedByCosine, DatabaseAugmentation):
    """Database-side augmentation weighted by similarity (`--adba` of deep-image-retrieval)."""

    method: Literal["alpha_dba"] = "alpha_dba"
