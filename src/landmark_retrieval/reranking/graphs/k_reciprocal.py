"""k-reciprocal re-ranking (Zhong et al., CVPR 2017)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float64s, Floats, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.graphs.k_reciprocal_whole_set import rerank_in_whole_set
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.lists.reordering import reorder_head
from landmark_retrieval.reranking.step import RerankingStep

_GATHERED_ROWS = 2**15  # of shortlists held at once


class KReciprocal(RerankingStep):
    """Re-ranks by how much the neighbourhoods of query and image have in common.

    `shortlist` looks at each query and the head of its list alone. `whole_set` is the published setting: the
    neighbourhoods are those in all queries and index images together, so that the list of a query depends on
    what other queries there are (transductive: not to be compared with methods that are not).

    Attributes:
        k1: neighbours that may be reciprocal.
        k2: neighbours whose neighbourhoods are averaged, the image itself among them.
        lambda_value: weight of the original distance.
        scope: where neighbours are looked for.
        shortlist: images of each list that are re-ranked together, None is all; `whole_set` does not read it.
    """

    method: Literal["k_reciprocal"] = "k_reciprocal"
    k1: int = Field(default=20, gt=0)
    k2: int = Field(default=6, gt=0)
    lambda_value: float = Field(default=0.3, ge=0, le=1)
    scope: Literal["shortlist", "whole_set"] = "shortlist"
    shortlist: int | None = Field(default=100, gt=0)

    @property
    def neighbours_needed(self) -> int:
        """Neighbours of index images matter to the whole set alone."""
        return max(self.k1 + 1, self.k2) if self.scope == "whole_set" else 0

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Re-rank the shortlist, or everything."""
        before = self.require_ranking(ranking)
        queries, index = inputs.queries.vectors, inputs.index.vectors
        if self.scope == "whole_set":
            neighbours = inputs.neighbours(self.neighbours_needed)
            return rerank_in_whole_set(
                before, queries, index, neighbours, self.k1, self.k2, self.lambda_value, inputs.depth
            )
        head = before.positions[:, : self.shortlist]
        distances = shortlist_distances(queries, index, head, self.k1, self.k2, self.lambda_value)
        return reorder_head(before, -distances)


def shortlist_distances(
    queries: Floats, index: Floats, positions: Int64s, k1: int, k2: int, lambda_value: float
) -> Float64s:
    """`(1 − λ)·J + λ·d²` between each query and its shortlist (Zhong et al., Eq. 12).

    Within the set of the query and its shortlist, `d²_ij = (2 − 2·cos) / max_j (2 − 2·cos)`. `R(i, k)` are
    those among the first `k + 1` of `i`, itself included, that list `i` among theirs. `R(i, k1)` is joined by
    `R(j, k1/2)` of each member `j` of which more than two thirds lie in `R(i, k1)`. `V_i` is `exp(−d²_ij)` on
    that set, normalised to the sum 1, then averaged over the first `k2` of `i`, itself included, unless `k2`
    is 1. `J = 1 − Σ min(V_q, V_x) / (2 − Σ min(V_q, V_x))`. Half of an odd `k1` is rounded to the even
    neighbour, as `np.around` does in the authors' code. Ties between neighbours: the query, then list order.

    Args:
        queries: `(n_queries, dim)`, L2-normalised.
        index: `(n_index, dim)`, L2-normalised; only the listed rows are read.
        positions: `(n_queries, n)` int64 shortlists, `-1` pads.
        k1: neighbours that may be reciprocal.
        k2: neighbours that are averaged.
        lambda_value: weight of the original distance, 0 to 1.

    Returns:
        `(n_queries, n)` float64, 0 where padded.

    Raises:
        DataError: a descriptor holds NaN or infinity.
    """
    from landmark_retrieval.reranking.graphs.k_reciprocal_kernels import rerank_shortlists

    distances = np.zeros(positions.shape, dtype=np.float64)
    if positions.size == 0:
        return distances
    step = max(1, _GATHERED_ROWS // positions.shape[1])
    for start in range(0, len(positions), step):
        chunk = slice(start, start + step)
        listed = positions[chunk]
        stacks = np.empty((len(listed), 1 + listed.shape[1], index.shape[1]), dtype=np.float32)
        stacks[:, 0], stacks[:, 1:] = queries[chunk], index[listed]
        sizes = 1 + (listed != PADDING).sum(axis=1)
        distances[chunk] = rerank_shortlists(stacks, sizes, k1, k2, lambda_value)
    if not np.isfinite(distances).all():
        query = int(np.argmin(np.isfinite(distances).all(axis=1)))
        raise DataError(f"query {query}: expected finite descriptors, found NaN or infinity in its shortlist")
    return distances
