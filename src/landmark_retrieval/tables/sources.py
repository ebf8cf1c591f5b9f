"""Tables read from sources: images, ground truth, names."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from landmark_retrieval.tables.schema import Table

SPLITS = ["train", "index", "query"]
USAGES = ["Public", "Private", "Ignored"]
BOX = ["x1", "y1", "x2", "y2"]
"""Columns of a box in pixels of its image."""


class _Images(Table):
    image_id: Series[str] = pa.Field(unique=True)
    path: Series[str] = pa.Field(description="POSIX path below the source's root; empty without a picture")
    width: Series[int] = pa.Field(ge=0, description="pixels; 0 without a picture")
    height: Series[int] = pa.Field(ge=0, description="pixels; 0 without a picture")


class TrainImages(_Images):
    """Labelled images of a source, without those that cannot be read."""

    landmark_id: Series[int]


class IndexImages(_Images):
    """Images that are searched."""


class QueryImages(_Images):
    """Query images; the box `x1, y1, x2, y2` in pixels is NaN where the whole image is the query."""

    x1: Series[float] = pa.Field(nullable=True)
    y1: Series[float] = pa.Field(nullable=True)
    x2: Series[float] = pa.Field(nullable=True)
    y2: Series[float] = pa.Field(nullable=True)


class DamagedImages(Table):
    """Images that could not be read, and why."""

    image_id: Series[str]
    path: Series[str]
    split: Series[str]
    reason: Series[str] = pa.Field(
        isin=["missing", "empty", "not a picture", "truncated", "too large", "outside the root"]
    )
    detail: Series[str]


class ImageHashes(Table):
    """Hashes of each image: of its file, and of what it looks like."""

    image_id: Series[str]
    split: Series[str] = pa.Field(isin=SPLITS)
    sha256: Series[str] = pa.Field(str_length=64, description="of the file, hexadecimal")
    perceptual: Series[pd.Int64Dtype] = pa.Field(
        nullable=True, description="64 bits of `images.hashing`; missing without enough contrast"
    )


class RetrievalSolution(Table):
    """GLD-v2 retrieval ground truth; `relevant` is a list of index `image_id`s, empty for skipped queries."""

    image_id: Series[str] = pa.Field(unique=True)
    usage: Series[str] = pa.Field(isin=USAGES)
    relevant: Series[object]


class RecognitionSolution(Table):
    """GLD-v2 recognition ground truth; `landmark_ids` is a list of int64, empty for non-landmarks."""

    image_id: Series[str] = pa.Field(unique=True)
    usage: Series[str] = pa.Field(isin=USAGES)
    landmark_ids: Series[object]


class RevisitedRelevance(Table):
    """Graded ground truth of the revisited protocol, one row per judged pair."""

    query_id: Series[str]
    image_id: Series[str]
    grade: Series[str] = pa.Field(isin=["easy", "hard", "junk"])


class LandmarkNames(Table):
    """Names of landmarks, as far as a source gives them."""

    landmark_id: Series[int] = pa.Field(unique=True)
    name: Series[str]


class QueryNames(Table):
    """Names of the landmarks that queries show, as far as they are known; a query may show several."""

    query_id: Series[str]
    name: Series[str]


class WorldTruth(Table):
    """What the generated world made wrong on purpose, image by image."""

    image_id: Series[str]
    part: Series[str]
    split: Series[str]
    label: Series[int] = pa.Field(description="landmark as written, -1 for none")
    landmark: Series[int] = pa.Field(description="landmark that is shown, -1 for none")
    fault: Series[str] = pa.Field(isin=["", "wrong label", "irrelevant"])
    view: Series[str]
    difficulty: Series[str]
    overlap: Series[bool] = pa.Field(description="train image labelled as a landmark of the benchmark")
