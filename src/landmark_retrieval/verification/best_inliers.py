"""Best match of each image in the evidence of many pairs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from landmark_retrieval.verification.evidence import Evidence


def best_inliers(evidence: Iterable[Evidence], image_ids: Iterable[str]) -> dict[str, int]:
    """Most inliers of each requested image with any other; images without a pair are omitted."""
    wanted = np.unique(np.asarray(list(image_ids), dtype=np.str_))
    best: dict[str, int] = {}
    for pairs in evidence:
        for ids, column in ((pairs.image_ids, 0), (pairs.other_ids, 1)):
            rows = np.asarray(pairs.pairs[:, column])
            hits = np.isin(ids, wanted)[rows]
            most = np.full(len(ids), -1, dtype=np.int64)
            np.maximum.at(most, rows[hits], pairs.inliers[hits])
            for row in np.flatnonzero(most >= 0):
                image_id = str(ids[row])
                best[image_id] = max(int(most[row]), best.get(image_id, 0))
    return best
