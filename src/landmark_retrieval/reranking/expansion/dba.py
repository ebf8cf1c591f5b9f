"""DBA, database-side augmentation with equal weights or weights by rank (Gordo et al.)."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.reranking.expansion.database_augmentation import DatabaseAugmentation
from landmark_retrieval.reranking.expansion.weights import WeightedByRank


class DBA(WeightedByRank, DatabaseAugmentation):
    """Database-side augmentation with equal weights or weights by rank."""

    method: Literal["dba"] = "dba"
