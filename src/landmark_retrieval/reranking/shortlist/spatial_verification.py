"""Spatial verification (SP): the shortlist in the order of inliers."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry, inlier_counts
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.lists.reordering import reorder_head
from landmark_retrieval.reranking.step import RerankingStep


def sort_by_inliers(ranking: Ranking, geometry: Geometry, shortlist: int) -> Ranking:
    """Lists by inliers, then by the rank they had; what is not verified has no inlier.

    The rule of DELG's code for revisited benchmarks, without its removal of junk images, which are known from
    ground truth alone. An image of the shortlist without an inlier thus stays before the images that were
    not verified, in the order they had.

    The score of a verified image is its number of inliers; the scores of the rest are shifted down together,
    just far enough that they do not exceed the last of the first `shortlist` images.
    """
    inliers = inlier_counts(geometry, ranking.positions[:, :shortlist])
    return reorder_head(ranking, inliers.astype(np.float32))


class SpatialVerification(RerankingStep):
    """Sorts the shortlist by inliers.

    Attributes:
        shortlist: images of each list that are verified.
    """

    method: Literal["spatial_verification"] = "spatial_verification"
    shortlist: int = Field(default=100, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"geometry"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Verify the first images of each list and sort them.

        Raises:
            DataError: there is no ranking, or there are no local features of these images.
        """
        before = self.require_ranking(ranking)
        if inputs.geometry is None:
            raise DataError(f"{self.method}: needs local features of queries and index, found none")
        inputs.geometry.check(inputs.queries.image_ids, inputs.index.image_ids)
        return sort_by_inliers(before, inputs.geometry, self.shortlist)
