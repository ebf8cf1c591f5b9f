"""Local features of the images that are ranked, for steps that verify pairs."""

from __future__ import annotations

from dataclasses import dataclass

from landmark_retrieval.local_features.store import LocalFeatureStore
from landmark_retrieval.verification.pairs import VerificationSettings


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
