"""The project's own tables: every column, once."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors
from pandera.typing import Series

from landmark_retrieval.errors import DataError


class _Table(pa.DataFrameModel):
    class Config:
        strict = True
        coerce = False


class _Images(_Table):
    image_id: Series[str] = pa.Field(unique=True)
    path: Series[str] = pa.Field(description="POSIX path below the root of the source")
    width: Series[int] = pa.Field(gt=0, description="pixels")
    height: Series[int] = pa.Field(gt=0, description="pixels")


class TrainImages(_Images):
    """Labelled photographs of a source, readable ones only."""

    landmark_id: Series[int]


class IndexImages(_Images):
    """What is searched."""


class QueryImages(_Images):
    """What is asked; the box `x1, y1, x2, y2` in pixels is NaN where the whole image is the query."""

    x1: Series[float] = pa.Field(nullable=True)
    y1: Series[float] = pa.Field(nullable=True)
    x2: Series[float] = pa.Field(nullable=True)
    y2: Series[float] = pa.Field(nullable=True)


class DamagedImages(_Table):
    """Pictures that could not be read, and why."""

    image_id: Series[str]
    path: Series[str]
    split: Series[str]
    reason: Series[str] = pa.Field(
        isin=["missing", "empty", "not a picture", "truncated", "too large", "outside the root"]
    )
    detail: Series[str]


class ImageHashes(_Table):
    """What tells a picture from the others: its file, and what it looks like."""

    image_id: Series[str]
    split: Series[str] = pa.Field(isin=["train", "index", "query"])
    sha256: Series[str] = pa.Field(str_length=64, description="of the file, hexadecimal")
    perceptual: Series[pd.Int64Dtype] = pa.Field(
        nullable=True, description="64 bits of `images.hashing`; missing where a picture has too little in it"
    )


class RetrievalSolution(_Table):
    """GLD-v2 retrieval ground truth; `relevant` is a list of index `image_id`s, empty for skipped queries."""

    image_id: Series[str] = pa.Field(unique=True)
    usage: Series[str] = pa.Field(isin=["Public", "Private", "Ignored"])
    relevant: Series[object]


class RecognitionSolution(_Table):
    """GLD-v2 recognition ground truth; `landmark_ids` is a list of int64, empty for non-landmarks."""

    image_id: Series[str] = pa.Field(unique=True)
    usage: Series[str] = pa.Field(isin=["Public", "Private", "Ignored"])
    landmark_ids: Series[object]


class RevisitedRelevance(_Table):
    """Graded ground truth of the revisited protocol, one row per judged pair."""

    query_id: Series[str]
    image_id: Series[str]
    grade: Series[str] = pa.Field(isin=["easy", "hard", "junk"])


class LandmarkNames(_Table):
    """Names of landmarks, as far as a source gives them."""

    landmark_id: Series[int] = pa.Field(unique=True)
    name: Series[str]


class Manifest(TrainImages):
    """What a variant contains, and why each image is in or out."""

    kept: Series[bool]
    reason: Series[str]
    evidence: Series[str] = pa.Field(description="artefact the decision rests on; empty where on none")
    source: Series[str] = pa.Field(description="name of the source the path belongs to")
    source_version: Series[str] = pa.Field(description="fingerprint of the source's list and files")


class NearDuplicates(_Table):
    """Pairs of photographs that stand twice, see `near_duplicates.pairs`."""

    kind: Series[str] = pa.Field(isin=["bytes", "perceptual", "embedding"])
    image_id: Series[str]
    split: Series[str]
    source: Series[str]
    landmark_id: Series[pd.Int64Dtype] = pa.Field(nullable=True)
    other_id: Series[str]
    other_split: Series[str]
    other_source: Series[str]
    other_landmark_id: Series[pd.Int64Dtype] = pa.Field(nullable=True)
    distance: Series[float] = pa.Field(ge=0, description="bits, or 1 - cosine; 0 for bytes")


class Predictions(_Table):
    """A `LabelPrediction` with its `image_id`s."""

    image_id: Series[str] = pa.Field(unique=True)
    landmark_id: Series[int]
    score: Series[float]


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
