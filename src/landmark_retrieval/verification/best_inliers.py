"""Best match of each image in the evidence of many pairs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.verification.evidence import Evidence


def best_inliers(evidence: Iterable[Evidence], image_ids: Iterable[str]) -> dict[str, int]:
    """The most inliers that each of some images has with any other, images without a pair left out.

    Args:
        evidence: one or several sets of pairs; an image may stand on either side.
        image_ids: the requested images.
    """
    wanted = np.unique(np.asarray(list(image_ids), dtype=np.str_))
    best: dict[str, int] = {}
    for pairs in evidence:
        for ids, column in ((pairs.image_ids, 0), (pairs.other_ids, 1)):
            for image_id, inliers in _best_of_side(pairs, ids, column, wanted):
                best[image_id] = max(inliers, best.get(image_id, 0))
    return best


def _best_of_side(
    pairs: Evidence, ids: NDArray[np.str_], column: int, wanted: NDArray[np.str_]
) -> list[tuple[str, int]]:
    is_wanted = np.isin(ids, wanted)
    rows = np.asarray(pairs.pairs[:, column])
    hits = is_wanted[rows]
    most = np.full(len(ids), -1, dtype=np.int64)
    np.maximum.at(most, rows[hits], pairs.inliers[hits])
    return [(str(ids[row]), int(most[row])) for row in np.flatnonzero(most >= 0)]
