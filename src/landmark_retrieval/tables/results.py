"""Tables of models and benchmarks: training history, predictions, votes, metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from landmark_retrieval.tables.schema import Table
from landmark_retrieval.tables.sources import SPLITS, USAGES

UNITS = ["fraction", "rank"]


class History(Table):
    """Loss, accuracy and rate of every epoch of a training."""

    epoch: Series[int] = pa.Field(gt=0, unique=True)
    loss: Series[float]
    accuracy: Series[float] = pa.Field(ge=0, le=1)
    lr: Series[float] = pa.Field(ge=0)
    images_per_second: Series[float] = pa.Field(ge=0)


class Predictions(Table):
    """A `LabelPrediction` with its `image_id`s."""

    image_id: Series[str] = pa.Field(unique=True)
    landmark_id: Series[int]
    score: Series[float]


class Votes(Table):
    """Nearest training images of each image; -1 and -inf where there are fewer."""

    image_id: Series[str]
    rank: Series[int] = pa.Field(ge=0)
    landmark_id: Series[int] = pa.Field(ge=-1)
    cosine: Series[np.float32]


class RetrievalFigures(Table):
    """Figures of each query of GLD-v2 retrieval; NaN for ignored queries."""

    image_id: Series[str] = pa.Field(unique=True)
    usage: Series[str] = pa.Field(isin=USAGES)
    cluster: Series[str] = pa.Field(description="of queries that show the same landmark")
    n_relevant: Series[int] = pa.Field(ge=0)
    ap: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    p10: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    first_correct: Series[float] = pa.Field(ge=1, nullable=True, description="rank from 1")


class RevisitedFigures(Table):
    """Figures of each query of a revisited benchmark at each difficulty; NaN without positives."""

    query_id: Series[str]
    difficulty: Series[str] = pa.Field(isin=["Easy", "Medium", "Hard"])
    cluster: Series[str] = pa.Field(description="of queries that show the same landmark")
    n_positive: Series[int] = pa.Field(ge=0)
    ap: Series[float] = pa.Field(ge=0, nullable=True)
    p1: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    p5: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    p10: Series[float] = pa.Field(ge=0, le=1, nullable=True)


class Metrics(Table):
    """Means over queries with their intervals."""

    benchmark: Series[str]
    split: Series[str]
    metric: Series[str]
    unit: Series[str] = pa.Field(isin=UNITS)
    value: Series[float] = pa.Field(nullable=True)
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)
    n: Series[int] = pa.Field(ge=0, description="queries that count")
    clusters: Series[int] = pa.Field(ge=0, description="of these queries, which are resampled")
    protocol: Series[str]
    confidence: Series[float] = pa.Field(gt=0, lt=1)


class Comparison(Metrics):
    """Metrics of all systems and ablations on one benchmark, with paired differences to the baseline."""

    system: Series[str]
    model: Series[str]
    voters: Series[str] = pa.Field(description="variant whose images vote; empty where none does")
    ablation: Series[str]
    baseline: Series[str]
    delta: Series[float] = pa.Field(nullable=True)
    delta_low: Series[float] = pa.Field(nullable=True)
    delta_high: Series[float] = pa.Field(nullable=True)
    changed: Series[int] = pa.Field(ge=0, description="queries that differ from the baseline")
    p: Series[float] = pa.Field(ge=0, le=1, nullable=True, description="of no difference")
    p_adjusted: Series[float] = pa.Field(
        ge=0, le=1, nullable=True, description="for all systems and ablations of the split and metric"
    )


class QueryCopies(Table):
    """Queries of a benchmark with their near-duplicates in its index and among all training images."""

    group: Series[int] = pa.Field(ge=0, description="of images that are copies of each other")
    source: Series[str]
    split: Series[str] = pa.Field(isin=SPLITS)
    image_id: Series[str]


class QueryRelatives(Table):
    """What a system has met of each query: near-duplicates, and training images of its landmark."""

    query_id: Series[str] = pa.Field(unique=True)
    copy_in_train: Series[pd.BooleanDtype] = pa.Field(nullable=True, description="missing without pictures")
    copy_in_index: Series[pd.BooleanDtype] = pa.Field(nullable=True, description="missing without pictures")
    landmark_images: Series[pd.Int64Dtype] = pa.Field(
        ge=0, nullable=True, description="training images of its landmark; missing where that is not known"
    )


class GroupComparison(Comparison):
    """The leading metric of all systems and ablations for groups of the queries of one benchmark."""

    group: Series[str] = pa.Field(description="of queries; another selection for each system")


class Effects(Table):
    """Paired differences between two variants, for all queries and for groups of them."""

    benchmark: Series[str]
    split: Series[str]
    ablation: Series[str]
    measure: Series[str]
    unit: Series[str] = pa.Field(isin=UNITS)
    group: Series[str]
    queries: Series[int] = pa.Field(gt=0)
    clusters: Series[int] = pa.Field(gt=0, description="of the queries, of the smaller group in a contrast")
    changed: Series[int] = pa.Field(ge=0, description="queries that changed, of the smaller group")
    before: Series[float]
    after: Series[float]
    difference: Series[float]
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)
    p: Series[float] = pa.Field(ge=0, le=1, description="of no difference")
    p_adjusted: Series[float] = pa.Field(
        ge=0, le=1, description="for all ablations of the split, measure and group"
    )
    protocol: Series[str]
    confidence: Series[float] = pa.Field(gt=0, lt=1)
