"""αDBA, database-side augmentation weighted by similarity (`--adba` of deep-image-retrieval)."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.reranking.expansion.database_augmentation import DatabaseAugmentation
from landmark_retrieval.reranking.expansion.weights import WeightedByCosine


class AlphaDBA(WeightedByCosine, DatabaseAugmentation):
    """Database-side augmentation with weights by cosine."""

    method: Literal["alpha_dba"] = "alpha_dba"
