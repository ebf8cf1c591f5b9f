"""k-NN: the ranking by similarity alone."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep


class KNN(RerankingStep):
    """Exact search; starts from nothing.

    Attributes:
        k: length of the lists, images; None is the requested depth.
    """

    is_search = True

    method: Literal["knn"] = "knn"
    k: int | None = Field(default=None, gt=0)

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The `k` most similar index images; what was ranked before does not matter."""
        return inputs.search(self.k)
