"""Landmarks whose name sounds like one of the evaluation set's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from landmark_retrieval.cleaning.overlap import propose_listed


def normalise_name(name: str) -> str:
    """Lower case words without accents or punctuation."""
    letters = "".join(
        c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)
    ).casefold()
    return " ".join(re.findall(r"[^\W_]+", letters))


def propose_by_name(
    names: pd.DataFrame, evaluation_names: Sequence[str], min_similarity: float
) -> pd.DataFrame:
    """Landmarks whose name is like an evaluation name, word sets compared.

    If one name's words are all among the other's, that is 100 % ("invalides", "Hôtel des Invalides, Paris").

    Args:
        names: `tables.LandmarkNames`.
        evaluation_names: of the landmarks of the evaluation set.
        min_similarity: per cent from which names are alike.

    Returns:
        Proposals as of `overlap.propose_landmarks`, with counts of 0 and no similarity.
    """
    from rapidfuzz import fuzz, process

    ours = [normalise_name(name) for name in names["name"]]
    theirs = [normalise_name(name) for name in evaluation_names]
    if not any(theirs):
        return propose_listed({})
    similarity = process.cdist(ours, theirs, scorer=fuzz.token_set_ratio, dtype=np.float32)
    best = similarity.argmax(axis=1)
    alike = np.flatnonzero(similarity.max(axis=1) >= min_similarity)
    return propose_listed(
        {
            int(names["landmark_id"].iloc[i]): f"its name {names['name'].iloc[i]!r} is like "
            f"{evaluation_names[best[i]]!r} ({similarity[i, best[i]]:.0f} %)"
            for i in alike
        }
    )
