"""What verification found out about pairs of images."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors
from pandera.typing import Series

from landmark_retrieval.errors import DataError


class PairEvidence(pa.DataFrameModel):
    """One row per verified pair; the pair of `a` and `b` may stand a second time as `b` and `a`."""

    image_id: Series[str]
    other_id: Series[str]
    matches: Series[int] = pa.Field(ge=0, description="mutual matches within the bounds")
    inliers: Series[int] = pa.Field(ge=0, description="matches that agree with the estimated transform")

    class Config:
        """The pair is the key, and there is nothing else."""

        strict = True
        unique = ("image_id", "other_id")


def checked_evidence(evidence: pd.DataFrame) -> pd.DataFrame:
    """The table itself, rows numbered anew.

    Raises:
        DataError: a column is missing or of another type, a count is negative, or a pair stands twice.
    """
    return checked_table(evidence, PairEvidence, "evidence")


def checked_table(table: pd.DataFrame, model: type[pa.DataFrameModel], name: str) -> pd.DataFrame:
    """The table itself, rows numbered anew.

    Raises:
        DataError: it breaks the model's rules; the message begins with `name` and tells the first breach.
    """
    try:
        return model.validate(table.reset_index(drop=True))
    except SchemaErrors as error:
        raise DataError(f"{name}: {error.schema_errors[0]}") from error
    except SchemaError as error:
        raise DataError(f"{name}: {error}") from error


def is_verified(inliers: pd.Series, min_inliers: int, strict: bool) -> pd.Series:
    """Whether counts pass: above the bound if `strict` (two-stage paper §4), else reaching it (its code)."""
    return inliers > min_inliers if strict else inliers >= min_inliers
