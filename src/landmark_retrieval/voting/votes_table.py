"""Votes as a table, for the catalog."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.voting.votes import Votes


def votes_table(votes: Votes, image_ids: Iterable[str]) -> pd.DataFrame:
    """A row per vote, padding left out: `image_id`, `rank` (from 0), `landmark_id`, `cosine` (float32)."""
    image, rank = np.nonzero(~np.isneginf(votes.cosines))
    return pd.DataFrame(
        {
            "image_id": pd.array(np.asarray(list(image_ids), dtype=str)[image], dtype="str"),
            "rank": rank,
            "landmark_id": votes.landmark_ids[image, rank],
            "cosine": votes.cosines[image, rank],
        }
    )


def read_votes(table: pd.DataFrame, image_ids: Iterable[str], depth: int) -> Votes:
    """The votes of a table, row by row the images, `depth` to each.

    Raises:
        DataError: the table speaks of an image that is not among them, or of more votes.
    """
    ids = list(image_ids)
    row = pd.Series(np.arange(len(ids)), index=ids).reindex(table["image_id"])
    if row.isna().any():
        raise DataError(f"votes: {row.index[row.isna()][0]!r} is not among the {len(ids)} images")
    if len(table) and table["rank"].max() >= depth:
        raise DataError(f"votes: expected {depth} to an image, found {table['rank'].max() + 1}")
    shape = (len(ids), depth)
    votes = Votes(np.full(shape, -1, np.int64), np.full(shape, -np.inf, np.float32))
    at = row.to_numpy(np.int64), table["rank"].to_numpy()
    votes.landmark_ids[at], votes.cosines[at] = table["landmark_id"], table["cosine"]
    return votes
