"""Local features of the images that are ranked, for steps that verify pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.arrays import Int64s, Ints
from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.verification.pairs import count_inliers
from landmark_retrieval.verification.settings import VerificationSettings


@dataclass(frozen=True, eq=False)
class Geometry:
    """What verification looks at.

    Attributes:
        queries: local features, row by row the query embeddings.
        index: local features, row by row the index embeddings.
        settings: of matching and RANSAC.
        workers: processes that verify; no effect on the result.
    """

    queries: LocalFeatureStore
    index: LocalFeatureStore
    settings: VerificationSettings
    workers: int = 1

    def check(self, query_ids: NDArray[np.str_], index_ids: NDArray[np.str_]) -> None:
        """Raise if the local features are of other images.

        Raises:
            DataError: the ids of queries or index differ from those of the local features.
        """
        for side, store, ids in (("query", self.queries, query_ids), ("index", self.index, index_ids)):
            if not np.array_equal(store.image_ids, ids):
                raise DataError(f"local features of the {side} images: not those of the embeddings' rows")


def inlier_counts(
    geometry: Geometry, positions: Ints, side: Literal["queries", "index"] = "queries"
) -> Int64s:
    """Inliers between each query, or each index image, and the index images that are listed for it.

    A pair of index images is counted once.

    Args:
        geometry: local features of both sides.
        positions: `(n, k)` rows of the index, `-1` pads.
        side: whose lists they are.

    Returns:
        `(n, k)`, 0 where padded.
    """
    store = geometry.queries if side == "queries" else geometry.index
    rows, columns = np.nonzero(positions != PADDING)
    pairs = np.column_stack([rows, positions[rows, columns].astype(np.int64)])
    counts = np.zeros(positions.shape, dtype=np.int64)
    found = count_inliers(store, pairs, geometry.settings, geometry.workers, geometry.index)
    counts[rows, columns] = found[:, 1]
    return counts
