"""Spatial verification (SP): verified images of the shortlist first, in the order of inliers."""

from __future__ import annotations

import logging
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.arrays import Ints
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.geometry import Geometry, inlier_counts
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.lists.reordering import append_rest
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.verification.chance import chance_bounds
from landmark_retrieval.verification.pairs import count_inliers

logger = logging.getLogger(__name__)

_PAIRS, _CONFIDENCE, _MOST = 5_000, 0.95, 10_000


def sort_by_inliers(ranking: Ranking, geometry: Geometry, shortlist: int, min_inliers: int = 0) -> Ranking:
    """Lists with the verified images of the shortlist first, by inliers; all others keep their order.

    Two images of different landmarks share a few inliers by chance, four or five as good as often as none.
    An order among such counts is no evidence, so images with fewer than `min_inliers` stay where the ranking
    had them, behind the verified ones. With 0 the whole shortlist is sorted: the rule of DELG's code for
    revisited benchmarks, without its removal of junk images, which are known from ground truth alone.

    The score of a verified image is its number of inliers; the scores of the rest are shifted down together,
    just far enough that they do not exceed the last of the verified ones.
    """
    return verified_first(ranking, inlier_counts(geometry, ranking.positions[:, :shortlist]), min_inliers)


def verified_first(ranking: Ranking, inliers: Ints, min_inliers: int) -> Ranking:
    """`sort_by_inliers` from the inliers of the first images of each list, `(n_queries, shortlist)`."""
    listed = ranking.positions[:, : inliers.shape[1]]
    counts = (listed != PADDING) & (inliers >= min_inliers)
    scores = np.where(counts, inliers, -np.inf).astype(np.float32)
    order = np.argsort(-scores, axis=1, kind="stable")
    verified = Ranking(
        np.take_along_axis(np.where(counts, listed, PADDING), order, axis=1),
        np.take_along_axis(scores, order, axis=1),
        ranking.n_index,
        ranking.ids_fingerprint,
    )
    return append_rest(verified, ranking, ranking.depth)


def chosen_inliers(geometry: Geometry, shortlist: int, rate: float) -> int:
    """The smallest number of inliers with at most `rate` false verifications per query, by chance.

    A step knows no landmark, so pairs of the index are drawn at random: nearly all show different things, and
    the bound on chance stands those that do not (`verification.chance`). Queries change nothing.

    Raises:
        DataError: the index has fewer than two images, or no number keeps the rate.
    """
    pairs = _random_pairs(geometry.index.image_ids)
    inliers = count_inliers(geometry.index, pairs, geometry.settings, geometry.workers)[:, 1]
    bounds = chance_bounds(inliers, _MOST, _CONFIDENCE) if len(pairs) else np.ones(1)
    kept = bounds * shortlist <= rate
    if not kept.any():
        raise DataError(
            f"min_inliers: auto: no number of inliers keeps {rate:g} false verifications per query, by "
            f"{len(pairs)} pairs of index images"
        )
    needed = int(kept.argmax())
    logger.info("spatial_verification: verified from %d inliers on (auto, %g per query)", needed, rate)
    return needed


def _random_pairs(image_ids: NDArray[np.str_]) -> NDArray[np.int64]:
    """Pairs of different images, `(m, 2)` rows; which ones does not depend on the order of the images."""
    n, rng = len(image_ids), np.random.default_rng(0)
    if n < 2:
        return np.zeros((0, 2), np.int64)
    first = rng.integers(n, size=_PAIRS)
    second = (first + rng.integers(1, n, size=_PAIRS)) % n
    pairs = np.argsort(image_ids, kind="stable")[np.stack([first, second], axis=1)]
    return np.unique(np.sort(pairs, axis=1), axis=0)


class SpatialVerification(RerankingStep):
    """Puts verified images of the shortlist first.

    Attributes:
        shortlist: images of each list that are verified.
        min_inliers: inliers that move an image up; 0 sorts the whole shortlist, as published; `auto`: the
            smallest number that keeps `rate`, see `chosen_inliers`.
        rate: false verifications expected per query, where `min_inliers` is `auto`.
    """

    method: Literal["spatial_verification"] = "spatial_verification"
    shortlist: int = Field(default=100, gt=0)
    min_inliers: Annotated[int, Field(ge=0)] | Literal["auto"] = 8
    rate: float = Field(default=0.01, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"geometry"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Verify the first images of each list and move those up that are verified.

        Raises:
            DataError: there is no ranking, or there are no local features of these images.
        """
        before = self.require_ranking(ranking)
        if inputs.geometry is None:
            raise DataError(f"{self.method}: needs local features of queries and index, found none")
        inputs.geometry.check(inputs.queries.image_ids, inputs.index.image_ids)
        needed = self.min_inliers
        if isinstance(needed, str):
            needed = chosen_inliers(inputs.geometry, self.shortlist, self.rate)
        return sort_by_inliers(before, inputs.geometry, self.shortlist, needed)
